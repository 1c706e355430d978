import { isolate, shorten } from './clean.ts';
import { numberWords, stringsFor } from './strings.ts';

const SUBJECT_TITLE_LENGTH = 72;
const PREHEADER_LENGTH = 180;

/** The best paper's title, shortened, and how many more there are. `titles` are clean, best first. */
export function writeSubject(titles: string[], locale: string): string {
  const more = titles.length - 1;
  const hint = stringsFor(locale).andMore(numberWords(Math.max(0, more), locale), more < 1);
  return isolate(shorten(titles[0] ?? '', SUBJECT_TITLE_LENGTH)) + hint;
}

/**
 * What a mailbox shows after the subject: the other papers' titles, or, when there is but one paper,
 * what it says.
 */
export function writePreheader(titles: string[], summary: string | null, locale: string): string {
  if (titles.length < 2) return shorten(summary ?? '', PREHEADER_LENGTH);
  const others: string[] = [];
  let room = PREHEADER_LENGTH;
  for (const title of titles.slice(1)) {
    if (room < 24) break;
    const short = shorten(title, Math.min(80, room));
    others.push(isolate(short));
    room -= short.length + 3;
  }
  return stringsFor(locale).also(others.join(' · '));
}
