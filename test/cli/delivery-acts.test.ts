import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from '../../src/store/store.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal();
const early = ['--at', '2026-06-22T06:00:00Z'];
const at = ['--at', '2026-06-22T08:00:00Z'];
let store: Store;

beforeAll(async () => {
  const sample = join(import.meta.dirname, '../../data/sample/2026-06-22.jsonl');
  await terminal.run('ingest', '--file', sample, ...early);
  for (const name of ['ana', 'ben', 'eva'])
    await terminal.run('subscribers', 'add', `${name}@example.org`, '--topic', 'everything', ...early);
  await terminal.run('plan', ...at);
  store = openStore(join(terminal.folder, 'paperboy.db'));
}, 60_000);
afterAll(async () => {
  await store.close();
  terminal.remove();
});

const end = (id: number, status: string, reason: string) =>
  store.raw.exec(
    `UPDATE deliveries SET status = '${status}', reason = '${reason}', ended_at = 1, next_attempt_at = NULL WHERE id = ${id};
     UPDATE delivery_papers SET released_at = ${status === 'failed' ? 1 : 'NULL'} WHERE delivery_id = ${id}`,
  );
const answer = async (...args: string[]) =>
  JSON.parse((await terminal.run(...args, '--json')).stdout) as Record<string, unknown>;

test('deliveries are found by reason and by topic', async () => {
  end(2, 'failed', 'policy_refused');
  const list = async (...options: string[]) =>
    ((await answer('deliveries', 'list', ...options)) as unknown as { id: number }[]).map(({ id }) => id);
  expect(await list('--reason', 'policy_refused')).toEqual([2]);
  expect(await list('--topic', 'everything')).toEqual([3, 2, 1]);
  expect(await list('--topic', 'agents')).toEqual([]);
  const unknown = await terminal.run('deliveries', 'list', '--topic', 'nonesuch');
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('no topic “nonesuch”') });
});

test('a failed one is tried again, once', async () => {
  end(2, 'failed', 'policy_refused');
  expect(await answer('deliveries', 'retry', '2', ...at)).toMatchObject({ id: 2, status: 'pending' });
  const again = await terminal.run('deliveries', 'retry', '2', ...at);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is pending') });
});

test('an act on all that fit says first how many they are, and is done with --yes', async () => {
  end(1, 'uncertain', 'no_reply');
  end(3, 'uncertain', 'crashed');
  const resolve = ['deliveries', 'resolve', 'all', 'sent', '--reason', 'crashed'];
  expect(await answer(...resolve)).toEqual({ count: 1, done: 0, refused: 0, refusals: [] });
  expect((await terminal.run(...resolve)).stdout).toBe(
    '1 uncertain delivery. Nothing was changed; --yes does it.\n',
  );
  expect((await terminal.run(...resolve, '--yes')).stdout).toBe('1 uncertain delivery: 1 now sent.\n');
  expect(store.raw.prepare('SELECT status FROM deliveries ORDER BY id').pluck().all()).toEqual([
    'uncertain',
    'pending',
    'sent',
  ]);
});

test('what cannot be done is said and ends with 1, a wrong id with 2', async () => {
  expect(await terminal.run('deliveries', 'release', '2')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is pending'),
  });
  expect(await terminal.run('deliveries', 'resolve', 'some', 'sent')).toMatchObject({ code: 2 });
});
