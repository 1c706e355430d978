import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TodayAccount } from '../../src/admins/overview.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { durationWords, momentWords, tellToday } from '../../src/web/admin/overview-words.ts';
import { addDelivery, addReaders, end, now } from '../watch/deliveries.ts';
import { openSignedIn } from './admin-pages.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const hourMs = 3_600_000;
type Ends = Partial<Record<'sent' | 'failed' | 'uncertain' | 'skipped', number>>;

describe('whether today went out is said in a sentence', () => {
  const say = (due: number, ends: Ends, more: Partial<TodayAccount> = {}) => {
    const ended = Object.entries(ends).map(([status, count]) => ({
      status: status as 'sent',
      reason: '',
      count,
    }));
    const open = due - ended.reduce((sum, { count }) => sum + count, 0);
    const queue = { due: 0, ready: 0, later: 0, claimed: 0, sending: 0 };
    const runs = { runs: 1, firstRunId: 1, lastRunId: 1 };
    const today = { date: '', ...runs, due, ended, open, queue, next: null, lateness: null, ...more };
    return tellToday({ now, timezone: 'Europe/Berlin', today });
  };
  test.each<[string, number, Ends]>([
    ['No digest has come due today so far.', 0, {}],
    ['The one digest that was due today has gone out.', 1, { sent: 1 }],
    ['All 1,200 digests that were due today have gone out.', 1200, { sent: 1200 }],
    ['2 of 3 digests that were due today have gone out; 1 is under way.', 3, { sent: 2 }],
    ['0 of 1 digest that was due today have gone out; 1 failed.', 1, { failed: 1 }],
    [
      '1 of 8 digests that were due today has gone out; 2 are under way, 3 were skipped, 1 failed and 1 is uncertain.',
      8,
      { sent: 1, skipped: 3, failed: 1, uncertain: 1 },
    ],
  ])('%s', (words, due, ends) => {
    expect(say(due, ends)).toBe(words);
  });

  test('without those of earlier days that were folded in', () => {
    const ended = [
      { status: 'sent' as const, reason: '', count: 8 },
      { status: 'skipped' as const, reason: 'folded', count: 7 },
      { status: 'skipped' as const, reason: 'nothing_new', count: 3 },
    ];
    expect(say(18, {}, { ended, open: 0 })).toBe(
      '8 of 11 digests that were due today have gone out; 3 were skipped. 7 digests of earlier days, on which no run came, were folded into the next.',
    );
  });

  test('and when the next are due, on the clock on the wall there', () => {
    const next = { at: now + 3 * hourMs, count: 1534 };
    expect(say(1, { sent: 1 }, { next })).toMatch(/The next 1,534 are due at 17:00\.$/);
    expect(say(0, {}, { next: { at: now + 20 * hourMs, count: 1 } })).toMatch(
      /The next is due on 23 Jun 2026 at 10:00\.$/,
    );
  });

  test('and what nobody has planned yet', () => {
    const queue = { due: 2, ready: 0, later: 0, claimed: 0, sending: 0 };
    expect(say(0, {}, { queue })).toContain('2 digests are due now and not planned yet.');
  });
});

test.each([
  [4_000, '4 s'],
  [240_000, '4 min'],
  [3_600_000, '1 h'],
  [4_800_000, '1 h 20 min'],
  [200_000_000, '2 days'],
])('%i ms is %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test('a moment is of the day of the time zone', () => {
  const late = Date.parse('2026-06-22T23:30:00Z');
  expect(momentWords(late, 'UTC', now)).toBe('at 23:30');
  expect(momentWords(late, 'Asia/Tokyo', now)).toBe('on 23 Jun 2026 at 08:30');
});

describe('the overview', () => {
  test('of a new installation says so, without figures that are none', async () => {
    const { browser } = await openSignedIn(store, { at: now });
    const page = await browser.text('/admin');
    expect(page).toContain('No digest has come due today so far.');
    expect(page).toContain('0 active subscribers');
    expect(page).not.toMatch(/article class="trouble"|<h2 id="sources">|NaN|undefined|null/);
  });

  test('adds up to what is in the ledger, and leads to the deliveries behind each number', async () => {
    addReaders(store, 3);
    store.raw.prepare('UPDATE plan_runs SET due = 3').run();
    end(store, addDelivery(store, 1), 'sent', null);
    end(store, addDelivery(store, 2), 'failed', 'recipient_refused');
    addDelivery(store, 3, { status: 'skipped', reason: 'nothing_new', endedAt: now });
    const { browser } = await openSignedIn(store, { at: now });
    const page = await browser.text('/admin');
    expect(page).toContain('1 of 3 digests that were due today has gone out; 1 was skipped and 1 failed.');
    expect(page).toContain(
      'href="/admin/deliveries?status=failed&amp;run=1">1</a> <small>1 recipient refused</small>',
    );
    const rows = [...page.matchAll(/<tr><th scope="row"><time datetime="([^"]+)">.*?<\/tr>/gs)];
    expect(rows).toHaveLength(30);
    expect(rows[0]?.[1]).toBe('2026-06-22');
    const [, ...cells] = (rows[0]?.[0] ?? '')
      .replace(/<[^>]+>/g, ' ')
      .trim()
      .split(/\s+/);
    expect(cells.slice(0, 5)).toEqual(['3', '1', '1', '1', '0']);
    for (const link of new Set(
      [...page.matchAll(/href="(\/admin\/deliveries\?[^"]*)"/g)].map(([, path]) => path ?? ''),
    ))
      expect((await browser.get(link)).status, link).toBe(200);
  });

  test('begins with what is wrong', async () => {
    addReaders(store, 1);
    store.raw.prepare('UPDATE plan_runs SET due = 1').run();
    addDelivery(store, 1, { dueAt: now - 3 * hourMs, nextAttemptAt: now - 3 * hourMs });
    const { browser } = await openSignedIn(store, { at: now });
    const page = await browser.text('/admin');
    expect(page.indexOf('class="trouble"')).toBeGreaterThan(0);
    expect(page.indexOf('class="trouble"')).toBeLessThan(page.indexOf('id="today"'));
    expect(page).toContain('Digests are waiting since');
    expect(page).toContain('See whether <code>paperboy serve</code> runs');
    expect(page).toContain('href="/admin/deliveries/1"');
    expect(page).not.toContain('✓');
  });

  test('has its tick only where nothing is wrong, nothing waits, and something was sent', async () => {
    addReaders(store, 2);
    const { browser } = await openSignedIn(store, { at: now });
    const isTicked = async () => (await browser.text('/admin')).includes('✓');
    expect(await isTicked()).toBe(true);
    store.raw.prepare('UPDATE plan_runs SET due = 1').run();
    const first = addDelivery(store, 1);
    expect(await isTicked(), 'one waits').toBe(false);
    end(store, first, 'skipped', 'nothing_new');
    expect(await isTicked(), 'nothing was sent').toBe(false);
    store.raw.prepare('UPDATE plan_runs SET due = 2').run();
    const second = addDelivery(store, 2);
    end(store, second, 'sent', null);
    expect(await isTicked()).toBe(true);
    store.raw
      .prepare(
        "INSERT INTO source_states (source, category, state, first_checked_at, checked_at, detail) VALUES ('arxiv', '', 'failing', ?, ?, 'ETIMEDOUT')",
      )
      .run(now, now);
    expect(await isTicked(), 'a source fails').toBe(false);
    const page = await browser.text('/admin');
    expect(page.indexOf('arxiv does not answer as it should')).toBeLessThan(page.indexOf('id="today"'));
    expect((await browser.get('/admin/runs/ingest?source=arxiv')).status).toBe(200);
  });

  test.each(['days=365', 'days=30', 'days=7', 'days=1e9', 'days='])('takes ?%s', async (query) => {
    const { browser } = await openSignedIn(store, { at: now });
    const page = await browser.text(`/admin?${query}`);
    expect([...page.matchAll(/<tr><th scope="row"><time/g)]).toHaveLength(query === 'days=365' ? 365 : 30);
  });
});
