import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guardFormula, unguardFormula } from '../../src/mail/formula.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber, findSubscriberByKey, listSubscribers } from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { addTopic } from '../../src/store/topics.ts';
import { AddressListError, readCsvLines } from '../../src/subscribers/csv-lines.ts';
import { exportSubscribers } from '../../src/subscribers/export.ts';
import { importSubscribers, type LineFate } from '../../src/subscribers/import.ts';
import { unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

async function importText(file: string | Buffer, into = store, chunkBytes = 7) {
  const bytes = Buffer.from(file);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const lines: LineFate[] = [];
  const report = await importSubscribers({
    hashAddress,
    db: into.db,
    input: Readable.from(chunks, { objectMode: true }),
    defaults,
    at: monday,
    onLine: (line) => lines.push(line),
  });
  return { report, lines, fates: lines.map(({ line, fate }) => `${line} ${fate}`) };
}

async function exportText(from = store): Promise<string> {
  const output = new PassThrough();
  const [, written] = await Promise.all([exportSubscribers(from.db, output), text(output)]);
  return written;
}

const topicsOf = async (email: string) => {
  const id = (await findSubscriberByKey(store.db, email))?.id ?? 0;
  return ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);
};

describe('import', () => {
  test('tells the fate of every line, with its number and why', async () => {
    await addSomebody(store, { email: 'known@example.org', topics: ['agents', 'diffusion'] });
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'gone@example.org' }), monday);
    const { report, lines, fates } = await importText(
      [
        'email,timezone,time,days,max_papers,topics',
        'new@example.org,Europe/Berlin,7:30,"mon,fri",5,agents;robotics',
        'known@example.org,,,,,agents;robotics',
        'known2@example.org',
        '',
        'gone@example.org,,,,,agents',
        'NEW@example.org,,,,,',
        'not an address,,,,,',
        'bad@example.org,Mars,25:00,never,0,nope',
        ',UTC,,,,',
        'wide@example.org,UTC,08:00,mon,5,agents,surplus',
      ].join('\n'),
    );
    expect(fates).toEqual([
      '2 added',
      '3 updated',
      '4 added',
      '6 left_alone',
      '7 duplicate',
      '8 invalid',
      '9 invalid',
      '10 invalid',
      '11 invalid',
    ]);
    expect(report).toMatchObject({ lines: 9, added: 2, updated: 1, left_alone: 1, duplicate: 1, invalid: 4 });
    expect(lines[4]?.message).toContain('line 2');
    expect(lines[6]?.message).toMatch(/time zone.*time of day.*at least one of.*1 to 50.*“nope”/);
    expect(await findSubscriberByKey(store.db, 'new@example.org')).toMatchObject({
      status: 'active',
      timezone: 'Europe/Berlin',
      digestTime: '07:30',
      days: ['mon', 'fri'],
      maxPapers: 5,
      // 06:00 UTC is 08:00 in Berlin: the next of Monday and Friday is Friday.
      nextDueAt: Date.parse('2026-06-26T05:30:00Z'),
    });
    expect(await topicsOf('new@example.org')).toEqual(['agents', 'robotics']);
    expect(await topicsOf('known@example.org')).toEqual(['agents', 'robotics']);
    expect(await findSubscriberByKey(store.db, 'gone@example.org')).toMatchObject({ status: 'unsubscribed' });
    expect(await findSubscriberByKey(store.db, 'bad@example.org')).toBeNull();
  });

  test('again changes nothing, and an empty cell leaves a subscriber as they are', async () => {
    const file = 'email,topics,max_papers\na@example.org,agents,3\nb@example.org,,\n';
    expect((await importText(file)).report.added).toBe(2);
    expect((await importText(file)).report.unchanged).toBe(2);
    expect((await importText('email\na@example.org\n')).report.unchanged).toBe(1);
    expect(await topicsOf('a@example.org')).toEqual(['agents']);
    expect((await findSubscriberByKey(store.db, 'a@example.org'))?.maxPapers).toBe(3);
  });

  test('keeps who is paused paused, and private topics untouched', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
    await addTopic(store.db, { slug: 'own', name: 'Own', query: 'own', ownerId: id }, monday);
    await editSubscriber(store.db, id, { addTopics: ['own'], status: 'paused' }, monday);
    expect((await importText('email,topics\na@example.org,robotics\n')).report.updated).toBe(1);
    expect(await topicsOf('a@example.org')).toEqual(['own', 'robotics']);
    expect(await findSubscriber(store.db, id)).toMatchObject({ status: 'paused', nextDueAt: null });
  });

  test.each([
    ['a byte order mark and CRLF', '\uFEFFemail,topics\r\na@example.org,agents\r\nb@example.org,\r\n'],
    [
      'semicolons between cells',
      'Email;Topics;Days\na@example.org;"agents;robotics";mon,tue\nb@example.org;;\n',
    ],
    ['tabs between cells', 'email\ttopics\na@example.org\tagents\nb@example.org\t\n'],
    ['old Mac line ends and no last one', 'topics,email\ragents,a@example.org\r,b@example.org'],
    ['spaces around cells', 'email , topics\n a@example.org , agents \nb@example.org,\n'],
    ['UTF-16', Buffer.from('\uFEFFemail\ttopics\r\na@example.org\tagents\r\nb@example.org\t\r\n', 'utf16le')],
  ])('reads %s', async (_, file) => {
    const { fates, report } = await importText(file);
    expect(fates).toEqual(['2 added', '3 added']);
    expect(report.ignoredColumns).toEqual([]);
    expect(await topicsOf('a@example.org')).toContain('agents');
  });

  test('numbers lines as an editor does, also after cells of several lines', async () => {
    const file = 'email,note\r\n"a@example.org","one\r\ntwo"\r\n\r\nb@example.org,x\r\n';
    const { lines, report } = await importText(file);
    expect(lines.map(({ line }) => line)).toEqual([2, 5]);
    expect(report.ignoredColumns).toEqual(['note']);
  });

  test('a stray quote spoils its own line alone', async () => {
    const { fates } = await importText(
      'email,topics\na"b@example.org,\n"c"d@example.org,\ne@example.org,agents\n',
    );
    expect(fates).toEqual(['2 invalid', '3 invalid', '4 added']);
  });

  test('an address that was not UTF-8 is refused, not changed', async () => {
    const { fates } = await importText(Buffer.from('email\nj\xf6rg@example.org\nb@example.org\n', 'latin1'));
    expect(fates).toEqual(['2 invalid', '3 added']);
  });

  test('a quote that is never closed stops with its line, and what came before is kept', async () => {
    const rest = 'x@example.org,\n'.repeat(3000);
    const broken = importText(`email,topics\na@example.org,\n"b@example.org,agents\n${rest}`, store, 4096);
    await expect(broken).rejects.toThrow(AddressListError);
    await expect(broken).rejects.toThrow(/line 3/);
    expect((await listSubscribers(store.db)).subscribers.map(({ email }) => email)).toEqual([
      'a@example.org',
    ]);
  });

  test.each(['', '\n\n', 'a@example.org\nb@example.org\n', 'address,topics\n', 'email,email\n'])(
    'a file without a good header is refused: %j',
    async (file) => {
      await expect(importText(file)).rejects.toThrow(AddressListError);
      expect((await listSubscribers(store.db)).subscribers).toEqual([]);
    },
  );

  test('lets the event loop turn between batches, or finished statements would pile up', async () => {
    let turns = 0;
    const turn = () => {
      turns++;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    async function* lines() {
      yield 'email\n';
      for (let n = 0; n < 2_500; n++) yield `p${n}@example.org\n`;
    }
    const report = await importSubscribers({
      db: store.db,
      hashAddress,
      input: lines(),
      defaults,
      at: monday,
    });
    clearImmediate(timer);
    expect(report.added).toBe(2_500);
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  test('any bytes at all are read or refused, never worse', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        try {
          for await (const line of readCsvLines(
            Readable.from([Buffer.from('email,topics\n'), Buffer.from(bytes)]),
          ))
            expect(line.line).toBeGreaterThan(1);
        } catch (error) {
          expect(error).toBeInstanceOf(AddressListError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('export', () => {
  test('writes active subscribers with their public topics', async () => {
    await addSomebody(store, {
      email: 'o=1+1@example.org',
      topics: ['robotics', 'agents'],
      days: 'weekends',
    });
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'gone@example.org' }), monday);
    expect(await exportText()).toBe(
      'email,timezone,time,days,max_papers,topics\no=1+1@example.org,UTC,08:00,"sat,sun",10,agents;robotics\n',
    );
  });

  const locals = ["=cmd|'/C'!A0", '+1', '-1', "'quoted'", "'=1", "''", "'", 'o=1', "o'neill", '＝1'];

  test('no address is a formula to a spreadsheet, and import gives back each as it was', async () => {
    for (const local of locals)
      await addSomebody(store, { email: `${local}@example.org`, topics: ['agents'] });
    const written = await exportText();
    const cells = written
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0] ?? '');
    expect(cells).toHaveLength(locals.length);
    for (const cell of cells) expect(cell).toMatch(/^['o]/);
    expect(cells).toContain("o'neill@example.org");
    const other = await openTestStore();
    try {
      expect((await importText(written, other)).report).toMatchObject({ added: locals.length, invalid: 0 });
      const emails = (await listSubscribers(other.db)).subscribers.map(({ email }) => email);
      expect(emails.sort()).toEqual(locals.map((local) => `${local}@example.org`).sort());
      expect((await importText(written)).report.unchanged).toBe(locals.length);
    } finally {
      await other.close();
    }
  });

  test('any cell comes back from its guarding as it was', () => {
    const cell = fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', 'a', '＠') });
    fc.assert(fc.property(cell, (text) => unguardFormula(guardFormula(text)) === text));
    fc.assert(fc.property(cell, (text) => !/^[=+\-@\t\r]/.test(guardFormula(text))));
  });

  test('into an empty installation gives the same list again', async () => {
    const zones = ['Asia/Calcutta', 'America/St_Johns', 'Pacific/Auckland', 'UTC'];
    for (let n = 0; n < 1203; n++)
      await addSomebody(store, {
        email: `person${n}@example.org`,
        timezone: zones[n % zones.length],
        time: `${String(n % 24).padStart(2, '0')}:15`,
        days: n % 3 ? 'daily' : 'tue,sat',
        maxPapers: 1 + (n % 50),
        topics: ['agents', 'diffusion', 'robotics'].filter((_, index) => n & (1 << index)),
      });
    const written = await exportText();
    const other = await openTestStore();
    try {
      expect((await importText(written, other, 65_536)).report.added).toBe(1203);
      expect(await exportText(other)).toBe(written);
      const before = store.raw.prepare('SELECT email_key, next_due_at FROM subscribers ORDER BY id').all();
      expect(other.raw.prepare('SELECT email_key, next_due_at FROM subscribers ORDER BY id').all()).toEqual(
        before,
      );
      expect((await importText(written, store, 65_536)).report.unchanged).toBe(1203);
    } finally {
      await other.close();
    }
  });
});

test('an old list does not bring back an address that its subscriber has moved away from', async () => {
  const id = await addSomebody(store, { email: 'ana@old.example' });
  const move = (email: string) => editSubscriber(store.db, id, { email }, monday, 'preferences', hashAddress);
  await move('ana@new.example');
  await move('ana@newest.example');
  const { lines, fates } = await importText('email\nANA@old.example\nana@new.example\nbo@old.example\n');
  expect(fates).toEqual(['2 left_alone', '3 left_alone', '4 added']);
  expect(lines[0]?.message).toContain('moved away');
  // Back again it is theirs, and the one they came from is not.
  await move('ana@old.example');
  expect((await importText('email\nana@old.example\nana@newest.example\n')).fates).toEqual([
    '2 unchanged',
    '3 left_alone',
  ]);
  // Whoever has it now and asks for mail is somebody new.
  await addSomebody(store, { email: 'ana@newest.example' });
  expect((await importText('email\nana@newest.example\n')).fates).toEqual(['2 unchanged']);
});
