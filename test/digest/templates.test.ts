import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadTemplates, TemplateError } from '../../src/digest/templates.ts';

const shipped = new URL('../../templates', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paperboy-templates-'));
  cpSync(shipped, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function problemOf(file: string, from: string, to: string): Promise<string> {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  expect(source).toContain(from);
  writeFileSync(path, source.replace(from, to));
  const error = await loadTemplates(folder).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  writeFileSync(path, source);
  expect(error).toBeInstanceOf(TemplateError);
  return (error as TemplateError).message;
}

const lineOf = (file: string, text: string) =>
  readFileSync(join(shipped, file), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

test('the shipped templates load', async () => {
  await expect(loadTemplates(shipped)).resolves.toHaveProperty('html');
});

test('a field that does not exist is named with its file and line', async () => {
  const message = await problemOf('paper.mjml', '{{authors}}', '{{autors}}');
  expect(message).toContain(
    `paper.mjml:${lineOf('paper.mjml', '{{authors}}')}: {{autors}}: there is no field autors`,
  );
  expect(await problemOf('digest.txt', '{{wrap inside}}', '{{wrap insid}}')).toMatch(/digest\.txt:4: /);
});

test('a field in the wrong place is told when the templates are loaded', async () => {
  expect(await problemOf('digest.mjml', '{{date}}', '{{summary}}')).toMatch(
    /digest\.mjml: "summary" not defined/,
  );
});

test('bad tags are named with their line', async () => {
  expect(await problemOf('paper.mjml', '{{/with}}', '')).toMatch(/paper\.mjml:\d+: /);
  expect(await problemOf('digest.txt', '{{wrap reason}}', '{{wrong reason}}')).toMatch(
    /\{\{wrong\}\} is no helper/,
  );
});

test('unescaped tags are refused', async () => {
  expect(await problemOf('paper.mjml', '{{summary}}', '{{{summary}}}')).toMatch(/unescaped/);
});

test('MJML that is not valid is named with file and line', async () => {
  const message = await problemOf('paper.mjml', '<mj-text css-class', '<mj-text colour="red" css-class');
  expect(message).toMatch(/Line 1 of .*paper\.mjml.*colour is illegal/);
});

test('a file that cannot be included is told', async () => {
  expect(await problemOf('digest.mjml', './paper.mjml', './papers.mjml')).toMatch(
    /papers\.mjml cannot be read/,
  );
  expect(await problemOf('digest.mjml', './dark.css', './darker.css')).toMatch(/darker\.css/);
});

test('a template that does not list the papers or hides the way out is refused', async () => {
  expect(await problemOf('digest.txt', '{{#each papers}}', '{{#each links}}')).toMatch(
    /\{\{#each papers\}\}/,
  );
});

test('a template that hides the way out is refused', async () => {
  expect(await problemOf('digest.txt', '{{unsubscribeUrl}}', '')).toMatch(/must hold/);
});
