import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { measure, readMessages } from '../../src/bounces/ingest/read-messages.ts';
import { takeMessages } from '../../src/bounces/ingest/take-messages.ts';
import { temporaryFolder } from '../support/store.ts';
import { autoReplyTo, bounceOf, depsOf, letter, returnPath, storeWithDeliveries } from './deliveries.ts';
import { feedbackMail } from './mails.ts';

const message = (raw: Buffer, where = 'x') => ({ where, raw });

describe('a message that came back', () => {
  test('is kept once, whichever way and in whatever shape it comes', async () => {
    const deps = depsOf(await storeWithDeliveries(2));
    const raw = bounceOf(1);
    const [first] = await takeMessages(deps, [message(raw)]);
    expect(first).toMatchObject({ class: 'hard', recorded: 1, suppressed: 1, understood: true });
    const text = raw.toString('latin1');
    const again = [
      text.replaceAll('\r\n', '\n'),
      `Received: from a by b; Wed, 5 Aug 2026 08:00:05 +0000\r\n${text}`,
      `Delivered-To: archive@papers.example\r\nX-Original-To: ${returnPath(1)}\r\n${text}`,
    ].map((one) => message(Buffer.from(one, 'latin1')));
    const fates = await takeMessages(deps, again);
    expect(fates.map(({ recorded, known }) => [recorded, known])).toEqual(again.map(() => [0, 1]));
  });

  test('and another one about the same delivery are two', async () => {
    const deps = depsOf(await storeWithDeliveries(1));
    const full = ['Action: failed', 'Status: 5.2.2', 'Diagnostic-Code: smtp; 552 5.2.2 mailbox full'];
    const mails = [bounceOf(1, { id: 'a', lines: full }), bounceOf(1, { id: 'b', lines: full })];
    const fates = await takeMessages(
      deps,
      mails.map((raw) => message(raw)),
    );
    expect(fates.map(({ recorded }) => recorded)).toEqual([1, 1]);
  });

  test('counts only with a genuine return path or a Message-ID of ours', async () => {
    const deps = depsOf(await storeWithDeliveries(3));
    const forged = bounceOf(1, { to: returnPath(1, 'another secret') });
    const plain = bounceOf(2, { to: 'bounce@papers.example' });
    const complaint = feedbackMail(['Feedback-Type: abuse', 'Original-Rcpt-To: s3@reader.example']);
    const named = Buffer.from(
      complaint.toString('latin1').replace('<2026-08-04.abc@papers.example>', '<3@papers.example>'),
    );
    const fates = await takeMessages(
      deps,
      [forged, plain, complaint, named].map((raw) => message(raw)),
    );
    expect(
      fates.map(({ class: kind, unmatched, recorded, suppressed, understood }) => [
        kind,
        unmatched,
        recorded,
        suppressed,
        understood,
      ]),
    ).toEqual([
      ['hard', 1, 0, 0, false],
      ['hard', 1, 0, 0, false],
      ['complaint', 1, 0, 0, false],
      ['complaint', 0, 1, 1, true],
    ]);
  });

  test('is understood without being kept when a program wrote it, and left for people when one of them did', async () => {
    const store = await storeWithDeliveries(1);
    const fates = await takeMessages(depsOf(store), [message(autoReplyTo(1)), message(letter)]);
    expect(fates.map(({ class: kind, understood }) => [kind, understood])).toEqual([
      ['auto-reply', true],
      ['not-a-bounce', false],
    ]);
    expect(store.raw.prepare('SELECT count(*) FROM bounces').pluck().get()).toBe(0);
  });

  test('is not half kept when one beside it cannot be', async () => {
    const store = await storeWithDeliveries(2);
    const deps = depsOf(store);
    let calls = 0;
    const failing: typeof deps.recordReturns = (events, db) => {
      if (++calls === 2) throw new Error('disk full');
      return deps.recordReturns(events, db);
    };
    const mails = [message(bounceOf(1)), message(bounceOf(2))];
    await expect(takeMessages({ ...deps, recordReturns: failing }, mails)).rejects.toThrow('disk full');
    expect(store.raw.prepare('SELECT count(*) FROM bounces').pluck().get()).toBe(0);
  });
});

describe('messages are read', () => {
  async function read(paths: string[], input = '') {
    const problems: string[] = [];
    const mails = await Array.fromAsync(
      readMessages({
        paths,
        stdin: Readable.from([Buffer.from(input)]),
        onProblem: (path, error) => problems.push(`${path}: ${error.message}`),
      }),
    );
    return { mails, problems };
  }

  test('from files, mbox files, folders, a Maildir and standard input', async () => {
    const folder = temporaryFolder();
    for (const name of ['box/new', 'box/cur', 'box/tmp', 'box/.Trash', 'sub'])
      mkdirSync(join(folder, name), { recursive: true });
    const files = [
      '1.eml',
      '.hidden',
      'sub/0',
      'box/index',
      'box/new/2',
      'box/cur/3:2,S',
      'box/tmp/4',
      'box/.Trash/5',
    ];
    for (const name of files) writeFileSync(join(folder, name), `Subject: ${name}\n\n`);
    symlinkSync(join(folder, 'sub/0'), join(folder, 'linked'));
    const mbox =
      'From a Thu Jul  2 12:05:05 2026\nSubject: a\n\nFrom b Thu Jul  2 12:05:05 2026\nSubject: b\n\n';
    writeFileSync(join(folder, 'mbox'), mbox);
    const paths = [folder, join(folder, 'box')];
    const { mails, problems } = await read([...paths, '-'], 'Subject: piped\n\n');
    expect(problems).toEqual([]);
    const subjects = mails.map(({ where, raw }): [string, string] => [
      where.replace(folder, ''),
      raw.toString().split('\n', 1)[0] ?? '',
    ]);
    expect(Object.fromEntries(subjects)).toEqual({
      '-': 'Subject: piped',
      '/1.eml': 'Subject: 1.eml',
      '/box/cur/3:2,S': 'Subject: box/cur/3:2,S',
      '/box/new/2': 'Subject: box/new/2',
      '/linked': 'Subject: sub/0',
      '/mbox': 'Subject: a',
      '/mbox#2': 'Subject: b',
    });
    const known = mails.filter(({ where }) => where !== '-');
    expect(known.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(await measure(paths));
  });

  test('where they can be: what cannot is told and stops nothing', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a'), 'Subject: a\n\n');
    symlinkSync(folder, join(folder, 'loop'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
    const { mails, problems } = await read([join(folder, 'missing'), folder]);
    expect(mails.map(({ raw }) => raw.toString())).toEqual(['Subject: a\n\n']);
    expect(problems).toHaveLength(3);
  });
});
