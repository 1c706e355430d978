import { isolate, shorten } from './clean.ts';
import type { Digest } from './digest.ts';
import { fillIn, wordsFor } from './strings.ts';

const SUBJECT_TITLE_LENGTH = 72;
const PREHEADER_LENGTH = 180;

/** A title as a subject names it. */
export function subjectTitle(title: string): string {
  return shorten(title, SUBJECT_TITLE_LENGTH);
}

/**
 * The best paper's title, shortened, and how many more there are. `titles` are clean, best first. No paper is sent twice,
 * one whose title others have too comes with its day, and a mail without papers names its date: no two subjects of one
 * reader are the same.
 */
export function writeSubject(titles: string[], { occasion, locale, editionDate, papers }: Digest): string {
  const { catalogue, say, date, day } = wordsFor(locale);
  if (occasion === 'quiet' || occasion === 'late')
    return fillIn(catalogue[`${occasion}Subject`], { date: date(editionDate) });
  const named = subjectTitle(titles[0] ?? '');
  const title = papers[0]?.note.sharesTitle ? `${named} (${day(editionDate)})` : named;
  const more = titles.length - 1;
  return more > 0 ? say(catalogue.subject, more, { title: isolate(title, catalogue.dir) }) : isolate(title);
}

/**
 * What a mailbox shows after the subject: the other papers' titles, or, when there is but one paper,
 * what it says. Empty when there is nothing more to say of it.
 */
export function writePreheader(titles: string[], summary: string | null, locale: string): string {
  if (titles.length < 2) return shorten(summary ?? '', PREHEADER_LENGTH);
  const { catalogue } = wordsFor(locale);
  const others: string[] = [];
  let room = PREHEADER_LENGTH;
  for (const title of titles.slice(1)) {
    if (room < 24) break;
    const short = shorten(title, Math.min(80, room));
    others.push(isolate(short, catalogue.dir));
    room -= short.length + 3;
  }
  return fillIn(catalogue.also, { titles: others.join(' · ') });
}
