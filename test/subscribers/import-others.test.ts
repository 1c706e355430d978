import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { countSubscribers, findSubscriberByKey } from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { chooseColumns, guessColumns } from '../../src/subscribers/csv-columns.ts';
import { type ImportRequest, importSubscribers, type LineFate } from '../../src/subscribers/import.ts';
import { unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

async function importText(file: string, more: Partial<ImportRequest> = {}) {
  const lines: LineFate[] = [];
  const report = await importSubscribers({
    ...{ db: store.db, defaults, hashAddress, at: monday },
    input: Readable.from([Buffer.from(file)]),
    onLine: (line) => lines.push(line),
    ...more,
  });
  return {
    report,
    fates: lines.map(({ fate, message }) => (message === null ? fate : `${fate}: ${message}`)),
  };
}
const find = (email: string) => findSubscriberByKey(store.db, email);
const topicsOf = async (email: string) => {
  const id = (await find(email))?.id ?? 0;
  return ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);
};
const everything = () =>
  ['subscribers', 'subscriptions', 'suppressions', 'admin_audit', 'subscriber_events'].map((table) =>
    store.raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
  );

/** As listmonk writes it; it has no lists in it, but some versions do. */
const listmonk = [
  'uuid,email,name,attributes,status,created_at,updated_at,lists',
  '6f1c,ana@example.org,Ana,"{""timezone"": ""Europe/Berlin"", ""topics"": [""robotics""]}",enabled,2023-01-02 15:04:05.1 +0000 UTC,2023-01-02 15:04:05.1 +0000 UTC,',
  '6f1d,bo@example.org,Bo,{},disabled,2023-01-02 15:04:05.1 +0000 UTC,2023-01-02 15:04:05.1 +0000 UTC,"Agents, Robotics"',
  '6f1e,cy@example.org,Cy,not json,blocklisted,2023-01-02 15:04:05.1 +0000 UTC,2023-01-02 15:04:05.1 +0000 UTC,',
].join('\n');

describe("other programs' lists", () => {
  test('of listmonk: who is disabled is paused, who is blocklisted is kept out for good', async () => {
    const { report, fates } = await importText(listmonk);
    expect(fates).toEqual([
      'added',
      'added: The list says disabled: paused.',
      'kept_out: The list says blocklisted: suppressed.',
    ]);
    expect(report.ignoredColumns).toEqual(['uuid', 'name', 'created_at', 'updated_at']);
    expect(await find('ana@example.org')).toMatchObject({ status: 'active', timezone: 'Europe/Berlin' });
    expect(await topicsOf('ana@example.org')).toEqual(['robotics']);
    expect(await find('bo@example.org')).toMatchObject({ status: 'paused', nextDueAt: null });
    expect(await topicsOf('bo@example.org')).toEqual(['agents', 'robotics']);
    expect(await find('cy@example.org')).toBeNull();
    expect((await importText('email\ncy@example.org\n')).fates).toEqual([
      'left_alone: Suppressed (imported since 2026-06-22), left alone.',
    ]);
    expect((await importText(listmonk)).report).toMatchObject({ unchanged: 2, left_alone: 1 });
  });

  test('of Mailchimp: who unsubscribed is remembered, and no other list brings them back', async () => {
    const unsubscribed =
      'Email Address,First Name,TIMEZONE,UNSUB_TIME,TAGS\nana@example.org,Ana,Europe/Paris,2024-05-01 10:00:00,"""vip"""\n';
    const cleaned = 'Email Address,CLEAN_TIME\nbo@example.org,2024-05-01 10:00:00\n';
    expect((await importText(unsubscribed)).fates).toEqual([
      'kept_out: The list says unsubscribed: remembered as unsubscribed.',
    ]);
    expect((await importText(cleaned)).fates).toEqual(['kept_out: The list says undeliverable: suppressed.']);
    expect(
      (await importText('email,topics\nana@example.org,agents\nbo@example.org,agents\n')).report,
    ).toMatchObject({ left_alone: 2, added: 0 });
    expect(await countSubscribers(store.db)).toMatchObject({ active: 0, unsubscribed: 1 });
  });

  test('change nobody who is here: neither those who left here, nor those who left there', async () => {
    await addSomebody(store, { email: 'ana@example.org' });
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'bo@example.org' }), monday);
    const { fates } = await importText(
      'email,status\nana@example.org,blocklisted\nbo@example.org,enabled\ncy@example.org,unconfirmed\ndi@example.org,wizard\n',
    );
    expect(fates).toEqual([
      'left_alone: The list says blocklisted; they are active here and stay so.',
      'left_alone: Unsubscribed, left alone.',
      'left_alone: Has not confirmed that they want mail.',
      expect.stringMatching(/^invalid: The status “wizard” is not known\. Known are active, enabled/),
    ]);
    expect(await countSubscribers(store.db)).toMatchObject({ active: 1, unsubscribed: 1 });
  });

  test('give those who are new the topics that were chosen for them, unless the line names some', async () => {
    await importText('email,topics\nana@example.org,\nbo@example.org,robotics\n', { newTopics: ['agents'] });
    expect([await topicsOf('ana@example.org'), await topicsOf('bo@example.org')]).toEqual([
      ['agents'],
      ['robotics'],
    ]);
    expect((await importText('email\ncy@example.org\n', { newTopics: ['nope'] })).fates).toEqual([
      'invalid: There is no topic “nope”.',
    ]);
  });
});

describe('a dry run', () => {
  test('tells each fate as the import itself does, and keeps nothing', async () => {
    await addSomebody(store, { email: 'known@example.org', topics: ['agents'] });
    const before = everything();
    const file = `${listmonk}\n6f1f,known@example.org,,{},enabled,,,robotics\n6f20,ana@example.org,,{},enabled,,,\n6f21,nobody,,{},enabled,,,\n`;
    const dry = await importText(file, { dryRun: true });
    expect(everything()).toEqual(before);
    expect(dry.report).toMatchObject({ added: 2, kept_out: 1, updated: 1, duplicate: 1, invalid: 1 });
    expect(await importText(file)).toEqual(dry);
  });
});

describe('columns', () => {
  test('are guessed by the names that other programs give them, our own first', () => {
    expect(guessColumns(['E-mail', 'Language', 'Time Zone', 'Name', 'Lists'])).toEqual([
      'email',
      'locale',
      'timezone',
      null,
      'topics',
    ]);
    expect(guessColumns(['Mail', 'email'])).toEqual([null, 'email']);
    expect(guessColumns(['toString', '__proto__'])).toEqual([null, null]);
  });

  test('are as they are said to be, and told when that cannot be', () => {
    const header = ['Address', 'Mail', 'Tags'];
    expect(chooseColumns(header, { email: 'address', topics: 'Tags' })).toEqual(['email', null, 'topics']);
    expect(chooseColumns(['email', 'status'], { status: '' })).toEqual(['email', null]);
    expect(() => chooseColumns(header, { email: 'nope' })).toThrow('no column “nope”');
    expect(() => chooseColumns(header, { email: null })).toThrow('email among them');
  });
});
