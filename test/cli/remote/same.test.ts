import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMessage } from '../../../src/mail/open-message.ts';
import { titleKey } from '../../../src/papers/key.ts';
import type { Said } from '../terminal.ts';
import { openHere, openServed } from './served.ts';

let here: Awaited<ReturnType<typeof openHere>>;
let there: Awaited<ReturnType<typeof openServed>>;
beforeAll(async () => {
  [here, there] = [await openHere(list), await openServed(list)];
}, 60_000);
afterAll(async () => {
  await here.close();
  await there.close();
  rmSync(folder, { recursive: true });
});

const list = `E-mail of reader,Lists,Quiet mail
dora@example.org,all-of-it,yes
=eve@example.org,,no
ada@example.org,nonsense,
nobody,,
"dora@example.org",,
`;

const knownKey = titleKey('Low-Rank Adapters That Share Their Down Projection') ?? '';
const folder = mkdtempSync(join(tmpdir(), 'paperboy-lists-'));
const unwanted = join(folder, 'unwanted.csv');
writeFileSync(
  unwanted,
  'email,reason,note\nada@example.org,complaint,by letter\ngone@example.net,,=1+1\nnobody,,\n',
);

/** What is typed one after another, and whether its clock matters. */
const commands: [words: string[], clock?: 'clock'][] = [
  [['topics', 'list']],
  [['topics', 'list', '--all', '--json']],
  [['topics', 'add', 'robots', '--name', 'Robots', '--query', 'robot*', '--json'], 'clock'],
  [['topics', 'add', 'robots', '--name', 'Robots', '--query', 'robot*'], 'clock'],
  [['topics', 'add', 'walkers', '--name', 'Walking', '--query', '(legs'], 'clock'],
  // One that ships, and that nobody touched.
  [['topics', 'add', 'agents', '--name', 'Our agents', '--query', 'agent*'], 'clock'],
  [['topics', 'edit', 'robots', '--query', 'robot* OR walker', '--description', 'Legs.', '--json'], 'clock'],
  [['topics', 'edit', 'robots', '--slug', 'Ro bots', '--query', 'a AND'], 'clock'],
  [['topics', 'edit', 'robots'], 'clock'],
  [['topics', 'edit', 'none-such', '--name', 'None'], 'clock'],
  [['topics', 'edit', 'robots', '--slug', 'machines'], 'clock'],
  [['topics', 'remove', 'adapters', '--json'], 'clock'],
  [['topics', 'edit', 'adapters', '--unarchive', '--name', 'Adapters again', '--json'], 'clock'],
  [['topics', 'remove', 'adapters'], 'clock'],
  [['topics', 'edit', 'adapters', '--unarchive'], 'clock'],
  [['topics', 'edit', 'adapters', '--reopen'], 'clock'],
  [['topics', 'edit', 'adapters', '--unarchive', '--reopen'], 'clock'],
  [['topics', 'merge', 'machines', 'all-of-it', '--json'], 'clock'],
  [['topics', 'merge', 'machines', 'all-of-it'], 'clock'],
  [['topics', 'test', 'low-rank', '--days', '3', '--json'], 'clock'],
  [['topics', 'test', 'low-rank'], 'clock'],
  [['subscribers', 'list']],
  [['subscribers', 'list', '--json']],
  [['subscribers', 'list', '--after', '1', '--limit', '1', '--json']],
  [['subscribers', 'list', '--without-digest-since', '2026-06-22', '--search', 'CLEO', '--json']],
  [['subscribers', 'list', '--topic', 'nonsense', '--timezone', 'Mars']],
  [['subscribers', 'list', '--joined-since', 'yesterday']],
  [['subscribers', 'list', '--suppressed', 'yes']],
  [['subscribers', 'show', 'Ada@Example.org']],
  [['subscribers', 'show', 'bob@example.org', '--json']],
  [['subscribers', 'show', 'nobody@example.org']],
  [['subscribers', 'show', 'nobody']],
  [
    [
      'subscribers',
      'add',
      'dan@example.org',
      '--topic',
      'all-of-it',
      '--days',
      'weekdays',
      '--time',
      '7:30',
      '--json',
    ],
    'clock',
  ],
  [['subscribers', 'add', 'dan@example.org', '--quiet-mail', 'yes', '--max-papers', '3'], 'clock'],
  [['subscribers', 'add', 'eva@example.org', '--quiet-mail', 'yes', '--max-papers', '3'], 'clock'],
  [['subscribers', 'add', 'nobody', '--topic', 'nonsense'], 'clock'],
  [
    ['subscribers', 'edit', 'dan@example.org', '--email', 'Dan@example.net', '--locale', 'de', '--json'],
    'clock',
  ],
  [
    [
      'subscribers',
      'edit',
      'dan@example.net',
      '--topic',
      'agents',
      '--drop-topic',
      'all-of-it',
      '--status',
      'paused',
    ],
    'clock',
  ],
  [['subscribers', 'edit', 'dan@example.net', '--topic', 'nonsense'], 'clock'],
  [['subscribers', 'edit', 'dan@example.net'], 'clock'],
  [['subscribers', 'remove', 'dan@example.net', '--json'], 'clock'],
  [['subscribers', 'remove', 'dan@example.net'], 'clock'],
  // It is on the list of those who were erased, and its address stays suppressed.
  [['subscribers', 'add', 'dan@example.net'], 'clock'],
  [['subscribers', 'edit', 'dan@example.net', '--time', '09:00'], 'clock'],
  [['subscribers', 'import', '-', '--dry-run'], 'clock'],
  [
    ['subscribers', 'import', '-', '--dry-run', '--map', 'email=E-mail of reader', '--topic', 'agents'],
    'clock',
  ],
  [['subscribers', 'import', '-', '--map', 'email=E-mail of reader', '--topic', 'agents', '--json'], 'clock'],
  [['subscribers', 'import', '-', '--map', 'email=E-mail of reader', '--topic', 'none-such'], 'clock'],
  [
    ['subscribers', 'import', '-', '--map', 'email=E-mail of reader', '--map', 'topics=', '--verbose'],
    'clock',
  ],
  [['subscribers', 'import', 'nowhere.csv'], 'clock'],
  [['subscribers', 'export']],
  [['subscribers', 'export', '--status', 'paused', '--format', 'csv']],
  [['subscribers', 'export', '--format', 'jsonl']],
  [['subscribers', 'export', '--json']],
  [['suppressions', 'list', '--all']],
  [['suppressions', 'add', 'Fay@example.org', '--note', 'asked by letter', '--json'], 'clock'],
  [['suppressions', 'add', 'fay@example.org'], 'clock'],
  [['suppressions', 'add', 'fay'], 'clock'],
  [['subscribers', 'add', 'fay@example.org'], 'clock'],
  [['subscribers', 'add', 'cleo@example.org', '--time', '25:00'], 'clock'],
  [['suppressions', 'list', '--email', 'fay@example.org', '--json']],
  [['suppressions', 'list', '--reason', 'manual', '--after', '1', '--limit', '5']],
  [['suppressions', 'remove', 'fay@example.org', '--note', 'asked again', '--json'], 'clock'],
  [['suppressions', 'remove', 'fay@example.org', '--note', 'asked again'], 'clock'],
  [['suppressions', 'import', '-'], 'clock'],
  [['suppressions', 'import', unwanted, '--json'], 'clock'],
  [['suppressions', 'import', unwanted], 'clock'],
  [['suppressions', 'import', 'nowhere.csv'], 'clock'],
  [['suppressions', 'export']],
  [['suppressions', 'export', '--json']],
  [['deliveries', 'resolve', '1', 'sent'], 'clock'],
  [['deliveries', 'retry', '99'], 'clock'],
  [['deliveries', 'resolve', '6', 'failed', '--json'], 'clock'],
  [['deliveries', 'retry', 'all', '--reason', 'deferred'], 'clock'],
  [['deliveries', 'retry', 'all', '--reason', 'gave_up'], 'clock'],
  [['deliveries', 'retry', '5'], 'clock'],
  [['deliveries', 'resolve', 'all', 'sent', '--email', 'nobody@example.org'], 'clock'],
  [['deliveries', 'resolve', 'all', 'sent', '--topic', 'all-of-it', '--yes', '--json'], 'clock'],
  [['deliveries', 'retry', 'all', '--yes'], 'clock'],
  [['deliveries', 'release', '1', '--json'], 'clock'],
  [['deliveries', 'release', '8'], 'clock'],
  [['explain', 'ada@example.org', '--json'], 'clock'],
  [['explain', 'cleo@example.org'], 'clock'],
  // Suppressed by a list meanwhile.
  [['send-test', 'ada@example.org'], 'clock'],
  [['subscribers', 'edit', 'cleo@example.org', '--status', 'paused'], 'clock'],
  [['send-test', 'cleo@example.org'], 'clock'],
];

const read = ({ stdout, ...rest }: Said) => ({ ...rest, document: JSON.parse(stdout) as unknown });

/** Who did it differs: asked for before anything was changed. */
const looks: typeof commands = [
  [['audit', 'list']],
  [['audit', 'list', '--act', 'add', '--about', 'topic', '--by', 'system', '--json']],
  [['audit', 'list', '--before', '4', '--limit', '2']],
  [['audit', 'list', '--about', 'subscriber', '--id', '2', '--json']],
  [['explain', 'ada@example.org', '--date', '2026-06-22', '--json'], 'clock'],
  [['explain', 'cleo@example.org', '--date', '2026-06-21'], 'clock'],
  [['explain', 'bob@example.org', '--date', '2026-06-22'], 'clock'],
  [['explain', 'bob@example.org'], 'clock'],
  [['subscribers', 'list', '--topic', 'adapters', '--digest-since', '2026-06-22']],
  [['papers', 'list'], 'clock'],
  [['papers', 'list', '--limit', '3', '--json'], 'clock'],
  [['papers', 'list', '--all', '--limit', '7']],
  [['papers', 'list', '--all', '--json']],
  [['papers', 'show', knownKey], 'clock'],
  [['papers', 'show', knownKey, '--json'], 'clock'],
  [['papers', 'show', 'arxiv:0000.00000'], 'clock'],
  [['deliveries', 'list', '--json']],
  [['deliveries', 'list', '--before', '4', '--limit', '2', '--json']],
  [['deliveries', 'list', '--topic', 'all-of-it']],
  [['deliveries', 'list', '--status', 'failed', '--email', 'ada@example.org', '--json']],
  [['deliveries', 'list', '--topic', 'nonsense', '--email', 'nobody@example.org', '--json']],
  [['deliveries', 'show', '1']],
  [['deliveries', 'show', '1', '--json']],
  [['deliveries', 'show', '99']],
  [['preview', 'ada@example.org'], 'clock'],
  [['preview', 'ada@example.org', '--html'], 'clock'],
  [['preview', 'ada@example.org', '--json'], 'clock'],
  // Not planned yet.
  [['preview', 'bob@example.org', '--json'], 'clock'],
  [['preview', 'ada@example.org', '--out', join(folder, 'mail.eml')], 'clock'],
  [['preview', 'ada@example.org', '--out', 'mail.pdf'], 'clock'],
  [['preview', 'cleo@example.org'], 'clock'],
  [['preview', 'nobody@example.org'], 'clock'],
  [['send-test', 'cleo@example.org'], 'clock'],
  [['bounces', 'list']],
  [['bounces', 'list', '--class', 'hard', '--email', 'back@example.org', '--delivery', '8', '--json']],
  [['bounces', 'list', '--before', '2', '--limit', '1', '--json']],
  [['bounces', 'list', '--class', 'soft']],
  [['bounces', 'list', '--email', 'nobody']],
  [['bounces', 'show', '1']],
  [['bounces', 'show', '1', '--json']],
  [['bounces', 'show', '99']],
  [['runs', 'list']],
  [['runs', 'list', '--kind', 'plan', '--limit', '1', '--json']],
  [['runs', 'show', 'send', '1']],
  [['runs', 'show', 'ingest', '1', '--json']],
  [['runs', 'show', 'plan', '99']],
  [['plan', '--dry-run', '--at', '2026-06-23T08:30:00Z']],
  [['plan', '--dry-run', '--at', '2026-06-23T08:30:00Z', '--limit', '2', '--json']],
];

describe('here and at a server', () => {
  test.each([...looks, ...commands])('`paperboy %s` says and does the same', async (words, clock) => {
    const local = await here.terminal.run(...words, ...(clock ? ['--at', here.at] : []));
    const remote = await there.terminal.run(...words);
    // Documents have no order of their members.
    if (words.includes('--json') && local.stdout !== '') expect(read(remote)).toEqual(read(local));
    else expect(remote).toEqual(local);
  });

  test('`paperboy preview --out` writes the same message', async () => {
    const written = async (terminal: typeof here.terminal, ...clock: string[]) => {
      const file = join(folder, 'written.eml');
      await terminal.run('preview', 'ada@example.org', '--out', file, ...clock);
      return readFileSync(file, 'utf8');
    };
    const message = await written(here.terminal, '--at', here.at);
    expect(await written(there.terminal)).toBe(message);
    expect(message).toMatch(/^From: .*\r\n/);
  });

  test('`paperboy send-test` sends a mail that acts for nobody', async () => {
    const sent = there.world.mailed.length;
    const words = ['send-test', 'bob@example.org', '--json'];
    const local = await here.terminal.run(...words, '--at', here.at);
    const remote = await there.terminal.run(...words);
    const told = { outcome: 'sent', to: 'bob@example.org', messageId: expect.stringMatching(/^<test-/) };
    expect(JSON.parse(local.stdout)).toEqual({ ...told, reply: expect.any(String) });
    expect(JSON.parse(remote.stdout)).toEqual({ ...told, reply: 'ok' });
    expect([local.code, remote.code, local.stderr, remote.stderr]).toEqual([0, 0, '', '']);
    const [mail] = there.world.mailed.slice(sent);
    expect(mail?.to).toBe('bob@example.org');
    const opened = await openMessage(mail?.raw ?? Buffer.of());
    expect(opened.subject).toMatch(/^\[Test\] /);
    expect(opened.html + JSON.stringify(opened.headers)).not.toMatch(/\/(?:unsubscribe|preferences)\//);
    const plain = await there.terminal.run('send-test', 'bob@example.org');
    expect(plain.stdout).toBe('Sent to bob@example.org through a test: ok\n');
  });

  test('nothing went wrong at the server', () => {
    expect(there.problems).toEqual([]);
  });
});
