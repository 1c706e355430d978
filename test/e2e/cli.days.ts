import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLedger } from './ledger.ts';
import { cli, type Ended, type Home, iso, makeHome, untilEnded } from './paperboy.ts';

/** What other programs count on: documents on stdout, words on stderr, exit codes. */

const at = Date.parse('2026-06-22T08:00:00Z');
const papers = new URL('../fixtures/e2e/papers.jsonl', import.meta.url).pathname;
const now = ['--at', iso(at)];
let home: Home;
let paperKey: string;

beforeAll(async () => {
  home = makeHome();
  const before = ['--at', iso(at - 7_200_000)];
  await home.answer(['ingest', '--file', papers, ...before]);
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All of it', '--query', '*', ...before]);
  await home.answer(['subscribers', 'add', 'reader@example.org', '--topic', 'all-of-it', ...before]);
  await home.answer(['run', '--no-ingest', ...now]);
  paperKey = (await home.answer<{ key: string }[]>(['papers', 'list', ...now]))[0]?.key ?? '';
});
afterAll(() => home.remove());

/** Exactly one document, and nothing else, stands on stdout. */
function documentOf(ended: Ended): unknown {
  expect(ended.stdout.trim()).not.toBe('');
  return JSON.parse(ended.stdout);
}

describe.concurrent('a command that looks', () => {
  test.for<[string, () => string[]]>([
    ['migrate', () => ['migrate']],
    ['doctor', () => ['doctor', ...now]],
    ['papers list', () => ['papers', 'list', '--limit', '3', ...now]],
    ['papers list --all', () => ['papers', 'list', '--all', ...now]],
    ['papers show', () => ['papers', 'show', paperKey, ...now]],
    ['topics list', () => ['topics', 'list']],
    ['topics test', () => ['topics', 'test', 'robot* OR protein', ...now]],
    ['subscribers list', () => ['subscribers', 'list']],
    ['subscribers show', () => ['subscribers', 'show', 'reader@example.org']],
    ['subscribers export', () => ['subscribers', 'export']],
    ['deliveries list', () => ['deliveries', 'list']],
    ['deliveries show', () => ['deliveries', 'show', '1']],
    ['preview', () => ['preview', 'reader@example.org', ...now]],
    ['explain', () => ['explain', 'reader@example.org', ...now]],
  ])('%s --json answers one document', async ([, args], { expect }) => {
    const ended = await home.run([...args(), '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(documentOf(ended)).toBeTypeOf('object');
  });

  test('deliveries list --json tells what is promised', async () => {
    const listed = await home.answer<unknown[]>(['deliveries', 'list']);
    expect(listed).toEqual([
      expect.objectContaining({
        id: 1,
        email: 'reader@example.org',
        editionDate: '2026-06-22',
        status: 'sent',
        reason: null,
        attempts: 1,
        messageId: expect.stringMatching(/^<.+@example\.org>$/),
        papers: expect.arrayContaining([
          expect.objectContaining({
            key: expect.stringMatching(/^title:/),
            title: expect.any(String),
            topic: expect.any(String),
          }),
        ]),
      }),
    ]);
  });
});

describe('a command that acts', () => {
  const later = ['--at', iso(at + 3_600_000)];
  test.for<[string[], object]>([
    [['ingest', '--file', papers, ...later], [{ newPapers: 0, records: 28 }]],
    [['topics', 'add', 'more', '--name', 'More', '--query', 'robot*', ...later], { slug: 'more' }],
    [['topics', 'edit', 'more', '--query', 'protein*', ...later], { query: 'protein*' }],
    [
      ['subscribers', 'add', 'two@example.org', '--topic', 'more', '--time', '10:00', ...later],
      { email: 'two@example.org', status: 'active', nextDueAt: '2026-06-22T10:00:00.000Z' },
    ],
    [['subscribers', 'edit', 'two@example.org', '--max-papers', '2', ...later], { maxPapers: 2 }],
    [['plan', '--at', iso(at + 7_200_000)], { due: 1, planned: 1, skipped: {} }],
    [
      ['send', '--at', iso(at + 7_200_000), '--limit', '5'],
      { sent: 1, retry: 0, failed: 0, uncertain: 0, skipped: 0 },
    ],
    [
      ['run', '--no-ingest', '--at', iso(at + 7_200_000)],
      {
        plan: { due: 0, planned: 0, skipped: {} },
        send: { sent: 0, retry: 0, failed: 0, uncertain: 0, skipped: 0 },
      },
    ],
    [
      ['send-test', 'two@example.org', '--at', iso(at + 90_000_000)],
      { to: 'two@example.org', outcome: 'sent' },
    ],
    [['subscribers', 'remove', 'two@example.org', ...later], { status: 'erased' }],
    [['topics', 'remove', 'more', ...later], {}],
  ])('%j --json answers one document', async ([args, answer]) => {
    const ended = await home.run([...args, '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(documentOf(ended)).toMatchObject(answer);
  });

  test('import tells the fate of each line, and a bad one is a failure that stops no other', async () => {
    const file = join(home.dir, 'people.csv');
    writeFileSync(
      file,
      'email,timezone,topics\nthree@example.org,Asia/Tokyo,all-of-it\nnobody,UTC,\nfour@example.org,Mars/Base,\nfive@example.org,,\n',
    );
    const ended = await home.run(['subscribers', 'import', file, '--json', ...later]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).not.toBe('');
    expect(documentOf(ended)).toMatchObject({ lines: 4, added: 2, invalid: 2 });
    const exported = await home.run(['subscribers', 'export']);
    expect(exported.stdout).toContain('three@example.org,Asia/Tokyo');
    expect(exported.stdout).not.toContain('four@');
  });
});

describe.concurrent('what cannot be done', () => {
  test.for<[string[], number, RegExp]>([
    [['nonsense'], 2, /unknown command/],
    [['topics', 'nonsense'], 2, /unknown command|Usage/],
    [['plan', '--at', 'yesterday'], 2, /--at/],
    [['run', '--at', '2026-06-22T08:00'], 2, /--at/],
    [['plan', '--nonsense'], 2, /unknown option/],
    [['subscribers', 'add'], 2, /missing required argument/],
    [['topics', 'add', 'x', '--name', 'X'], 2, /--query/],
    [['deliveries', 'resolve', '1', 'nonsense'], 2, /sent, pending, failed/],
    [['deliveries', 'list', '--status', 'nonsense'], 2, /pending/],
    [['ingest', '--source', 'nonsense'], 2, /huggingface/],
    [['deliveries', 'resolve', '99999', 'sent'], 1, /99999/],
    [['deliveries', 'resolve', '1', 'failed'], 1, /sent/],
    [['subscribers', 'add', 'nobody'], 1, /address|@/],
    [['subscribers', 'add', 'x@example.org', '--topic', 'nonsense'], 1, /nonsense/],
    [['subscribers', 'add', 'x@example.org', '--timezone', 'Mars/Base'], 2, /--timezone/],
    [['subscribers', 'show', 'nobody@example.org'], 1, /nobody@example\.org/],
    [['papers', 'show', 'arxiv:0000.00000'], 1, /arxiv:0000\.00000/],
    [['ingest', '--file', '/nonsense.json'], 1, /nonsense\.json/],
    [['preview', 'nobody@example.org'], 1, /nobody@example\.org/],
    [['subscribers', 'import', '/nonsense.csv'], 1, /nonsense\.csv/],
    [['topics', 'add', 'all-of-it', '--name', 'X', '--query', 'x'], 1, /all-of-it/],
  ])('%j ends with %i and says why on stderr, without a stack', async ([args, code, why], { expect }) => {
    const ended = await home.run(args);
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).toMatch(why);
    expect(ended.stderr).not.toMatch(/\n\s+at .*:\d+/);
    if (code === 2) expect(ended.stdout).toBe('');
  });

  test('a query that cannot be read points at the character', async ({ expect }) => {
    const ended = await home.run(['topics', 'test', 'gpt-4 AND (', ...now]);
    expect([1, 2]).toContain(ended.code);
    const lines = ended.stderr.split('\n');
    const caret = lines.findIndex((line) => /^\s*\^/.test(line));
    expect(lines[caret - 1]?.[lines[caret]?.indexOf('^') ?? -1]).toBe('(');
  });

  test('with --json a failure is one document too', async ({ expect }) => {
    const ended = await home.run(['subscribers', 'show', 'nobody@example.org', '--json']);
    expect(ended.code).toBe(1);
    expect(documentOf(ended)).toMatchObject({ error: { message: expect.stringContaining('nobody@') } });
  });

  test('settings that are wrong are told all at once, secrets left out', async ({ expect }) => {
    const env = { SMTP_URL: 'http://u:hunter2@mail', PORT: 'high', DIGEST_TIMEZONE: 'Mars/Base' };
    const ended = await home.run(['topics', 'list'], env);
    expect(ended.code).toBe(1);
    for (const name of Object.keys(env)) expect(ended.stderr).toContain(name);
    expect(ended.stderr).not.toContain('hunter2');
  });

  test('a database that cannot be opened', async ({ expect }) => {
    const ended = await home.run(['topics', 'list'], { DATABASE_URL: `sqlite:${home.dir}` });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(home.dir);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });
});

test('logs hold no addresses', async () => {
  const other = makeHome({ LOG_LEVEL: 'trace' });
  try {
    await other.answer(['ingest', '--file', papers, '--at', iso(at - 1000)]);
    await other.answer([
      'subscribers',
      'add',
      'secretive@example.org',
      '--topic',
      'everything',
      '--at',
      iso(at - 1000),
    ]);
    const ended = await other.run(['run', '--no-ingest', ...now]);
    expect(ended.stdout).toContain('1 sent');
    expect(ended.stderr).not.toContain('secretive');
    expect(readLedger(other.database).deliveries).toMatchObject([{ status: 'sent' }]);
  } finally {
    other.remove();
  }
});

test('serve answers over HTTP and ends with 0 on SIGTERM', async () => {
  const other = makeHome({ PORT: '0', HOST: '127.0.0.1', INGEST_CRON: '0 0 1 1 *' });
  const child = other.start(['serve']);
  const ended = untilEnded(child);
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (text: string) => {
        said += text;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
        if (found) resolve(found[0]);
      });
      ended.then(({ stderr }) => reject(new Error(stderr)));
    });
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    const page = await fetch(`${address}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Paperboy');
    expect((await fetch(`${address}/nonsense`)).status).toBe(404);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toMatchObject({ code: 0, signal: null });
  other.remove();
});

/** A Node too old, where the machine has one beside the project's own. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .filter((file) => existsSync(file))
  .find((file) => Number(execFileSync(file, ['-p', 'process.versions.node.split(".")[0]'])) < 26);

test.skipIf(!oldNode)('an older Node is told what to do, in one line', () => {
  try {
    execFileSync(oldNode as string, [cli, 'topics', 'list'], { encoding: 'utf8', stdio: 'pipe' });
    expect.unreachable();
  } catch (error) {
    const { status, stderr, stdout } = error as { status: number; stderr: string; stdout: string };
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('Node 26');
  }
});

test('what .env.example shows is taken as it stands', async () => {
  const other = makeHome();
  try {
    const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const env = Object.fromEntries(
      [...text.matchAll(/^# ([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name as string, value as string]),
    );
    expect(Object.keys(env).length).toBeGreaterThan(20);
    const ended = await other.run(['topics', 'list', '--json'], {
      ...env,
      DATABASE_URL: other.env.DATABASE_URL ?? '',
    });
    expect(ended.code, ended.stderr).toBe(0);
  } finally {
    other.remove();
  }
});
