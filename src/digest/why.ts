import type { SignalChange } from '../papers/candidate.ts';
import type { SignalKind } from '../papers/paper.ts';
import { readableText } from '../tex/readable.ts';
import { cleanLine, isolate } from './clean.ts';
import type { Note } from './digest.ts';
import { type Span, sparkline, trendFigures, weeksFigures } from './figures.ts';
import { fillIn, type Words, wordsFor } from './strings.ts';
import { fitTopics, nameTopics } from './topic-names.ts';
import { columns } from './wrap.ts';

/** Why a paper is here, for this subscriber. */
export interface WhyView {
  topics: string;
  /** The votes of the last days as a row of blocks: a picture of what `trend` says. */
  spark: string | null;
  trend: string | null;
  rising: string | null;
  /** That it is like a paper of which its reader asked for more. */
  liked: string | null;
  /** All but the blocks in one line: `Rising · LLM efficiency · 63 upvotes, +41 since yesterday`. */
  line: string;
}

const LIKED_LENGTH = 70;
const NBSP = '\u00A0';
/** A line breaks before the dot, never after it. */
const DOT = ` ·${NBSP}`;
/** A line of the text part; with the row of blocks about what a mail of 600 pixels holds in the fonts that readers have. */
const LINE_COLUMNS = 72;

type Changes = readonly SignalChange[];

/** What is left out where one line does not hold it all, each step with those before it; what matters least goes first. */
const cuts: ((changes: Changes) => Changes)[] = [
  (changes) => changes,
  (changes) => withoutGains(changes, ['comments']),
  (changes) => {
    const others = changes.filter(({ kind }) => kind !== 'comments');
    return others.some(({ value }) => value > 0) ? others : changes;
  },
  (changes) => withoutGains(changes, ['github_stars', 'citations']),
];

function withoutGains(changes: Changes, kinds: SignalKind[]): Changes {
  return changes.map((one) => (kinds.includes(one.kind) ? { ...one, sinceYesterday: null } : one));
}

/** The words for a frozen note, for someone who reads each day or each week. */
export function viewWhy(note: Note, locale: string, span: Span = 'day'): WhyView {
  const words = wordsFor(locale);
  const rising = note.rising ? words.catalogue.rising : null;
  const { topics, trend } = fitLine(note, words, rising, (changes) =>
    keepTogether(
      span === 'week'
        ? weeksFigures(changes, note.votesByDay ?? [], locale)
        : trendFigures(changes, note.rising, locale),
    ),
  );
  const liked = note.moreLike === undefined ? null : tellLiked(note.moreLike, words);
  return {
    topics,
    spark: sparkline(note.votesByDay ?? []),
    trend: trend || null,
    rising,
    liked,
    line: join([rising, topics, trend, liked]),
  };
}

/** As much of topics and figures as one line holds; all topics and few figures where nothing makes it one. */
function fitLine(
  note: Note,
  words: Words,
  rising: string | null,
  tell: (changes: Changes) => string,
): Pick<WhyView, 'topics'> & { trend: string } {
  const topics = nameTopics(note.topics, words);
  let changes: Changes = note.changes;
  for (const cut of cuts) {
    changes = cut(changes);
    const trend = tell(changes);
    if (columns(join([rising, topics, trend])) <= LINE_COLUMNS) return { topics, trend };
  }
  const [first] = changes.filter(({ value }) => value > 0);
  for (const few of first ? [changes, [first]] : []) {
    const trend = tell(few);
    const room = LINE_COLUMNS - columns(join([rising, '?', trend])) + columns('?');
    const fitting = fitTopics(note.topics, words, room);
    if (fitting !== null) return { topics: fitting, trend };
  }
  return { topics, trend: tell(changes) };
}

function join(parts: (string | null)[]): string {
  return parts.filter(Boolean).join(DOT);
}

/** A narrow column breaks between figures, not within one. */
function keepTogether(figures: string[]): string {
  return join(figures.map((figure) => figure.replaceAll(' ', NBSP)));
}

/** Null: nothing is left of the title. */
function tellLiked(title: string, { catalogue }: Words): string | null {
  const line = cleanLine(readableText(title), LIKED_LENGTH);
  return line === '' ? null : fillIn(catalogue.liked, { title: isolate(line, catalogue.dir) });
}
