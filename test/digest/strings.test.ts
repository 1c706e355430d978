import { describe, expect, test } from 'vitest';
import type { Plural } from '../../src/digest/strings/catalogue.ts';
import { en } from '../../src/digest/strings/en.ts';
import { catalogues, fillIn, wordsFor } from '../../src/digest/strings.ts';

type Phrase = string | Plural;

/** Every phrase of a catalogue by its path. */
function phrasesOf(part: object, path = ''): [path: string, phrase: Phrase][] {
  return Object.entries(part).flatMap(([name, value]): [string, Phrase][] =>
    typeof value === 'string' || 'other' in value
      ? [[path + name, value]]
      : phrasesOf(value, `${path}${name}.`),
  );
}

const english = new Map(phrasesOf(en));
const fields = (phrase: string) => [...phrase.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
/** The plural forms that whole numbers up to a thousand take. */
const formsOf = (language: string) => {
  const rules = new Intl.PluralRules(language);
  return new Set(Array.from({ length: 1001 }, (_, count) => rules.select(count)));
};

test('the languages are those that the mail speaks', () => {
  expect(catalogues.map((one) => one.language)).toEqual([
    'en',
    'de',
    'fr',
    'es',
    'pt',
    'zh-Hans',
    'ja',
    'ar',
  ]);
});

describe.each(catalogues.map((one) => [one.language, one] as const))('in %s', (language, catalogue) => {
  test.each(phrasesOf(catalogue))('%s fills in what the English does, and no more', (path, phrase) => {
    const model = english.get(path) as Phrase;
    const known = new Set(typeof model === 'string' ? fields(model) : fields(model.other));
    const forms = typeof phrase === 'string' ? { other: phrase } : phrase;
    for (const [form, text] of Object.entries(forms)) {
      for (const field of fields(text)) expect(known).toContain(field);
      // One, two and none may be said in words.
      const needed = [...known].filter(
        (field) => field !== 'count' || form === 'few' || form === 'many' || form === 'other',
      );
      for (const field of needed) expect(fields(text)).toContain(field);
    }
  });

  test('only forms that the language has are told, and one form tells all or each has its own', () => {
    const forms = formsOf(language);
    for (const [path, phrase] of phrasesOf(catalogue)) {
      if (typeof phrase === 'string') continue;
      const told = Object.keys(phrase);
      for (const form of told) expect(forms, path).toContain(form);
      if (told.length > 1) for (const form of forms) expect(told, path).toContain(form);
    }
  });
});

test('a reader’s locale finds its language, and others read English with their own date', () => {
  expect(wordsFor('pt-BR').catalogue.language).toBe('pt');
  expect(wordsFor('zh-TW').catalogue.language).toBe('zh-Hans');
  const danish = wordsFor('da-DK');
  expect(danish.catalogue).toBe(en);
  expect(danish.date('2026-07-03')).toBe('fredag den 3. juli 2026');
  expect(danish.number(1234)).toBe('1,234');
  expect(wordsFor('no such locale!').date('2026-07-03')).toBe('Friday, July 3, 2026');
});

test('Arabic counts in its six forms', () => {
  const { say, catalogue } = wordsFor('ar');
  const said = [1, 2, 3, 11, 100].map((count) => say(catalogue.papers, count));
  expect(said).toEqual(['ورقة واحدة لك', 'ورقتان لك', '3 أوراق لك', '11 ورقة لك', '100 ورقة لك']);
});

test('Chinese and Japanese words have a space between them and Western ones, and none between their own', () => {
  const told = (locale: string, ...topics: string[]) => {
    const { catalogue, list } = wordsFor(locale);
    return fillIn(catalogue.reason, { topics: list(topics) });
  };
  expect(told('zh', 'Agents', 'Reasoning')).toBe(
    '您收到此邮件，是因为您在 Paperboy 上关注了 Agents 和 Reasoning。',
  );
  expect(told('zh', '智能体', '3D 视觉', 'C++')).toBe(
    '您收到此邮件，是因为您在 Paperboy 上关注了智能体、3D 视觉和 C++。',
  );
  expect(told('ja', 'Agents', 'Reasoning')).toBe(
    'Paperboy で Agents、Reasoning をフォローしているため、このメールをお届けしています。',
  );
  expect(told('ja', '推論')).toBe('Paperboy で推論をフォローしているため、このメールをお届けしています。');
  expect(wordsFor('de').list(['智能体', 'Agents'])).toBe('智能体 und Agents');
});

test('what is filled in is not looked through for more', () => {
  expect(fillIn('{a} and {b}', { a: '{b}', b: '$&' })).toBe('{b} and $&');
});
