/** The mail's fixed words in one language. A new language is one more constant of this shape. */
export interface Strings {
  /** BCP 47, the `lang` of the mail. */
  language: string;
  dir: 'ltr' | 'rtl';
  preferences: string;
  change: string;
  seeMore: string;
  unsubscribe: string;
  paper: string;
  pdf: string;
  code: string;
  project: string;
  rising: string;
  /** `7 papers for you — 3 in LLM efficiency, 2 in Retrieval and 2 in other topics.` */
  inside(
    papers: string,
    count: number,
    topics: { name: string; count: string }[],
    others: string | null,
  ): string;
  /** After the subject's title: ` · and 6 more`; empty for 0. */
  andMore(count: string, isNone: boolean): string;
  /** Names, of which `others` more are not told: `A, B and 3 more`. */
  list(names: string[], others: string | null): string;
  moreMatch(count: string, isOne: boolean): string;
  also(titles: string): string;
  reason(topics: string): string;
  sentBy(name: string, address: string): string;
}

const english: Strings = {
  language: 'en',
  dir: 'ltr',
  preferences: 'Preferences',
  change: 'Change topics, time or pace',
  seeMore: 'See more each day',
  unsubscribe: 'Unsubscribe',
  paper: 'Paper',
  pdf: 'PDF',
  code: 'Code',
  project: 'Project',
  rising: 'Rising',
  inside: (papers, count, topics, others) => {
    const head = count === 1 ? 'One paper for you' : `${papers} papers for you`;
    const only = others === null && topics.length === 1 ? topics[0] : undefined;
    if (topics.length === 0) return `${head}.`;
    if (only) return `${head}, ${count > 2 ? 'all ' : count === 2 ? 'both ' : ''}in ${only.name}.`;
    const named = topics.map((topic) => `${topic.count} in ${topic.name}`);
    if (others !== null) named.push(`${others} in other topics`);
    return `${head} — ${named.slice(0, -1).join(', ')} and ${named.at(-1)}.`;
  },
  andMore: (count, isNone) => (isNone ? '' : ` · and ${count} more`),
  list: (names, others) => {
    if (others !== null) return `${names.join(', ')} and ${others} more`;
    return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  },
  moreMatch: (count, isOne) =>
    isOne ? 'One more paper matches your topics.' : `${count} more papers match your topics.`,
  also: (titles) => `Also: ${titles}`,
  reason: (topics) =>
    topics === ''
      ? 'You get this mail because you subscribed to Paperboy.'
      : `You get this mail because you follow ${topics} on Paperboy.`,
  sentBy: (name, address) => `Sent by ${name}, ${address}`,
};

/** The words for a reader's locale; English until there is a catalogue of their language. */
export function stringsFor(_locale: string): Strings {
  return english;
}

/**
 * The locale of figures that stand among our words: the reader's where it is of the words' language
 * (`en-GB`), else that language: Arabic digits in an English sentence would help nobody.
 */
export function wordsLocale(locale: string): string {
  const { language } = stringsFor(locale);
  return locale === language || locale.startsWith(`${language}-`) ? knownLocale(locale) : language;
}

function knownLocale(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en'; // not BCP 47 at all
  }
}

/** Words already written in one locale: millions of digests share a few dates and small numbers. */
interface Written {
  language: string;
  date: (editionDate: string) => string;
  number: (count: number) => string;
}

const written = new Map<string, Written>();
const LOCALES_KEPT = 500;
const WORDS_KEPT = 2000;

function writtenIn(locale: string): Written {
  let found = written.get(locale);
  if (!found) {
    const language = knownLocale(locale);
    const dates = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeZone: 'UTC' });
    const numbers = new Intl.NumberFormat(wordsLocale(locale));
    found = {
      language,
      date: once((editionDate: string) => dates.format(Date.parse(`${editionDate}T00:00:00Z`))),
      number: once((count: number) => numbers.format(count)),
    };
    if (written.size < LOCALES_KEPT) written.set(locale, found);
  }
  return found;
}

function once<Key>(write: (key: Key) => string): (key: Key) => string {
  const known = new Map<Key, string>();
  return (key) => {
    let text = known.get(key);
    if (text === undefined) {
      text = write(key);
      if (known.size < WORDS_KEPT) known.set(key, text);
    }
    return text;
  };
}

/** An edition date (`YYYY-MM-DD`) in full, and the language it is in; a locale that Intl does not know reads as English. */
export function dateWords(editionDate: string, locale: string): { text: string; language: string } {
  const { date, language } = writtenIn(locale);
  return { text: date(editionDate), language };
}

/** A count as it stands among our words. */
export function numberWords(count: number, locale: string): string {
  return writtenIn(locale).number(count);
}
