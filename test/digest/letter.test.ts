import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Letter,
  type LetterTemplates,
  loadLetterTemplates,
  renderLetter,
} from '../../src/digest/letter.ts';
import { catalogues } from '../../src/digest/strings.ts';
import { TemplateError } from '../../src/digest/template-files.ts';
import { temporaryFolder } from '../support/store.ts';

const shipped = join(import.meta.dirname, '../../templates');
const site = {
  sender: { name: 'Paperboy', address: 'paperboy@papers.example' },
  home: 'https://papers.example/',
  postalAddress: 'A & B, Road 1',
};
const letter: Letter = {
  kind: 'confirm',
  locale: 'en',
  url: 'https://papers.example/confirm/abc-DEF_1',
  expiresAt: Date.parse('2026-06-29T06:00:00Z'),
};
let templates: LetterTemplates;
beforeAll(async () => {
  templates = await loadLetterTemplates(shipped);
});

const kinds = ['confirm', 'known', 'move', 'moved'] as const;
describe.each(catalogues.map((one) => [one.language, one] as const))('in %s', (language, catalogue) => {
  test.each(kinds)('the letter %s says what it is for, with its link and until when', (kind) => {
    const { subject, html, text } = renderLetter(templates, { ...letter, kind, locale: language }, site);
    expect(subject).toBe(catalogue.letters[kind].subject);
    for (const part of [html, text.replace(/\s+/g, ' ')]) {
      expect(part).toContain(letter.url);
      expect(part).toMatch(/2026/);
      expect(part).not.toMatch(/\{\{|undefined|\bnull\b/);
    }
    expect(html).toContain(`lang="${language}" dir="${catalogue.dir}"`);
    expect(html).toContain('A &amp; B, Road 1');
    expect(html.length).toBeLessThan(20_000);
    for (const line of text.split('\n')) expect(line).not.toMatch(/\s$/);
  });
});

test('its button’s words stand before the link as the language writes it', () => {
  const textIn = (locale: string) => renderLetter(templates, { ...letter, locale }, site).text;
  expect(textIn('en')).toContain(`Confirm my subscription:\n${letter.url}`);
  expect(textIn('fr')).toContain(`Confirmer mon abonnement\u00A0:\n${letter.url}`);
  expect(textIn('zh')).toContain(`确认订阅：\n${letter.url}`);
});

test('the same letter gives the same bytes', () => {
  expect(renderLetter(templates, letter, site)).toEqual(renderLetter(templates, letter, site));
});

test('the link is http(s), or there is no letter', () => {
  expect(() => renderLetter(templates, { ...letter, url: 'javascript:alert(1)' }, site)).toThrow(RangeError);
});

test('a letter that has no end says nothing of one', () => {
  const { text } = renderLetter(templates, { ...letter, kind: 'known', expiresAt: null }, site);
  expect(text).not.toContain('works until');
  expect(text).not.toContain('\n\n\n');
});

test.each([
  ['confirm.mjml', '{{url}}', '{{nobody}}', 'there is no field nobody'],
  ['confirm.txt', '{{url}}', '{{{url}}}', 'unescaped'],
  ['confirm.txt', '{{url}}', '', 'must hold {{url}}'],
])('a restyled %s that cannot be used says why when it is loaded', async (file, from, to, why) => {
  const folder = temporaryFolder();
  cpSync(shipped, folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
  const loading = loadLetterTemplates(folder);
  await expect(loading).rejects.toThrow(TemplateError);
  await expect(loading).rejects.toThrow(why);
});
