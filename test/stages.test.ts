import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from '../src/store/store.ts';
import { openTerminal } from './cli/terminal.ts';

const terminal = openTerminal();
const at = ['--at', '2026-06-22T08:00:00Z'];
let store: Store;

beforeAll(async () => {
  const sample = join(import.meta.dirname, '../data/sample/2026-06-22.jsonl');
  const early = ['--at', '2026-06-22T06:00:00Z'];
  await terminal.run('ingest', '--file', sample, ...early);
  await terminal.run('subscribers', 'add', 'ana@example.org', '--topic', 'everything', ...early);
  await terminal.run('plan', ...at);
  await terminal.run('send', ...at);
  store = openStore(join(terminal.folder, 'paperboy.db'));
}, 60_000);
afterAll(async () => {
  await store.close();
  terminal.remove();
});

const linesOf = (kind: string) =>
  store.raw
    .prepare('SELECT run_id, message FROM run_logs WHERE kind = ? ORDER BY run_id, line')
    .all(kind) as { run_id: number; message: string }[];

test('each run of the day keeps what it said, whatever LOG_LEVEL is', () => {
  expect(linesOf('ingest').map((one) => one.message)).toEqual(['source is asked', 'ingested']);
  expect(linesOf('plan').map((one) => one.message)).toEqual(['plan begins', 'candidates loaded', 'planned']);
  expect(linesOf('send').map((one) => one.message)).toEqual(['send begins', 'sent']);
});

test('the runs are listed with what they came to, and shown with their lines', async () => {
  const listed = JSON.parse((await terminal.run('runs', 'list', '--json')).stdout);
  expect(listed).toMatchObject([
    { kind: 'send', id: 1, state: 'ended', ready: 1, sent: 1, stopped: null },
    { kind: 'plan', id: 1, state: 'ended', due: 1, planned: 1, at: '2026-06-22T08:00:00.000Z' },
    { kind: 'ingest', id: 1, state: 'ended', source: 'file', status: 'ok' },
  ]);
  const { stdout } = await terminal.run('runs', 'show', 'send', '1');
  expect(stdout).toMatch(
    /^The send run 1, 2026-06-22 08:00Z, took .*: 1 sent\n\n08:00:00 {2}info {3}send begins/,
  );
  expect(await terminal.run('runs', 'show', 'plan', '9')).toMatchObject({
    code: 1,
    stderr: 'There is no plan run 9.\n',
  });
});

test('and how long it took', () => {
  for (const table of ['ingest_runs', 'plan_runs', 'send_runs'])
    expect(
      store.raw.prepare(`SELECT min(took_ms) FROM ${table}`).pluck().get(),
      table,
    ).toBeGreaterThanOrEqual(0);
});
