import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.remove());

async function answer(...args: string[]) {
  const { code, stdout, stderr } = await terminal.run(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}
const keep = (name: string, text: string) => {
  const file = join(terminal.folder, name);
  writeFileSync(file, text);
  return file;
};

describe('suppressions', () => {
  test('an address that was added is not mailed until it is removed with a note, and the history stays', async () => {
    await terminal.run(
      'subscribers',
      'add',
      'a@example.org',
      '--topic',
      'everything',
      '--at',
      '2026-06-21T09:00:00Z',
    );
    await terminal.run('suppressions', 'add', 'A@example.org', '--note', 'asked by phone', ...at);
    expect(await answer('plan', ...at)).toMatchObject({ due: 1, planned: 0, skipped: { suppressed: 1 } });
    expect(await answer('suppressions', 'list')).toMatchObject([
      { email: 'a@example.org', reason: 'manual', note: 'asked by phone', liftedAt: null },
    ]);
    const edited = await terminal.run('subscribers', 'edit', 'a@example.org', '--time', '09:00', ...at);
    expect(edited.stdout).toContain('Nothing is mailed: suppressed, manual since 2026-06-22.');
    expect((await terminal.run('suppressions', 'remove', 'a@example.org', ...at)).code).toBe(2);
    await answer('suppressions', 'remove', 'a@example.org', '--note', 'changed their mind', ...at);
    expect(await answer('suppressions', 'list')).toEqual([]);
    expect(await answer('suppressions', 'list', '--email', 'a@example.org')).toMatchObject([
      { liftedNote: 'changed their mind', liftedAt: '2026-06-22T08:00:00.000Z' },
    ]);
    expect((await terminal.run('suppressions', 'remove', 'a@example.org', '--note', 'again')).code).toBe(1);
  });

  test('an address that cannot be added is told with the command that leads on', async () => {
    const add = async (email: string) => (await terminal.run('subscribers', 'add', email, ...at)).stderr;
    await add('a@example.org');
    expect(await add('a@example.org')).toBe(
      'a@example.org is there already. To change it: subscribers edit a@example.org\n',
    );
    for (const [status, words] of [
      ['paused', 'is there and paused. To resume: '],
      ['unsubscribed', 'has unsubscribed. If they asked to come back: '],
    ] as const) {
      await terminal.run('subscribers', 'edit', 'a@example.org', '--status', status, ...at);
      expect(await add('a@example.org')).toBe(
        `a@example.org ${words}subscribers edit a@example.org --status active\n`,
      );
    }
    await terminal.run('suppressions', 'add', 'b@example.org', ...at);
    expect(await add('b@example.org')).toBe(
      'b@example.org must not be mailed (manual since 2026-06-22). If that is over: suppressions remove b@example.org --note WHY\n',
    );
  });

  test('a test mail goes to nobody who is suppressed or has left, though their digest is there', async () => {
    const early = ['--at', '2026-06-22T06:00:00Z'];
    const papers = keep(
      'papers.json',
      JSON.stringify([{ id: '2606.01234', title: 'Towels', abstract: 'We fold.' }]),
    );
    await terminal.run('ingest', '--file', papers, ...early);
    const emails = ['a@example.org', 'b@example.org', 'c@example.org'];
    for (const email of emails)
      await terminal.run('subscribers', 'add', email, '--topic', 'everything', ...early);
    expect(await answer('plan', ...at)).toMatchObject({ planned: 3 });
    await answer('suppressions', 'add', 'a@example.org', ...at);
    await answer('subscribers', 'edit', 'b@example.org', '--status', 'unsubscribed', ...at);
    const said = [];
    for (const email of emails) said.push(await terminal.run('send-test', email, ...at));
    expect(said).toMatchObject([
      { code: 1, stderr: 'a@example.org must not be mailed (manual since 2026-06-22).\n' },
      { code: 1, stderr: 'b@example.org is unsubscribed and gets no mail.\n' },
      { code: 0 },
    ]);
  });

  test('a list is read twice without harm; lines that cannot be used are told with their numbers', async () => {
    const file = keep(
      'list.csv',
      'Email,Reason,Note\na@example.org,complaint,\nnobody,,\n"b@example.org",gone away,since May\n',
    );
    const first = await terminal.run('suppressions', 'import', file, '--json', ...at);
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({
      lines: 3,
      added: 2,
      unchanged: 0,
      invalid: [{ line: 3 }],
    });
    const second = JSON.parse((await terminal.run('suppressions', 'import', file, '--json', ...at)).stdout);
    expect(second).toMatchObject({ added: 0, unchanged: 2 });
    expect(await answer('suppressions', 'list')).toMatchObject([
      { reason: 'complaint', note: null },
      { reason: 'imported', note: 'gone away: since May' },
    ]);
  });

  test('what is exported is read back by an installation with the same key', async () => {
    await terminal.run(
      'suppressions',
      'import',
      keep('list.csv', 'email,note\na@example.org,=1+1\nb@example.org,\n'),
      ...at,
    );
    const { csv } = await answer('suppressions', 'export');
    expect(csv).not.toContain('example.org');
    expect(csv).toContain("'=1+1");
    const other = openTerminal();
    const file = join(other.folder, 'from.csv');
    writeFileSync(file, csv);
    await other.run('suppressions', 'import', file);
    const added = await other.run('subscribers', 'add', 'b@example.org', '--json');
    expect(added.code).toBe(1);
    expect((await other.run('suppressions', 'export')).stdout).toBe(csv);
    other.remove();
  });

  test('an address in another encoding is told and not taken for another one', async () => {
    const file = keep('list.csv', '');
    writeFileSync(file, Buffer.from('email\njos\xe9@example.org\n', 'latin1'));
    const { code, stdout, stderr } = await terminal.run('suppressions', 'import', file, '--json');
    expect(code).toBe(1);
    expect(stderr).toContain('line 2: The address is not UTF-8');
    expect(JSON.parse(stdout)).toMatchObject({ added: 0, invalid: [{ line: 2 }] });
  });

  test.each([
    ['a list without addresses', 'name\nx\n', /must name the columns/],
    ['a list with semicolons', 'email;reason\nx@example.org;y\n', /with commas between them.*"email;reason"/],
    ['an empty list', '', /is empty/],
    ['an open quote', 'email\n"a@example.org\n', /cannot be read/],
  ])('%s is one clear error', async (_name, text, message) => {
    const { code, stderr } = await terminal.run('suppressions', 'import', keep('list.csv', text));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('a file that is not there is one clear error', async () => {
    const { code, stderr } = await terminal.run('suppressions', 'import', 'nowhere.csv');
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('the secret key', () => {
  test('is not exchanged while addresses are suppressed by it, until an admin says so', async () => {
    expect((await terminal.run('topics', 'list')).code).toBe(0);
    await terminal.run('suppressions', 'add', 'a@example.org');
    const other = openTerminal({
      DATABASE_URL: `sqlite:${join(terminal.folder, 'paperboy.db')}`,
      SECRET_KEY: 'another key of thirty-two letters',
    });
    const { code, stderr } = await other.run('run', '--no-ingest');
    expect(code).toBe(1);
    expect(stderr).toMatch(/SECRET_KEY.*Put the old key back.*paperboy rekey/);
    expect((await terminal.run('suppressions', 'list')).code).toBe(0);
    expect((await other.run('rekey')).stdout).toMatch(/1 suppression may/);
    expect((await other.run('suppressions', 'list')).code).toBe(0);
    other.remove();
  });
});

test('what stands against an address is told by show, explain and the account of its digest', async () => {
  await terminal.run(
    'subscribers',
    'add',
    'a@example.org',
    '--topic',
    'everything',
    '--at',
    '2026-06-21T09:00:00Z',
  );
  await terminal.run('suppressions', 'add', 'a@example.org', '--note', 'they asked', ...at);
  expect(await answer('subscribers', 'show', 'a@example.org')).toMatchObject({
    suppressed: { reason: 'manual' },
  });
  expect((await terminal.run('subscribers', 'show', 'a@example.org')).stdout).toMatch(
    /Nothing is mailed: suppressed/,
  );
  expect(await answer('explain', 'a@example.org', ...at)).toMatchObject({
    suppressed: { reason: 'manual' },
    noDigest: expect.stringMatching(/^suppressed: manual.*they asked/),
  });
  await terminal.run('plan', ...at);
  expect(await answer('explain', 'a@example.org', '--date', '2026-06-22', ...at)).toMatchObject({
    outcome: 'skipped',
    reason: 'suppressed',
    dueAt: '2026-06-22T08:00:00.000Z',
    sentence: 'There was no mail. Their address must not be mailed.',
  });
  expect((await terminal.run('explain', 'a@example.org', '--date', '2026-06-20')).stdout).toMatch(
    /^a@example\.org, 2026-06-20: no digest \(joined_later\)\nThey joined later, at 2026-06-21 09:00/,
  );
});
