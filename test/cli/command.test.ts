import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import BetterSqlite3 from 'better-sqlite3';
import { Command } from 'commander';
import { afterEach, describe, expect, test } from 'vitest';
import { define, type Invocation, tellError } from '../../src/cli/command.ts';
import { createOutput } from '../../src/cli/output.ts';
import { addTopic } from '../../src/store/topics.ts';
import { temporaryFolder } from '../support/store.ts';

afterEach(() => {
  process.exitCode = undefined;
});

function capture() {
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(piece, _encoding, done) {
        written[name] += piece;
        done();
      },
    });
  return { written, streams: { stdout: into('stdout'), stderr: into('stderr') } };
}

/** Runs a command made of `act` over a database in a folder of its own; gives what it wrote. */
async function run(
  act: (invocation: Invocation) => Promise<unknown>,
  args: string[] = [],
  cwd = temporaryFolder(),
) {
  const { written, streams } = capture();
  const env = { DATABASE_URL: 'sqlite:paperboy.db' };
  const command = define(new Command('try'), { ...streams, env, cwd }, false, async (invocation) => {
    await act(invocation);
  });
  await command.parseAsync(args, { from: 'user' });
  return { ...written, file: join(cwd, 'paperboy.db'), exitCode: process.exitCode };
}

const write = ({ app }: Invocation) => addTopic(app.store.db, { slug: 'x', name: 'X', query: 'x' }, 0);

describe('what the database refuses during a command is said with the file and what to do', () => {
  test('a full disk', async () => {
    const { stderr, file, exitCode } = await run(async (invocation) => {
      const { raw } = invocation.app.store;
      raw.pragma(`max_page_count = ${raw.pragma('page_count', { simple: true })}`);
      for (let n = 0; ; n++)
        await addTopic(invocation.app.store.db, { slug: `x${n}`, name: 'x'.repeat(60), query: 'x' }, 0);
    });
    expect(stderr).toContain(`The database ${file} cannot grow: the disk is full (SQLITE_FULL`);
    expect(stderr).toContain('Make room');
    expect(stderr).toContain('What was committed before stays; the command can be run again.');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(1);
  });

  test('one that cannot be written', async () => {
    const { stderr, file } = await run(async (invocation) => {
      invocation.app.store.raw.pragma('query_only = ON');
      await write(invocation);
    });
    expect(stderr).toContain(`The database ${file} cannot be written, only read (SQLITE_READONLY`);
  });

  test('one that another process holds', async () => {
    const { stderr, file } = await run(async (invocation) => {
      const other = new BetterSqlite3(invocation.app.store.file);
      other.exec('BEGIN IMMEDIATE');
      invocation.app.store.raw.pragma('busy_timeout = 0');
      await write(invocation).finally(() => other.close());
    });
    expect(stderr).toContain(`The database ${file} is in use: another process`);
  });

  test('in the JSON answer too', async () => {
    const { stdout, stderr, file } = await run(
      async (invocation) => {
        invocation.app.store.raw.pragma('query_only = ON');
        await write(invocation);
      },
      ['--json'],
    );
    expect(JSON.parse(stdout).error.message).toContain(`The database ${file} cannot be written`);
    expect(stderr).toContain(file);
  });

  test('one that is none', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'paperboy.db'), 'PK not a database, though long enough to look at. '.repeat(100));
    const { stderr, file } = await run(write, [], cwd);
    expect(stderr).toContain(`The database ${file} is no SQLite database`);
    expect(stderr).toContain('DATABASE_URL');
  });
});

test.each([
  ['SQLITE_IOERR_WRITE', 'disk I/O error', 'the disk failed', false],
  ['SQLITE_CORRUPT_VTAB', 'database disk image is malformed', 'restore a backup', false],
  ['SQLITE_BUSY_SNAPSHOT', 'database is locked', 'in use', false],
  ['SQLITE_READONLY_DBMOVED', 'attempt to write a readonly database', 'moved or replaced', false],
  ['SQLITE_CANTOPEN', 'unable to open database file', 'folder', false],
  ['SQLITE_ERROR', 'no such column: x', 'failed unexpectedly', true],
  ['SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed', 'failed unexpectedly', true],
])('%s (%s) is told as what it is, also when it is the cause of another', (code, words, told, bug) => {
  const sqlite = new BetterSqlite3.SqliteError(words, code);
  for (const error of [sqlite, new Error('a page could not be kept', { cause: sqlite })]) {
    const { written, streams } = capture();
    tellError(createOutput(false, streams), error, '/srv/paperboy.db');
    expect(written.stderr.includes('Paperboy failed unexpectedly')).toBe(bug);
    if (error === sqlite || !bug) expect(written.stderr).toContain(told);
    expect(written.stderr.includes('/srv/paperboy.db')).toBe(!bug);
  }
});
