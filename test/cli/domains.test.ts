import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const now = Date.parse('2026-06-22T08:00:00Z');
const at = ['--at', '2026-06-22T08:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;

beforeAll(async () => {
  terminal = openTerminal();
  await terminal.run('subscribers', 'add', 'one@big.example', '--at', '2026-06-21T08:00:00Z');
  const raw = new BetterSqlite3(`${terminal.folder}/paperboy.db`);
  raw.exec(`
    INSERT INTO plan_runs (id, at, started_at) VALUES (1, 0, 0);
    INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, next_attempt_at, expires_at)
    VALUES (1, 1, 1, '2026-06-22', 'pending', 'slow_domain', '<1@test>', 0, 0, ${now + 240_000}, ${now + 3_600_000}),
           (2, 1, 1, '2026-06-21', 'pending', NULL, '<2@test>', 0, 0, ${now}, ${now + 3_600_000});
    UPDATE deliveries SET status = 'uncertain', reason = 'no_reply', ended_at = 1, next_attempt_at = NULL WHERE id = 2;
    INSERT INTO slow_domains VALUES ('big.example', 2, ${now + 240_000}, 3, 'rcpt: 421 too fast', ${now});`);
  raw.close();
});
afterAll(() => terminal.remove());

test('a slow domain is listed, told by the doctor and let go', async () => {
  const listed = await terminal.run('domains', 'list', '--json', ...at);
  expect(JSON.parse(listed.stdout)).toEqual([
    {
      ...{ domain: 'big.example', connections: 2, setbacks: 3, reply: 'rcpt: 421 too fast', waiting: 1 },
      ...{ pausedUntil: '2026-06-22T08:04:00.000Z', updatedAt: '2026-06-22T08:00:00.000Z' },
    },
  ]);
  expect((await terminal.run('domains', 'list', ...at)).stdout).toContain('2026-06-22 08:04Z');
  expect((await terminal.run('doctor', ...at)).stdout).toMatch(/warn +domains +1 asked us .*421 too fast/);
  const released = await terminal.run('domains', 'release', 'Big.Example', ...at);
  expect(released.stdout).toBe('big.example is as any other again; 1 delivery for it can go.\n');
  expect((await terminal.run('domains', 'list', ...at)).stdout).toBe('No domain is slow.\n');
  expect((await terminal.run('domains', 'release', 'big.example', ...at)).code).toBe(1);
});

test('uncertain deliveries are listed with what to search a log for and how to resolve them', async () => {
  const { stdout } = await terminal.run('deliveries', 'list', '--status', 'uncertain');
  expect(stdout).toContain('<2@test>');
  expect(stdout).toContain('paperboy deliveries resolve ID sent');
});
