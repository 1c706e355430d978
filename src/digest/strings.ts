import { spaceBetween } from './script-spaces.ts';
import { ar } from './strings/ar.ts';
import type { Catalogue, Plural } from './strings/catalogue.ts';
import { de } from './strings/de.ts';
import { en } from './strings/en.ts';
import { es } from './strings/es.ts';
import { fr } from './strings/fr.ts';
import { ja } from './strings/ja.ts';
import { pt } from './strings/pt.ts';
import { zh } from './strings/zh.ts';

export const catalogues: readonly Catalogue[] = [en, de, fr, es, pt, zh, ja, ar];

/** The catalogue of a reader's language and how their locale writes dates, numbers and lists. */
export interface Words {
  catalogue: Catalogue;
  /** An edition date (`YYYY-MM-DD`) in full, in `dateLanguage`: the reader's even where the words are English. */
  date(editionDate: string): string;
  dateLanguage: string;
  /** The same in short, without the year: `3 Jul`. */
  day(editionDate: string): string;
  number(count: number): string;
  /** A figure in short: `1.2k`. */
  short(count: number): string;
  /** A gain in short, with its sign: `+41`; among words that run from right to left isolated from the numbers beside it. */
  gain(count: number): string;
  /** `A, B and C`. */
  list(names: readonly string[]): string;
  /** The phrase in the plural form of `count`; `written` is how the count itself is written. */
  say(phrase: Plural, count: number, values?: Readonly<Record<string, string>>, written?: string): string;
}

/**
 * Fills the `{names}` of a phrase; what is filled in is not looked through again. Between words of its script and of a
 * Chinese or Japanese phrase comes a space.
 */
export function fillIn(phrase: string, values: Readonly<Record<string, string>>): string {
  return phrase.replace(/\{([a-z]+)\}/g, (field, name: string, at: number) => {
    const value = values[name] ?? '';
    const [before, after] = [phrase[at - 1] ?? '', phrase[at + field.length] ?? ''];
    return spaceBetween(before, value) + value + spaceBetween(value, after);
  });
}

const known = new Map<string, Words>();
const LOCALES_KEPT = 500;
const WRITTEN_KEPT = 2000;

/** The words for a reader's locale (BCP 47); English until there is a catalogue of their language. */
export function wordsFor(locale: string): Words {
  let words = known.get(locale);
  if (!words) {
    words = makeWords(locale);
    if (known.size >= LOCALES_KEPT) known.clear();
    known.set(locale, words);
  }
  return words;
}

function makeWords(locale: string): Words {
  const dateLanguage = knownLocale(locale);
  const language = languageOf(dateLanguage);
  const catalogue = catalogues.find((one) => languageOf(one.language) === language) ?? en;
  // Arabic digits in an English sentence would help nobody: figures follow the words.
  const own = languageOf(catalogue.language) === language ? dateLanguage : catalogue.language;
  const dates = new Intl.DateTimeFormat(dateLanguage, { dateStyle: 'full', timeZone: 'UTC' });
  const days = new Intl.DateTimeFormat(dateLanguage, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const numbers = new Intl.NumberFormat(own);
  const compact = { notation: 'compact', maximumFractionDigits: 1 } as const;
  const shorts = new Intl.NumberFormat(own, compact);
  const gains = new Intl.NumberFormat(own, { ...compact, signDisplay: 'exceptZero' });
  const lists = new Intl.ListFormat(own, { type: 'conjunction' });
  const plurals = new Intl.PluralRules(own);
  const number = once((count: number) => numbers.format(count));
  // Readers of code hosts know `1.2k`; Intl writes a capital.
  const lower = (text: string) => (catalogue === en ? text.replace(/(?<=\d)K$/, 'k') : text);
  // The mark that Intl puts before the sign draws the next figure's number to this one: RLI … PDI (UAX #9) keeps them apart.
  const apart = (text: string) => (catalogue.dir === 'rtl' ? `\u2067${text}\u2069` : text);
  return {
    catalogue,
    dateLanguage,
    date: once((editionDate: string) => dates.format(Date.parse(`${editionDate}T00:00:00Z`))),
    day: once((editionDate: string) => days.format(Date.parse(`${editionDate}T00:00:00Z`))),
    number,
    short: once((count: number) => lower(shorts.format(count))),
    gain: once((count: number) => apart(lower(gains.format(count)))),
    list: (names) => joinSpaced(lists.formatToParts(names).map(({ value }) => value)),
    say: (phrase, count, values = {}, written = number(count)) =>
      fillIn(phrase[plurals.select(count)] ?? phrase.other, { ...values, count: written }),
  };
}

function joinSpaced(parts: readonly string[]): string {
  return parts.reduce((line, part) => line + spaceBetween(line, part) + part, '');
}

function languageOf(locale: string): string {
  return new Intl.Locale(locale).language;
}

function knownLocale(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en'; // not BCP 47 at all
  }
}

/** What was written once is kept: millions of digests share a few dates and small numbers. */
function once<Key>(write: (key: Key) => string): (key: Key) => string {
  const written = new Map<Key, string>();
  return (key) => {
    let text = written.get(key);
    if (text === undefined) {
      text = write(key);
      if (written.size < WRITTEN_KEPT) written.set(key, text);
    }
    return text;
  };
}
