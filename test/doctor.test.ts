import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '../src/clock.ts';
import { loadConfig } from '../src/config.ts';
import { type DoctorResult, formatDoctor, runDoctor } from '../src/doctor.ts';
import type { Reply, Transport } from '../src/mail/transport.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { addSomebody, monday, openTestStore } from './subscribers/people.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paperboy-doctor-'));
  store = await openTestStore(join(folder, 'data/paperboy.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const good = {
  SMTP_URL: 'smtps://me:hunter2@mail.paperboy.dev',
  MAIL_FROM: 'papers@paperboy.dev',
  PUBLIC_URL: 'https://paperboy.dev',
  CONTACT: 'ops@paperboy.dev',
  SOURCES: 'none',
};

function transport(reply: Reply | null): Transport {
  return {
    description: 'smtps://mail.paperboy.dev:465',
    concurrency: 1,
    verify: async () => reply,
    reserve: () => Promise.reject(new Error('a doctor sends nothing')),
    send: () => Promise.reject(new Error('a doctor sends nothing')),
    close: async () => {},
  };
}

function examine(
  env: NodeJS.ProcessEnv = good,
  reply: Reply | null = null,
  at = monday,
  freeBytes = () => 5e9,
): Promise<DoctorResult> {
  const config = loadConfig({ DATABASE_URL: 'sqlite:data/paperboy.db', ...env }, folder);
  return runDoctor({
    config,
    store,
    clock: fixedClock(at),
    transport: async () => transport(reply),
    freeBytes,
  });
}

const statusOf = (result: DoctorResult, name: string) =>
  result.checks.filter((check) => check.name === name).map(({ status }) => status);
const paper = `INSERT INTO papers (key, title, authors, categories, keywords, first_seen_at, last_seen_at)
  VALUES ('arxiv:1', 't', '[]', '[]', '[]', 0, 0)`;

test('an installation in good order has nothing to tell', async () => {
  store.raw.exec(paper);
  await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
  const result = await examine();
  expect(result.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  const text = formatDoctor(result);
  expect(text).toContain('SMTP_URL');
  expect(text).not.toContain('hunter2');
  expect(JSON.stringify(result)).not.toContain('hunter2');
});

test('a fresh installation without settings warns and fails at nothing', async () => {
  const result = await examine({});
  expect(result.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  for (const name of ['mail', 'sender', 'public address', 'contact', 'source arxiv', 'subscribers'])
    expect([name, ...statusOf(result, name)]).toEqual([name, 'warn']);
  for (const check of result.checks) expect(check.status === 'ok').toBe(check.fix === undefined);
});

test('the trial of writing reaches the disk, is taken back, and leaves the connection as it was', async () => {
  const tables = () => store.raw.prepare('SELECT name, rootpage FROM sqlite_master').all();
  const before = { tables: tables(), cache: store.raw.pragma('cache_size') };
  store.raw.pragma('wal_checkpoint(TRUNCATE)');
  await examine();
  expect(statSync(join(folder, 'data/paperboy.db-wal')).size).toBeGreaterThan(100_000);
  expect({ tables: tables(), cache: store.raw.pragma('cache_size') }).toEqual(before);
  expect(store.raw.inTransaction).toBe(false);
});

describe('tells of', () => {
  test('a refused login, with what the server said', async () => {
    const result = await examine(good, {
      phase: 'auth',
      code: 535,
      enhanced: '5.7.8',
      text: 'Bad credentials',
    });
    expect(statusOf(result, 'mail')).toEqual(['fail']);
    expect(formatDoctor(result)).toContain('535 Bad credentials (at auth)');
  });

  test('a transport that cannot be opened', async () => {
    const config = loadConfig(good, folder);
    const open = () => Promise.reject(new Error('no such module'));
    const result = await runDoctor({ config, store, clock: fixedClock(monday), transport: open });
    expect(statusOf(result, 'mail')).toEqual(['fail']);
  });

  test('files that others can read', async () => {
    await examine();
    chmodSync(join(folder, 'data/secret.key'), 0o644);
    chmodSync(join(folder, 'data/paperboy.db'), 0o640);
    const result = await examine();
    expect([...statusOf(result, 'secret key'), ...statusOf(result, 'database file')]).toEqual([
      'warn',
      'warn',
    ]);
  });

  test('a setting that is misspelt', async () => {
    expect(statusOf(await examine({ ...good, SMTP_URI: 'x' }), 'settings')).toEqual(['warn']);
  });

  test('a public address without https', async () => {
    expect(statusOf(await examine({ ...good, PUBLIC_URL: 'http://paperboy.dev' }), 'public address')).toEqual(
      ['warn'],
    );
  });

  test('unsubscribing by link alone, until mail to the return path is read here', async () => {
    const told = (await examine()).checks.find(({ name }) => name === 'unsubscribing');
    expect(told?.message).toMatch(/BOUNCE_ADDRESS.*BOUNCE_IMAP_URL/);
    const read = await examine({ ...good, BOUNCE_ADDRESS: 'bounce@paperboy.dev' });
    expect(statusOf(read, 'unsubscribing')).toEqual([]);
    expect(statusOf(await examine({}), 'unsubscribing')).toEqual([]);
  });

  test('a clock that is behind what was planned', async () => {
    store.raw.exec(`INSERT INTO plan_runs (at, started_at) VALUES (${monday}, ${monday})`);
    expect(statusOf(await examine(), 'clock')).toEqual(['ok']);
    expect(statusOf(await examine(good, null, monday - 86_400_000), 'clock')).toEqual(['warn']);
  });

  test('time zones that this Node does not know', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    store.raw.exec(`UPDATE subscribers SET timezone = 'Mars/Olympus' WHERE id = ${id}`);
    expect(statusOf(await examine(), 'time zones')).toEqual(['fail']);
  });

  test('subscribers without topics, and digests that nobody plans', async () => {
    await addSomebody(store, { email: 'a@example.org' });
    const result = await examine(good, null, monday + 86_400_000);
    expect([...statusOf(result, 'subscribers'), ...statusOf(result, 'schedule')]).toEqual(['warn', 'warn']);
  });

  test('uncertain deliveries', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    store.raw.exec(`INSERT INTO plan_runs (at, started_at) VALUES (0, 0);
      INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (${id}, 1, '2026-06-21', 'uncertain', 'lost', 'm', 0, 0, 0, 0)`);
    expect(statusOf(await examine(), 'deliveries')).toEqual(['warn']);
  });

  test('a source that fails', async () => {
    store.raw.exec(`INSERT INTO source_states (source, category, state, checked_at, first_checked_at, detail)
      VALUES ('arxiv', '', 'failing', ${monday}, ${monday}, 'no route to host')`);
    const result = await examine({ ...good, SOURCES: 'arxiv,huggingface' });
    expect(statusOf(result, 'source arxiv')).toEqual(['fail']);
    expect(statusOf(result, 'source huggingface')).toEqual(['warn']);
  });

  test('a database that cannot be written', async () => {
    store.raw.pragma('query_only = ON');
    const { checks } = await examine();
    expect(checks.find(({ name }) => name === 'database')).toMatchObject({ status: 'fail' });
  });

  test('a database that has no room, though it has the lock', async () => {
    store.raw.pragma(`max_page_count = ${store.raw.pragma('page_count', { simple: true })}`);
    const { checks } = await examine();
    const found = checks.find(({ name }) => name === 'database');
    expect(found).toMatchObject({ status: 'fail', message: expect.stringContaining('the disk is full') });
    expect(found?.fix).toContain('Make room');
  });

  test('a disk that is nearly full', async () => {
    expect(statusOf(await examine(good, null, monday, () => 99e6), 'disk space')).toEqual(['warn']);
    const unknown = () => {
      throw new Error('no such call');
    };
    expect(statusOf(await examine(good, null, monday, unknown), 'disk space')).toEqual(['warn']);
  });

  test('a damaged database, without stumbling over it', async () => {
    for (let n = 0; n < 500; n++) await addSomebody(store, { email: `somebody${n}@example.org` });
    store.raw.pragma('wal_checkpoint(TRUNCATE)');
    await store.close();
    const file = join(folder, 'data/paperboy.db');
    const bytes = readFileSync(file);
    bytes.fill(0x5a, bytes.indexOf('somebody100@') - 2_000, bytes.indexOf('somebody100@') + 2_000);
    writeFileSync(file, bytes);
    store = openStore(file);
    const result = await examine();
    expect(statusOf(result, 'database')).toEqual(['fail']);
    expect(result.checks.some(({ name }) => name === 'topics')).toBe(false);
  });
});
