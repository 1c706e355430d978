import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;
beforeEach(() => {
  terminal = openTerminal({ PUBLIC_URL: 'https://papers.example.org/mail' });
});
afterEach(() => terminal.remove());

async function answer(...args: string[]) {
  const { code, stdout, stderr } = await terminal.run(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

test('an admin is added with a link that is printed once, listed, given another link and removed', async () => {
  const { code, stdout } = await terminal.run('admins', 'add', 'Ada@example.org', '--name', 'Ada', ...at);
  expect(code).toBe(0);
  expect(stdout).toMatch(/works once, until 2026-06-23 08:00Z/);
  expect(stdout).toMatch(/ {2}https:\/\/papers\.example\.org\/mail\/admin\/join\/[\w-]{43}\n/);
  expect(await answer('admins', 'list')).toMatchObject([
    { email: 'Ada@example.org', name: 'Ada', password: false, passkeys: 0, lastUsedAt: null },
  ]);
  const again = await terminal.run('admins', 'add', 'ada@example.org');
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/already.*admins link/) });
  expect((await answer('admins', 'link', 'ada@example.org')).link).not.toBe(stdout.match(/https\S+/)?.[0]);
  await answer('admins', 'remove', 'ada@example.org');
  expect(await answer('admins', 'list')).toEqual([]);
  expect((await terminal.run('admins', 'link', 'ada@example.org')).code).toBe(1);
  expect((await answer('audit', 'list', '--about', 'admin')).map((one: { act: string }) => one.act)).toEqual([
    'remove',
    'link',
    'link',
    'add',
  ]);
});

test('a token is printed once, listed without its secret, and revoked', async () => {
  const added = await answer(
    'tokens',
    'add',
    'dashboard',
    '--scope',
    'read',
    '--scope',
    'topics',
    '--days',
    '30',
    ...at,
  );
  expect(added).toMatchObject({ scopes: ['read', 'topics'], expiresAt: '2026-07-22T08:00:00.000Z' });
  const listed = await terminal.run('tokens', 'list', ...at);
  expect(listed.stdout).toContain('dashboard');
  expect(listed.stdout).not.toContain(added.token);
  expect(await answer('tokens', 'revoke', String(added.id))).toMatchObject({ revokedAt: expect.any(String) });
  expect((await terminal.run('tokens', 'list')).stdout).toContain('revoked');
  expect((await terminal.run('tokens', 'revoke', '99')).code).toBe(1);
  expect((await terminal.run('tokens', 'add', 'x', '--scope', 'all')).code).toBe(1);
});

test('the log reads as a table: who did what, and what it was before', async () => {
  await terminal.run('topics', 'edit', 'everything', '--name', 'All of it', ...at);
  const { stdout } = await terminal.run('audit', 'list', '--by', 'cli');
  expect(stdout).toMatch(/2026-06-22 08:00Z {2}cli {2}edit {2}topic everything {2}name .* → All of it/);
});
