import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTerminal } from '../cli/terminal.ts';

/** The command line as an operator uses it: a day, a backup, another day, a disk that dies. */
let terminal: ReturnType<typeof openTerminal>;
let db: string;
let backup: string;

beforeEach(async () => {
  terminal = openTerminal({ SECRET_KEY: '', SOURCES: 'none' });
  db = join(terminal.folder, 'paperboy.db');
  backup = join(terminal.folder, 'backup.db');
  await run(
    'subscribers',
    'add',
    'daily@example.org',
    '--topic',
    'everything',
    '--at',
    '2026-06-20T12:00:00Z',
  );
  await run(
    'subscribers',
    'add',
    'weekly@example.org',
    '--topic',
    'everything',
    '--days',
    'fri',
    '--at',
    '2026-06-20T12:00:00Z',
  );
  await tell('2026-06-21T01:00:00Z', 'Paper of the first day');
  await round('2026-06-21T08:00:30Z');
});
afterEach(() => terminal.remove());

async function run(...args: string[]) {
  const said = await terminal.run(...args);
  expect(said, said.stderr).toMatchObject({ code: 0 });
  return said;
}
const runJson = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

/** Papers that came out at an instant are read, then or later. */
async function tell(outAt: string, title: string, at = outAt) {
  const file = join(terminal.folder, 'papers.jsonl');
  const record = { title, abstract: `${title} and what it says of it`, publishedAt: outAt };
  writeFileSync(file, `${JSON.stringify(record)}\n`);
  await run('ingest', '--file', file, '--at', at);
}
const round = (at: string) => run('run', '--no-ingest', '--at', at);

function query(sql: string): unknown[] {
  const raw = new BetterSqlite3(db);
  try {
    return raw.prepare(sql).all();
  } finally {
    raw.close();
  }
}
const editions = () =>
  query(`SELECT s.email, d.edition_date AS date, d.status, d.reason FROM deliveries AS d
    JOIN subscribers AS s ON s.id = d.subscriber_id ORDER BY s.id, d.edition_date`);
/** Titles by edition of the daily reader. */
const shown = () =>
  query(`SELECT d.edition_date AS date, p.title FROM deliveries AS d JOIN delivery_papers AS dp ON dp.delivery_id = d.id
    JOIN papers AS p ON p.id = dp.paper_id WHERE d.subscriber_id = 1 AND dp.released_at IS NULL ORDER BY 1, 2`);

describe('after the disk died', () => {
  /** A backup in the evening of the 21st; the digest of the 22nd goes out; then everything is lost. */
  async function loseEverything() {
    await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
    await tell('2026-06-22T01:00:00Z', 'Paper of the second day');
    await round('2026-06-22T08:00:30Z');
    for (const end of ['', '-wal', '-shm']) rmSync(`${db}${end}`, { force: true });
    rmSync(join(terminal.folder, 'secret.key'));
  }

  test('nobody gets a digest or a paper again, and every edition is accounted for', async () => {
    const key = readFileSync(join(terminal.folder, 'secret.key'), 'utf8');
    await loseEverything();
    const report = await runJson('restore', backup, '--at', '2026-06-22T12:00:00Z');
    expect(report).toMatchObject({
      replaced: 'absent',
      carried: null,
      settled: { uncertain: 0, missed: 1, subscribers: 1 },
      madeAt: Date.parse('2026-06-21T20:00:00Z'),
    });
    expect(readFileSync(join(terminal.folder, 'secret.key'), 'utf8')).toBe(key);
    expect(statSync(db).mode & 0o777).toBe(0o600);
    // The sources tell again what was lost, and then what is new.
    await tell('2026-06-22T01:00:00Z', 'Paper of the second day', '2026-06-22T12:20:00Z');
    await round('2026-06-22T12:21:00Z');
    await tell('2026-06-23T01:00:00Z', 'Paper of the third day');
    await round('2026-06-23T08:00:30Z');
    expect(editions()).toEqual([
      { email: 'daily@example.org', date: '2026-06-21', status: 'sent', reason: null },
      { email: 'daily@example.org', date: '2026-06-22', status: 'skipped', reason: 'restored' },
      { email: 'daily@example.org', date: '2026-06-23', status: 'sent', reason: null },
    ]);
    expect(shown()).toEqual([
      { date: '2026-06-21', title: 'Paper of the first day' },
      { date: '2026-06-23', title: 'Paper of the third day' },
    ]);
    expect(query("SELECT due, planned, skipped FROM plan_runs WHERE skipped LIKE '%restored%'")).toEqual([
      { due: 1, planned: 0, skipped: '{"restored":1}' },
    ]);
    // A late bounce of a lost delivery must not be taken for one of these.
    expect(query('SELECT max(id) > 10000000 AS far FROM deliveries')).toEqual([{ far: 1 }]);
  });

  test('--send-missed sends what came due, for who knows that nothing was sent', async () => {
    await loseEverything();
    const report = await runJson('restore', backup, '--send-missed', '--at', '2026-06-22T12:00:00Z');
    expect(report.settled).toBeNull();
    await tell('2026-06-22T11:00:00Z', 'Paper of the second day');
    await round('2026-06-22T12:01:00Z');
    expect(shown()).toContainEqual({ date: '2026-06-22', title: 'Paper of the second day' });
  });

  test('a backup without its key is not restored by mistake', async () => {
    await loseEverything();
    rmSync(`${backup}.key`);
    const refused = await terminal.run('restore', backup, '--at', '2026-06-22T12:00:00Z');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('was made with another secret key');
    expect(existsSync(db)).toBe(false);
    await run('restore', backup, '--other-key', '--at', '2026-06-22T12:00:00Z');
  });
});

test('what was waiting or on its way when the backup was made is uncertain after restoring it', async () => {
  await tell('2026-06-22T01:00:00Z', 'Paper of the second day');
  await run('plan', '--at', '2026-06-22T08:00:30Z');
  await run('backup', backup, '--at', '2026-06-22T08:00:40Z');
  await run('send', '--at', '2026-06-22T08:01:00Z');
  const lines = (await run('restore', backup, '--at', '2026-06-22T09:00:00Z')).stdout;
  expect(lines).toContain('1 delivery may have been sent since: uncertain now');
  expect(lines).toContain(`kept as ${db}.before-restore-20260622T090000Z`);
  await round('2026-06-22T09:01:00Z');
  expect(editions().at(-1)).toMatchObject({ date: '2026-06-22', status: 'uncertain', reason: 'restored' });
  expect(shown().at(-1)).toEqual({ date: '2026-06-22', title: 'Paper of the second day' });
});

test('who unsubscribed after the backup is not mailed after restoring it', async () => {
  await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
  await run(
    'subscribers',
    'edit',
    'daily@example.org',
    '--status',
    'unsubscribed',
    '--at',
    '2026-06-21T21:00:00Z',
  );
  const report = await runJson('restore', backup, '--at', '2026-06-22T06:00:00Z');
  expect(report.carried).toEqual({ left: 1, moved: 0, suppressions: 0, erased: [] });
  await tell('2026-06-22T07:00:00Z', 'Paper of the second day');
  await round('2026-06-22T08:00:30Z');
  expect(editions()).toHaveLength(1);
});

test('what is mailed after a restore has no id of what was mailed before it', async () => {
  await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
  const add = (email: string, at: string) =>
    run('subscribers', 'add', email, '--topic', 'everything', '--time', '23:00', '--at', at);
  await add('lost@example.org', '2026-06-21T20:10:00Z');
  await round('2026-06-21T23:01:00Z');
  const ids = () =>
    query(`SELECT s.id AS subscriber, d.id AS delivery FROM deliveries AS d
      JOIN subscribers AS s ON s.id = d.subscriber_id WHERE s.email NOT LIKE '%ly@%'`) as Record<
      string,
      number
    >[];
  const [lost] = ids();
  await run('restore', backup, '--send-missed', '--at', '2026-06-21T23:10:00Z');
  await add('new@example.org', '2026-06-22T20:10:00Z');
  await add('newer@example.org', '2026-06-22T20:10:00Z');
  await round('2026-06-22T23:01:00Z');
  const after = ids();
  expect(after).toHaveLength(2);
  expect(new Set(after.map(({ subscriber }) => subscriber)).size).toBe(2);
  for (const one of after) {
    expect(one.subscriber).toBeGreaterThan(lost?.subscriber ?? Number.NaN);
    expect(one.delivery).toBeGreaterThan(lost?.delivery ?? Number.NaN);
  }
});

test('who joined and left after the backup is not brought back by an old list after restoring it', async () => {
  await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
  const email = 'briefly@example.org';
  await run('subscribers', 'add', email, '--topic', 'everything', '--at', '2026-06-21T20:10:00Z');
  await run('subscribers', 'edit', email, '--status', 'unsubscribed', '--at', '2026-06-21T21:00:00Z');
  const report = await runJson('restore', backup, '--at', '2026-06-22T06:00:00Z');
  expect(report.carried).toMatchObject({ left: 1 });
  const list = join(terminal.folder, 'old.csv');
  writeFileSync(list, `email,topics\n${email},everything\n`);
  expect(await runJson('subscribers', 'import', list)).toMatchObject({ added: 0, left_alone: 1 });
  await run('subscribers', 'edit', email, '--status', 'active', '--at', '2026-06-22T07:00:00Z');
  expect(await runJson('subscribers', 'show', email)).toMatchObject({ topics: ['everything'] });
});

test('who moved to another address after the backup is not mailed at the old one after restoring it', async () => {
  await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
  const move = (from: string, to: string) =>
    run('subscribers', 'edit', from, '--email', to, '--at', '2026-06-21T21:00:00Z');
  await move('weekly@example.org', 'elsewhere@example.org');
  await move('daily@example.org', 'weekly@example.org');
  await run('restore', backup, '--at', '2026-06-22T06:00:00Z');
  expect(query('SELECT id, email, status FROM subscribers ORDER BY id')).toEqual([
    { id: 1, email: 'weekly@example.org', status: 'active' },
    { id: 2, email: 'elsewhere@example.org', status: 'active' },
  ]);
});

test('of who was erased after the backup nothing is known after restoring it', async () => {
  query("UPDATE deliveries SET detail = '250 daily@example.org accepted' RETURNING id");
  await run('backup', backup, '--at', '2026-06-21T20:00:00Z');
  await run('subscribers', 'remove', 'daily@example.org', '--at', '2026-06-21T21:00:00Z');
  const report = await runJson('restore', backup, '--at', '2026-06-22T06:00:00Z');
  expect(report.carried).toMatchObject({ left: 1, suppressions: 1, erased: [1] });
  const left = query('SELECT email, status FROM subscribers WHERE id = 1');
  expect(left).toEqual([{ email: 'erased-1@erased.invalid', status: 'erased' }]);
  expect(query('SELECT detail FROM deliveries WHERE detail IS NOT NULL')).toEqual([]);
});

test('backup, restore and housekeeping say in words what they did', async () => {
  const made = await run('backup', backup);
  expect(made.stdout).toContain(`${backup} holds the database as it is now`);
  expect(made.stdout).toContain('keep both');
  const again = await terminal.run('backup', backup);
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toBe(`${backup} is there already; name another file, or replace it with --force.\n`);
  expect((await terminal.run('restore', join(terminal.folder, 'none.db'))).stderr).toContain(
    'There is no file',
  );
  expect((await run('housekeeping')).stdout).toContain('Nothing was forgotten: this is the first time');
  expect((await run('housekeeping', '--vacuum')).stdout).toMatch(/^Forgotten: 0 deliveries, 0 signals/);
  const cut = `${backup}.cut`;
  renameSync(backup, cut);
  writeFileSync(cut, readFileSync(cut).subarray(0, 30_000));
  const damaged = await terminal.run('restore', cut);
  expect(damaged.stderr).toContain(`${cut} is damaged`);
  expect(damaged.stderr.trim().split('\n')).toHaveLength(1);
});
