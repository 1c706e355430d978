import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal();
const early = ['--at', '2026-06-22T06:00:00Z'];
const until = ['--dry-run', '--at', '2026-06-22T08:00:00Z'];

beforeAll(async () => {
  const sample = join(import.meta.dirname, '../../data/sample/2026-06-22.jsonl');
  await terminal.run('ingest', '--file', sample, ...early);
  await terminal.run('subscribers', 'add', 'ana@example.org', '--topic', 'everything', ...early);
}, 60_000);
afterAll(() => terminal.remove());

test('a plan can be tried: who would get what, and nothing is planned', async () => {
  const document = JSON.parse((await terminal.run('plan', ...until, '--json')).stdout);
  expect(document).toMatchObject({
    ...{ until: '2026-06-22T08:00:00.000Z', due: 1, digests: 1, skipped: {} },
    first: [{ email: 'ana@example.org', editionDate: '2026-06-22', skipped: null }],
  });
  expect(document.first[0].papers.length).toBe(document.papers);
  const { stdout } = await terminal.run('plan', ...until);
  expect(stdout).toContain('1 subscriber due, 1 digest with');
  expect(stdout).toContain('Nothing was planned.');
  expect((await terminal.run('deliveries', 'list')).stdout).toContain('No deliveries yet.');
});
