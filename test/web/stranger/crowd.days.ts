import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepHouse } from '../../../src/housekeeping/keep-house.ts';
import { findSubscriberByKey } from '../../../src/store/subscribers.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { signUp, signUpLimits } from '../../../src/subscribers/sign-up.ts';
import { defaults, monday } from '../../subscribers/people.ts';
import { newStore, temporaryFolder } from '../../support/store.ts';
import { openEverything } from './everything.ts';

/** A stranger signs ten thousand up, as whom and from wherever they like. */

test('10,000 sign-ups from everywhere: mails, rows, memory and the time for others stay bounded', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'paperboy.db');
  const store = newStore(file);
  await addTopic(store.db, { slug: 'agents', name: 'Agents', query: 'agents' }, monday);
  const site = await openEverything(store, { trustedProxies: 1 });
  const ask = (email: string, from: string, fields: Record<string, string> = {}) =>
    site.signUp(email, fields, { 'X-Forwarded-For': from });
  const words = 'robots that grasp and learn to hold what they see, '.repeat(55);
  const statuses = new Map<number, number>();
  const before = process.memoryUsage().rss;
  let slowestMs = 0;
  for (let index = 0; index < 10_000; index++) {
    const from = `${20 + (index % 180)}.${(index >> 8) & 255}.${index & 255}.7`;
    // Half of them at one mailbox, half each at another.
    const email = index % 2 ? 'victim@example.org' : `somebody${index}@example.org`;
    const began = performance.now();
    const { status } = await ask(email, from, index % 3 ? {} : { sentence: words.slice(0, 2_700) });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (index % 50 === 0) await site.mailed();
  }
  await site.mailed();
  const grownMb = (process.memoryUsage().rss - before) / 2 ** 20;
  const rows = store.raw.prepare('SELECT count(*) FROM sign_ups').pluck().get() as number;
  const fileMb = statSync(file).size / 2 ** 20;
  console.log({
    statuses: Object.fromEntries(statuses),
    rows,
    letters: site.letters.length,
    grownMb,
    fileMb,
    slowestMs,
  });

  // All together may sign up 600 times within an hour of the real clock, which this takes less than.
  expect(statuses.get(200)).toBeLessThanOrEqual(600);
  expect((statuses.get(200) ?? 0) + (statuses.get(429) ?? 0)).toBe(10_000);
  expect(rows).toBeLessThanOrEqual(600);
  expect(site.letters.length).toBeLessThanOrEqual(600);
  expect(site.letters.filter(({ to }) => to === 'victim@example.org').length).toBeLessThanOrEqual(
    signUpLimits.mailsADay,
  );
  expect(store.raw.prepare('SELECT count(*) FROM subscribers').pluck().get()).toBe(0);
  expect(grownMb).toBeLessThan(150);
  expect(fileMb).toBeLessThan(20);
  expect(slowestMs).toBeLessThan(2_000);

  // Who signed up before the crowd ran into the limit confirms and reads on; a week later nothing of it is left.
  const letter = site.letters.find(({ to }) => to !== 'victim@example.org');
  const link = new URL(letter?.url ?? '').pathname;
  const page = await (await site.web.request(link)).text();
  const form_token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  await site.web.request(link, { method: 'POST', body: new URLSearchParams({ form_token }) });
  expect(await findSubscriberByKey(store.db, letter?.to ?? '')).toMatchObject({ status: 'active' });
  site.clock.at += signUpLimits.openMs + 1;
  await keepHouse({ store, now: site.clock.at, retention: { signalsDays: 400, deliveriesDays: 400 } });
  await keepHouse({ store, now: site.clock.at, retention: { signalsDays: 400, deliveriesDays: 400 } });
  expect(store.raw.prepare('SELECT count(*) FROM sign_ups').pluck().get()).toBe(0);
  await store.close();
});

test('as many as the limits let in, for weeks: what is kept of them stays below its bound', async () => {
  const store = newStore(join(temporaryFolder(), 'paperboy.db'));
  await addTopic(store.db, { slug: 'agents', name: 'Agents', query: 'agents' }, monday);
  const ask = (index: number) =>
    signUp(
      { db: store.db, now: monday + index, defaults, canMail: async () => true },
      {
        ...{ email: `s${index}@example.org`, topics: ['agents'] },
        own: [{ kind: 'sentence', text: 'robots grasp '.repeat(230) }],
      },
    );
  expect(await ask(0)).toEqual({ ok: true });
  // As if most had come before.
  store.raw.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${signUpLimits.waiting})
     INSERT INTO sign_ups (email, email_key, wishes, created_at, expires_at, mail_at)
     SELECT 'x' || i, 'x' || i, wishes, created_at, expires_at, NULL FROM n, sign_ups WHERE email LIKE 's0@%'`,
  );
  for (let index = 1; index <= 500; index++) expect(await ask(index)).toEqual({ ok: true });
  const read = (sql: string) => store.raw.prepare(sql).pluck().get() as number;
  expect(read('SELECT count(*) FROM sign_ups')).toBe(signUpLimits.waiting);
  expect(read("SELECT count(*) FROM sign_ups WHERE email LIKE 's%'")).toBe(500);
  expect(read('SELECT sum(length(wishes)) FROM sign_ups') / 2 ** 20).toBeLessThan(60);
  // What made room is used again: the file grows no further.
  const pages = read('PRAGMA page_count') - read('PRAGMA freelist_count');
  expect((pages * read('PRAGMA page_size')) / 2 ** 20).toBeLessThan(100);
  await store.close();
});
