import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];
const before = ['--at', '2026-06-22T06:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;
let own: string;

beforeAll(async () => {
  terminal = openTerminal({ TEMPLATES_DIR: 'ours', SOURCES: 'none' });
  own = join(terminal.folder, 'ours');
  mkdirSync(own);
  const file = join(terminal.folder, 'papers.json');
  writeFileSync(file, JSON.stringify([{ id: '2606.01234', title: 'Towels', abstract: 'We fold.' }]));
  await terminal.run('ingest', '--file', file, ...before);
  await terminal.run('subscribers', 'add', 'one@example.org', '--topic', 'everything', ...before);
});
afterAll(() => terminal.remove());
beforeEach(() => {
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
});

const shipped = join(import.meta.dirname, '../../templates');
const restyle = (name: string, from: string, to: string) => {
  const source = readFileSync(join(shipped, name), 'utf8');
  expect(source).toContain(from);
  writeFileSync(join(own, name), source.replace(from, to));
};
const statuses = async () =>
  JSON.parse((await terminal.run('deliveries', 'list', '--json')).stdout).map(
    (one: { status: string }) => one.status,
  );

test('a template that cannot be used stops run, send and serve with one error, before anything is claimed', async () => {
  expect((await terminal.run('plan', ...at)).code).toBe(0);
  restyle('paper.mjml', '{{title}}', '{{titel}}');
  for (const command of [['run', ...at], ['send', ...at], ['serve']]) {
    const { code, stdout, stderr } = await terminal.run(...command);
    expect([command[0], code, stdout]).toEqual([command[0], 1, '']);
    expect(stderr).toMatch(
      /The mail templates cannot be used:\n {2}\S*ours\/paper\.mjml:2:\d+: \{\{titel\}\}: there is no field titel here; here are .*\n$/,
    );
  }
  expect(await statuses()).toEqual(['pending']);
  restyle('paper.mjml', '{{title}}', 'Titled {{title}}');
  expect((await terminal.run('send', ...at)).code).toBe(0);
  expect(await statuses()).toEqual(['sent']);
});

test('the same for a letter, which is no digest', async () => {
  restyle('confirm.mjml', '{{heading}}', '{{headline}}');
  const { code, stderr } = await terminal.run('run', ...at);
  expect(code).toBe(1);
  expect(stderr).toMatch(/confirm\.mjml:\d+:\d+: \{\{headline\}\}/);
});

test('a preview shows what they make of a digest', async () => {
  restyle('digest.txt', 'PAPERBOY', 'THE DAILY TOWEL');
  const { stdout } = await terminal.run('preview', 'one@example.org', ...at);
  expect(stdout).toContain('\nTHE DAILY TOWEL\n');
});

test('check says with place what is wrong with both kinds of mail, and once what they share', async () => {
  restyle('light.css', '  color: #1f1d1a;', '  color: #1f1d1a;}');
  restyle('confirm.txt', '{{url}}', '{{link}}');
  const { code, stdout } = await terminal.run('templates', 'check', '--json');
  expect(code).toBe(1);
  const { folder, files, problems } = JSON.parse(stdout);
  expect({ folder, files }).toEqual({ folder: own, files: ['confirm.txt', 'light.css'] });
  expect(problems.map((one: { file: string }) => one.file)).toEqual([
    join(own, 'light.css'),
    join(own, 'confirm.txt'),
  ]);
  expect(problems[0]).toMatchObject({ line: 5, column: 1, message: 'this } closes nothing' });
  expect((await terminal.run('doctor')).stdout).toMatch(/^fail {2}templates +2 things are wrong/m);
});

test('what copy writes can be used as it is, and is never written over', async () => {
  const copied = await terminal.run('templates', 'copy', 'ours');
  expect(copied.stdout).toMatch(/^Copied confirm\.css, .*paper\.mjml to .*\n.*\n {2}TEMPLATES_DIR=ours\n$/);
  expect(readdirSync(own)).toEqual(readdirSync(shipped));
  writeFileSync(join(own, 'digest.txt'), `${readFileSync(join(own, 'digest.txt'), 'utf8')}\nours\n`);
  rmSync(join(own, 'light.css'));
  expect((await terminal.run('templates', 'copy', 'ours')).stdout).toMatch(/^Copied light\.css to /);
  expect(readFileSync(join(own, 'digest.txt'), 'utf8')).toMatch(/\nours\n$/);
  expect((await terminal.run('templates', 'check')).stdout).toMatch(/ours can be used: 8 files of your own/);
  expect((await terminal.run('templates', 'check', shipped)).code).toBe(0);
  expect((await terminal.run('doctor')).stdout).toMatch(/^ok {4}templates +your own confirm\.css, /m);
});

test('without a folder there is nothing to check', async () => {
  const plain = openTerminal();
  const { code, stderr } = await plain.run('templates', 'check');
  expect([code, stderr]).toEqual([1, expect.stringContaining('set TEMPLATES_DIR')]);
  expect((await plain.run('doctor')).stdout).not.toMatch(/templates/);
  plain.remove();
});
