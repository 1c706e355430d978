import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addRunLogLines } from '../../../src/store/run-logs.ts';
import { saveSourceStates } from '../../../src/store/source-states.ts';
import type { openSignedIn } from '../admin-pages.ts';
import { type Day, morning, openDay, openDayPages } from './days.ts';

let day: Day;
let browser: Awaited<ReturnType<typeof openSignedIn>>['browser'];
beforeAll(async () => {
  day = await openDay();
  ({ browser } = await openDayPages(day));
}, 60_000);
afterAll(() => day.close());

describe('the runs', () => {
  test('are listed by kind with what each came to', async () => {
    const page = await browser.text('/admin/runs');
    expect(page).toContain('5 sent of 5');
    expect(page).toContain('5 due, 5 planned');
    expect(page).toMatch(/<strong>file<\/strong>: \d+ records/);
    for (const kind of ['ingest', 'plan', 'send'])
      expect(await browser.text(`/admin/runs/${kind}`)).toContain(`/admin/runs/${kind}/1"`);
    expect((await browser.get('/admin/runs/nonsense')).status).toBe(404);
    const odd = await browser.get('/admin/runs/plan?source=file');
    expect([odd.status, await odd.text()]).toEqual([422, expect.stringContaining('Only ingest runs')]);
  });

  test('a plan run counts its deliveries as they stand now, each a way to their list', async () => {
    day.end(2, 'failed', 'policy_refused');
    const page = await browser.text('/admin/runs/plan/1');
    expect(page).toContain('/admin/deliveries?run=1&amp;status=failed&amp;reason=policy_refused');
    expect(await browser.text('/admin/deliveries?run=1&status=failed&reason=policy_refused')).toContain(
      'ben@example.org',
    );
    day.reset();
  });

  test('a send run shows its log, where lines were left out, and leads to the deliveries it names', async () => {
    const line = { at: morning, level: 'error' as const, message: 'delivery failed' };
    await addRunLogLines(day.app.store.db, { kind: 'send', runId: 1, total: 9 }, [
      { ...line, line: 9, facts: { delivery: 2, reply: '550 no' } },
    ]);
    const page = await browser.text('/admin/runs/send/1');
    expect(page).toContain('send begins');
    expect(page).toContain('6 lines left out');
    expect(page).toContain('<a href="/admin/deliveries/2">2</a> · reply 550 no');
  });

  test('one that was cut short says why', async () => {
    day.app.store.raw.exec(
      `UPDATE send_runs SET stopped = 'auth', stopped_message = 'auth: 535 bad password' WHERE id = 1`,
    );
    expect(await browser.text('/admin/runs/send/1')).toContain(
      'The mail server did not accept user and password: auth: 535 bad password',
    );
    expect(await browser.text('/admin/runs')).toContain('cut short');
  });
});

test('the source that broke comes first, with since when and why', async () => {
  const row = { category: '', first_checked_at: 0, checked_at: morning, last_new_at: morning - 7_200_000 };
  await saveSourceStates(day.app.store.db, 'arxiv', [{ ...row, state: 'fresh', detail: null }]);
  await saveSourceStates(day.app.store.db, 'huggingface', [
    { ...row, state: 'failing', detail: 'https://huggingface.co answers 503' },
  ]);
  const page = await browser.text('/admin/runs');
  expect(page.indexOf('source=huggingface')).toBeLessThan(page.indexOf('source=arxiv'));
  expect(page).toContain('answers 503');
  expect(page).toContain('2 hours ago');
});

describe('what will go out next', () => {
  test('names who would get what, and counts everybody while the page is looked at', async () => {
    // Its thread may have to load all candidates first: the page comes at once and asks again.
    await expect
      .poll(() => browser.text('/admin/runs/next?zone=UTC'), { timeout: 15_000 })
      .toContain('ana@example.org');
    const page = await browser.text('/admin/runs/next?zone=UTC');
    expect(page).toMatch(/\d+ papers? for 2026-06-23: /);
    await expect
      .poll(() => browser.text('/admin/runs/next/count?zone=UTC'), { timeout: 15_000 })
      .toMatch(/<strong>5<\/strong> due[\s\S]*<strong>5<\/strong>/);
    expect(await browser.text('/admin/runs/next?zone=UTC')).not.toContain('hx-trigger');
    expect(day.app.store.raw.prepare('SELECT count(*) FROM plan_runs').pluck().get()).toBe(1);
  });

  test.each([
    ['zone=Nowhere', 'is no time zone'],
    ['date=june', 'is no date'],
    ['date=2026-02-30', 'is no date'],
    ['date=2026-06-21', 'That is past'],
    ['date=2026-08-01', 'too far away'],
  ])('says what is wrong with %s and shows tomorrow', async (query, words) => {
    const page = await browser.text(`/admin/runs/next?${query}`);
    expect(page).toContain(words);
    expect(page).toContain('value="2026-06-23"');
  });
});
