import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;
const keep = (name: string, text: string) => {
  const file = join(terminal.folder, name);
  writeFileSync(file, text);
  return file;
};
beforeAll(async () => {
  terminal = openTerminal();
  const papers = [
    { id: '2606.01234', title: 'Robots that fold towels', abstract: 'We fold towels with robots.' },
    { id: '10.1101/2026.01.02.123456', title: 'Proteins that fold themselves', abstract: 'They fold.' },
  ];
  await terminal.run(
    'ingest',
    '--file',
    keep('papers.json', JSON.stringify(papers)),
    '--at',
    '2026-06-22T06:00:00Z',
  );
  const topic = ['--topic', 'everything', '--at', '2026-06-22T06:00:00Z'];
  await terminal.run('subscribers', 'add', 'one@example.org', ...topic);
  await terminal.run('subscribers', 'add', 'two@example.org', ...topic);
  await terminal.run('plan', ...at);
});
afterAll(() => terminal.remove());

test.each([
  ['arxiv:2606.01234', 'arxiv:2606.01234'],
  ['2606.01234', 'arxiv:2606.01234'],
  ['arxiv:2606.01234v2', 'arxiv:2606.01234'],
  ['https://arxiv.org/abs/2606.01234', 'arxiv:2606.01234'],
  ['10.1101/2026.01.02.123456', 'doi:10.1101/2026.01.02.123456'],
  ['https://doi.org/10.1101/2026.01.02.123456v1', 'doi:10.1101/2026.01.02.123456'],
])('a paper is found by every name it has: %s', async (name, key) => {
  const { code, stdout } = await terminal.run('papers', 'show', name, '--json', ...at);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ key });
});

test.each([
  [[], 'In all: 2 pending'],
  [['--email', 'one@example.org'], 'In all: 1 pending'],
  [['--date', '2026-06-21'], 'No deliveries of that kind.'],
  [['--status', 'sent'], 'No deliveries of that kind.'],
])('what is counted under a list of deliveries is what is listed: %j', async (filter, last) => {
  const { stdout } = await terminal.run('deliveries', 'list', ...filter);
  expect(stdout.trim().split('\n').at(-1)).toBe(last);
});

test('an address that nobody subscribes with has no deliveries that could be listed', async () => {
  expect(await terminal.run('deliveries', 'list', '--email', 'nobody@example.org')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Nobody subscribes with “nobody@example.org”.\n',
  });
});

describe('an import', () => {
  test('tells of each of the first 50 lines, then of those that need a look; --verbose of all', async () => {
    const people = Array.from({ length: 60 }, (_, n) => `reader${n}@example.org`);
    people[58] = 'nobody';
    const file = keep('people.csv', `email\n${people.join('\n')}\n`);
    const first = await terminal.run('subscribers', 'import', file, ...at);
    expect(first.code).toBe(1);
    expect(first.stderr.match(/: added/g)).toHaveLength(50);
    expect(first.stderr).toContain('line 60 nobody: invalid');
    expect(first.stderr).toContain('--verbose');
    const second = await terminal.run('subscribers', 'import', file, '--verbose', ...at);
    expect(second.stderr.match(/: unchanged/g)).toHaveLength(59);
  });

  test('of what is no file is one line', async () => {
    const { code, stderr } = await terminal.run('subscribers', 'import', terminal.folder, ...at);
    expect(code).toBe(1);
    expect(stderr).toBe(`${terminal.folder} cannot be read: it is a folder.\n`);
  });
});
