import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suppressAddress } from '../../src/bounces/suppress.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { countSubscribers, findSubscriber, findSubscriberByKey } from '../../src/store/subscribers.ts';
import { insertSuppressions } from '../../src/store/suppressions.ts';
import { unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, defaults, monday, openTestStore } from '../subscribers/people.ts';
import { openSignedIn } from './admin-pages.ts';
import { webConfig } from './pages.ts';

let store: Store;
let browser: Awaited<ReturnType<typeof openSignedIn>>['browser'];
beforeEach(async () => {
  store = await openTestStore();
  const config = { ...webConfig(), digest: { ...defaults, windowDays: 14 } };
  ({ browser } = await openSignedIn(store, { with: { config } }));
});
afterEach(() => store.close());

const strip = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const read = async (path: string) => strip(await browser.text(path));
const list = '/admin/subscribers';

describe('the list of subscribers', () => {
  test('is paged from the newest back and narrowed down', async () => {
    for (let n = 1; n <= 60; n++)
      await addSomebody(store, { email: `p${n}@example.org`, topics: n % 2 ? ['agents'] : [] });
    const page = await browser.text(list);
    expect(strip(page)).toContain('60 people:');
    expect(page).toContain('p60@example.org');
    expect(page).not.toContain('p10@example.org');
    const next = /rel="next" href="([^"]+)"/.exec(page)?.[1] ?? '';
    expect(await read(next.replaceAll('&amp;', '&'))).toMatch(/p10@example\.org.*p1@example\.org/);
    expect(await read(`${list}?topic=agents&search=p1`)).toContain('6 people:');
    expect(await read(`${list}?noDigestSince=2026-06-01&search=p59`)).toContain('p59@example.org');
    expect((await browser.get(`${list}?topic=nope`)).status).toBe(422);
  });

  test('escapes what people chose to be called', async () => {
    store.raw.exec("UPDATE topics SET name = '<b>&' WHERE slug = 'agents'");
    await addSomebody(store, { email: "o'<i>@example.org".replace('<i>', '&'), topics: ['agents'] });
    const page = await browser.text(list);
    expect(page).toContain('&lt;b&gt;&amp;');
    expect(page).not.toContain('<b>&');
  });
});

describe('somebody', () => {
  test('is added, with what is wrong told at its field', async () => {
    const typed = {
      email: 'new@example',
      time: '08:00',
      timezone: 'UTC',
      day: ['mon'],
      max_papers: '5',
      locale: 'en',
      quiet_mail: 'no',
      topic: ['agents'],
    };
    const refused = await browser.submit(`${list}/-/new`, `${list}/-/new`, { ...typed, email: 'nobody' });
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('value="nobody"')]);
    const added = await browser.submit(`${list}/-/new`, `${list}/-/new`, {
      ...typed,
      email: 'new@example.org',
    });
    const path = added.headers.get('Location') ?? '';
    expect(path).toMatch(/^\/admin\/subscribers\/\d+\?said=added$/);
    expect(await read(path)).toMatch(/Added\..*new@example\.org/);
    expect(await findSubscriberByKey(store.db, 'new@example.org')).toMatchObject({
      status: 'active',
      days: ['mon'],
      maxPapers: 5,
    });
  });

  test('who stands in the way of being added is a click away, and no command is told', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org' });
    const addressHash = makeHashAddress(webConfig().secretKey)('gone@example.org');
    await suppressAddress(store.db, addressHash, null, monday);
    const add = async (email: string) =>
      await (await browser.submit(`${list}/-/new`, `${list}/-/new`, { email, time: '08:00' })).text();
    const there = await add('ana@example.org');
    expect(there).toContain(`ana@example.org is there already. <a href="${list}/${ana}">Look at them</a>`);
    const gone = await add('gone@example.org');
    expect(gone).toMatch(
      /must not be mailed \(manual since 2026-06-22\)\. <a href="\/admin\/suppressions\?email=gone%40example\.org">/,
    );
    expect(there + gone).not.toMatch(/subscribers edit|suppressions remove/);
  });

  test('has a page that tells their story and why they got nothing on a day', async () => {
    const id = await addSomebody(
      store,
      { email: 'ana@example.org', topics: ['agents'] },
      monday - 7 * 24 * 3_600_000,
    );
    store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, 0, 0);
      INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (9, ${id}, 1, '2026-06-18', 'skipped', 'nothing_new', '1', 0, 0, 0, 0);
      INSERT INTO bounces (event_key, origin, class, reason, subscriber_id, diagnostic, recorded_at) VALUES ('1', 'mail', 'soft', 'mailbox_full', ${id}, '552 <full>', 0)`);
    const page = await browser.text(`${list}/${id}`);
    expect(page).toContain('552 &lt;full&gt;');
    const words = strip(page);
    expect(words).toContain('2026-06-22: no digest (not due yet).');
    expect(words).toMatch(/Digests .*2026-06-18 skipped nothing new/);
    expect(words).toMatch(/Topics, as they came and went .*About agents .* still/);
    expect(words).toMatch(/Changes .*add/);
    expect(await read(`${list}/${id}?date=2026-06-18`)).toContain(
      '2026-06-18: skipped (nothing new). There was no mail. Nothing that they had not been sent already',
    );
    expect(await read(`${list}/${id}?date=2026-06-10`)).toContain('They joined later');
    const odd = await browser.get(`${list}/${id}?date=2026-13-01`);
    const told = strip(await odd.text());
    expect([odd.status, told]).toEqual([422, expect.stringContaining('“2026-13-01” is no date such as')]);
    expect(told).not.toContain('no digest (');
  });

  test('says so when nothing is mailed to them', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org' });
    const addressHash = makeHashAddress(webConfig().secretKey)('ana@example.org');
    await insertSuppressions(store.db, [
      { addressHash, reason: 'complaint', origin: 'mail', note: null, bounceId: null, createdAt: monday },
    ]);
    expect(await read(`${list}/${id}`)).toContain(
      'Nothing is mailed to this address: suppressed, complaint since 2026-06-22.',
    );
    expect(await read(`${list}?suppressed=yes`)).toContain('ana@example.org');
  });

  test('is not overwritten by whoever opened their page before another changed them', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const path = `${list}/${id}`;
    const values = {
      ...{ email: 'ana@example.org', timezone: 'UTC', day: ['mon', 'tue'], max_papers: '3' },
      ...{ locale: 'en', quiet_mail: 'no', topic: ['agents'] },
    };
    const seen = async () => /name="seen" value="([^"]+)"/.exec(await browser.text(path))?.[1] ?? '';
    const save = (time: string, state: string) =>
      browser.submit(path, path, { ...values, time, seen: state });
    const opened = await seen();
    expect((await save('07:00', opened)).status).toBe(303);
    const refused = await save('09:00', opened);
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain('changed since you opened this page');
    expect(page).toContain('value="09:00"');
    expect((await findSubscriber(store.db, id))?.digestTime).toBe('07:00');
    expect((await save('09:00', await seen())).status).toBe(303);
  });

  test('is edited, paused, resumed, unsubscribed and brought back, each written down', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const path = `${list}/${id}`;
    const values = {
      email: 'ana@example.net',
      time: '07:00',
      timezone: 'Asia/Tokyo',
      day: ['tue'],
      max_papers: '3',
      locale: 'de',
      quiet_mail: 'yes',
      topic: ['robotics'],
    };
    expect((await browser.submit(path, path, values)).headers.get('Location')).toBe(`${path}?said=saved`);
    expect(await findSubscriber(store.db, id)).toMatchObject({
      email: 'ana@example.net',
      timezone: 'Asia/Tokyo',
      days: ['tue'],
      quietMail: true,
    });
    expect((await browser.submit(path, path, { ...values, time: '99' })).status).toBe(422);
    for (const [act, status] of [
      ['pause', 'paused'],
      ['resume', 'active'],
      ['unsubscribe', 'unsubscribed'],
      ['resubscribe', 'active'],
    ] as const) {
      expect((await browser.submit(path, `${path}/${act}`)).headers.get('Location')).toBe(
        `${path}?said=${act}`,
      );
      expect((await findSubscriber(store.db, id))?.status).toBe(status);
    }
    const acts = store.raw
      .prepare("SELECT act FROM admin_audit WHERE actor = 'admin' AND subject = 'subscriber' ORDER BY id")
      .pluck()
      .all();
    expect(acts).toEqual(['edit', 'pause', 'resume', 'unsubscribe', 'resubscribe']);
  });

  test('is erased only when their address is typed', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org' });
    const erase = (email: string) => browser.submit(`${list}/${id}`, `${list}/${id}/erase`, { email });
    expect((await erase('bo@example.org')).status).toBe(422);
    expect((await erase(' Ana@Example.org ')).headers.get('Location')).toBe(`${list}?said=erased`);
    expect((await findSubscriber(store.db, id))?.status).toBe('erased');
    expect(await read(`${list}/${id}`)).toMatch(/erased-\d+@erased\.invalid/);
  });
});

describe('many at once', () => {
  const ask = (fields: Record<string, string | string[]>) => browser.submit(list, `${list}/-/bulk`, fields);
  const waitFor = async (path: string, words: string) => {
    for (let tries = 0; tries < 100; tries++) {
      const page = await read(path);
      if (page.includes(words)) return page;
      await sleep(10);
    }
    throw new Error(await read(path));
  };

  test('are changed after the number was said, and its page tells what became of it', async () => {
    for (const name of ['ana', 'bo', 'cy']) await addSomebody(store, { email: `${name}@example.org` });
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'di@example.org' }), monday);
    const fields = { whom: 'all', act: 'add_topic', bulk_topic: 'robotics', search: 'example' };
    const asked = await (await ask(fields)).text();
    expect(strip(asked)).toContain('Add the topic “About robotics” to 4 subscribers?');
    const done = await ask({ ...fields, expected: '4' });
    expect(done.status).toBe(303);
    const page = await waitFor(done.headers.get('Location') ?? '', 'Done:');
    expect(page).toContain('3 changed, 0 were so already, 1 left alone.');
  });

  test('only those ticked, and nobody when the number has changed since', async () => {
    const ids = [
      await addSomebody(store, { email: 'ana@example.org' }),
      await addSomebody(store, { email: 'bo@example.org' }),
    ];
    expect(strip(await (await ask({ whom: 'ticked', act: 'pause' })).text())).toContain('Nobody is ticked');
    expect(strip(await (await ask({ whom: 'ticked', id: String(ids[0]), act: 'pause' })).text())).toContain(
      'Pause 1 subscriber?',
    );
    await addSomebody(store, { email: 'cy@example.org' });
    const changed = await ask({ whom: 'all', act: 'pause', expected: '2' });
    expect(strip(await changed.text())).toContain('The number has changed meanwhile.');
    expect((await countSubscribers(store.db)).paused).toBe(0);
    expect((await ask({ whom: 'all', act: 'explode' })).status).toBe(422);
    expect((await browser.get(`${list}/-/bulk/unknown`)).status).toBe(404);
  });
});
