import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type FollowedTemplates, followTemplates } from '../../src/digest/follow-templates.ts';
import { TemplateError } from '../../src/digest/template-files.ts';
import { temporaryFolder } from '../support/store.ts';

let folder: string;
let file: string;
let now: number;
let loads: number;
/** What goes on while a change is left to rest. */
let meanwhile: (() => void)[];
let templates: FollowedTemplates<{ source: string }>;

beforeEach(() => {
  folder = join(temporaryFolder(), 'own');
  mkdirSync(folder);
  file = join(folder, 'digest.txt');
  [now, loads, meanwhile] = [1_000, 0, []];
  const load = async () => {
    loads++;
    const source = readFileSync(file, 'utf8');
    if (source.includes('wrong')) throw new TemplateError([{ file, line: 1, column: 1, message: source }]);
    return { source };
  };
  const rest = async () => meanwhile.shift()?.();
  templates = followTemplates(folder, load, () => now, rest);
});

const sourceNow = async () => (await templates.current()).source;
const problemsNow = async () => (await templates.look()).problems.map(({ message }) => message);

test('a change is taken up without a restart, compiled once for all who ask', async () => {
  writeFileSync(file, 'one');
  const first = await templates.current();
  expect(await templates.current()).toBe(first);
  now += 1_000;
  writeFileSync(file, 'two');
  let taken = 0;
  templates.onTaken(() => taken++);
  const both = await Promise.all([templates.current(), templates.current(), templates.look()]);
  expect(both[0]).toBe(both[1]);
  expect(both[2]).toEqual({ since: 2_000, problems: [] });
  expect([await sourceNow(), loads, taken]).toEqual(['two', 2, 1]);
  // Who began with the ones before goes on with them.
  expect(first.source).toBe('one');
});

test('what cannot be used is judged once and told, and the last that could stay in use until it is right', async () => {
  writeFileSync(file, 'one');
  await templates.current();
  now += 1_000;
  writeFileSync(file, 'wrong');
  expect([await sourceNow(), await sourceNow(), await problemsNow()]).toEqual(['one', 'one', ['wrong']]);
  expect([(await templates.look()).since, loads]).toEqual([1_000, 2]);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(file, 'two');
  expect([await sourceNow(), await problemsNow()]).toEqual(['two', []]);
});

test('where none could ever be used, there are none', async () => {
  writeFileSync(file, 'wrong');
  await expect(templates.current()).rejects.toThrow(TemplateError);
  expect(await templates.look()).toMatchObject({ since: null, problems: [{ message: 'wrong' }] });
  writeFileSync(file, 'right');
  expect(await sourceNow()).toBe('right');
});

test('what is still being written is waited for, and not for ever', async () => {
  writeFileSync(file, 'one');
  await templates.current();
  writeFileSync(file, '');
  meanwhile = [() => writeFileSync(file, 'tw'), () => writeFileSync(file, 'two')];
  expect([await sourceNow(), loads]).toEqual(['two', 2]);
  writeFileSync(file, 't');
  meanwhile = Array.from({ length: 5 }, (_, n) => () => writeFileSync(file, `t${'h'.repeat(n + 1)}`));
  expect(await sourceNow()).toBe('two');
  expect(await sourceNow()).toBe('thhhhh');
});
