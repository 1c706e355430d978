import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

let terminal: ReturnType<typeof openTerminal>;
afterEach(() => terminal.remove());

/** A reader whose digest of 08:00 was planned, and a mail server that is not there. */
async function openWaiting(settings: Record<string, string> = {}) {
  terminal = openTerminal({ SOURCES: 'none', SMTP_URL: 'smtp://127.0.0.1:1', ...settings });
  const file = join(terminal.folder, 'papers.jsonl');
  writeFileSync(file, '{"title": "A paper of today", "abstract": "It says what it found."}\n');
  const morning = ['--at', '2026-06-22T06:00:00Z'];
  await terminal.run('ingest', '--file', file, ...morning);
  await terminal.run('subscribers', 'add', 'ana@example.org', '--topic', 'everything', ...morning);
  await terminal.run('plan', '--at', '2026-06-22T08:00:00Z');
}

const run = ['run', '--no-ingest', '--at', '2026-06-22T11:00:00Z'];

test('a run by hand or by cron keeps what is wrong; alerts and doctor show it', async () => {
  await openWaiting();
  const ended = await terminal.run(...run);
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).not.toContain('{');
  const listed = await terminal.run('alerts', 'list', '--json');
  expect((JSON.parse(listed.stdout) as { cause: string }[]).map(({ cause }) => cause)).toEqual([
    'digests_waiting',
    'sending_stopped:unreachable',
  ]);
  const shown = await terminal.run('alerts', 'list');
  expect(shown.stdout).toContain('Digests are waiting since 2026-06-22 08:00 UTC');
  expect(shown.stdout).toContain('paperboy deliveries show 1');
  expect((await terminal.run('doctor')).stdout).toMatch(/warn +alert digests_waiting +Digests are waiting/);
});

test('the log of a command goes to stderr when LOG_LEVEL is set, and stdout stays one document', async () => {
  await openWaiting({ LOG_LEVEL: 'info', ADMIN_EMAIL: 'admin@example.org' });
  const { stdout, stderr } = await terminal.run(...run, '--json');
  expect(JSON.parse(stdout)).toHaveProperty('send.stopped.cause', 'unreachable');
  const lines = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'plan begins', stage: 'plan' }));
  expect(lines).toContainEqual(
    expect.objectContaining({ run: 1, delivery: 1, reason: 'unreachable', phase: 'connect' }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'sending stopped', durationMs: expect.any(Number) }),
  );
  expect(lines.filter(({ msg }) => msg.startsWith('the admin could not be mailed'))).toHaveLength(1);
  expect(stderr).not.toContain('@');
});

test('nothing wrong is said so', async () => {
  terminal = openTerminal({ SOURCES: 'none' });
  expect((await terminal.run('alerts', 'list')).stdout).toBe('Nothing is wrong that is known of.\n');
  expect((await terminal.run('doctor')).stdout).toMatch(/ok +alerts +none stands/);
});
