import type { SignalChange } from './candidate.ts';
import type { SignalKind } from './paper.ts';

/** Singular and plural, in English: the one language of the mail's words; numbers follow the locale. */
const nouns: Record<SignalKind, [one: string, many: string]> = {
  upvotes: ['upvote', 'upvotes'],
  comments: ['comment', 'comments'],
  github_stars: ['star', 'stars'],
  citations: ['citation', 'citations'],
};

/**
 * What changed, for a reader: `+41 upvotes since yesterday · 1.2k stars`. A gain is told alone, a value when no
 * gain is known or there was none; nothing is said of what is unknown or zero. `rising` puts `rising: ` first.
 * Empty when there is nothing to say. `locale` is BCP 47; one that Intl refuses is taken as `en`.
 */
export function trendWords(changes: readonly SignalChange[], rising = false, locale = 'en'): string {
  const numbers = numberFormat(locale);
  // Readers of code hosts know `1.2k`; Intl writes a capital.
  const count = (number: number) => numbers.format(number).replace(/(?<=\d)K$/, 'k');
  const phrases: string[] = [];
  let sinceSaid = false;
  for (const { kind, value, sinceYesterday } of changes) {
    const [one, many] = nouns[kind];
    const noun = (number: number) => (number === 1 ? one : many);
    // A repository's stars are better known by their number than by a day's few.
    const tellsGain = sinceYesterday !== null && sinceYesterday > 0 && (kind !== 'github_stars' || rising);
    if (tellsGain) {
      phrases.push(`+${count(sinceYesterday)} ${noun(sinceYesterday)}${sinceSaid ? '' : ' since yesterday'}`);
      sinceSaid = true;
    } else if (value > 0) phrases.push(`${count(value)} ${noun(value)}`);
  }
  const words = phrases.join(' · ');
  return rising && words ? `rising: ${words}` : words;
}

function numberFormat(locale: string): Intl.NumberFormat {
  const known = formats.get(locale);
  if (known) return known;
  let format: Intl.NumberFormat;
  try {
    format = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  } catch {
    format = numberFormat('en');
  }
  if (formats.size > 200) formats.clear();
  formats.set(locale, format);
  return format;
}

const formats = new Map<string, Intl.NumberFormat>();

/**
 * `A, B, C, and 12 more`; all names when there are no more than `shown`, or one more (to hide one name would
 * save nothing). Empty when no author is known.
 */
export function authorsLine(authors: readonly string[], shown = 3): string {
  const names = authors.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length <= Math.max(1, shown) + 1) return names.join(', ');
  return `${names.slice(0, Math.max(1, shown)).join(', ')}, and ${names.length - Math.max(1, shown)} more`;
}
