import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

let terminal: ReturnType<typeof openTerminal>;
beforeAll(() => {
  terminal = openTerminal({ SOURCES: 'none' });
});
afterAll(() => terminal.remove());

describe('wrong usage', () => {
  test.each([
    [['ingest', '--source', 'file'], /--file/],
    [['topics', 'edit', 'robotics'], /nothing to change/],
    [['subscribers', 'edit', 'x@example.org'], /nothing to change/],
    [['subscribers', 'add', 'x@example.org', '--time', '25:00'], /--time/],
    [['subscribers', 'add', 'x@example.org', '--timezone', 'Mars/Base'], /--timezone/],
    [['subscribers', 'add', 'x@example.org', '--days', 'someday'], /--days/],
    [['subscribers', 'edit', 'x@example.org', '--max-papers', '51'], /--max-papers/],
    [['subscribers', 'edit', 'x@example.org', '--locale', '!'], /--locale/],
    [['topics', 'test', 'robot', '--dyas', '3'], /--dyas/],
    [['topics', 'test', 'robot', 'arm'], /'robot arm'/],
    [['nonsense'], /unknown command/],
  ])('%j ends with 2, names what is wrong, and with --json is one document', async (args, why) => {
    const plain = await terminal.run(...args);
    expect(plain).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(why) });
    const { code, stdout } = await terminal.run(...args, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { name: 'UsageError', message: expect.stringMatching(why) },
    });
    expect(stdout).not.toContain('error: ');
  });

  test('a setting may be spelled as forms and files spell it', async () => {
    const { code, stdout } = await terminal.run(
      ...['subscribers', 'add', 'y@example.org', '--time', '8:00', '--timezone', 'europe/berlin', '--json'],
      ...['--at', '2026-06-22T08:00:00Z'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ time: '08:00', timezone: 'Europe/Berlin' });
  });
});

test.each(['-robot', '-Vision', '-hallucination'])('a query may begin with a minus: %s', async (query) => {
  const { code, stdout } = await terminal.run('topics', 'test', query, '--days', '1');
  expect(code).toBe(0);
  expect(stdout).toContain(`NOT ${query.slice(1)}`);
});

test('asking no source says so', async () => {
  const { code, stdout } = await terminal.run('ingest');
  expect(code).toBe(0);
  expect(stdout).toMatch(/nothing.*SOURCES is none/);
});
