import { spellTerm } from './compile.ts';
import { collectPositive } from './evaluate.ts';
import type { QueryNode, TermNode } from './query.ts';
import { stemWord } from './stem.ts';
import { type PlacedWord, placeWords, splitWords } from './words.ts';

/** A stretch of a text: UTF-16 offsets, `to` excluded. */
export interface Stretch {
  from: number;
  to: number;
}

export type MarkedField = 'title' | 'abstract' | 'authors';

/** Finds where a query's terms stand in a field's text, in order and without overlaps. */
export type FindMarks = (field: MarkedField, text: string) => Stretch[];

const fieldsOf: Record<TermNode['field'], readonly MarkedField[]> = {
  any: ['title', 'abstract'],
  ti: ['title'],
  abs: ['abstract'],
  au: ['authors'],
};

interface Sought {
  fields: readonly MarkedField[];
  isStem: boolean;
  prefix: boolean;
  /** Words side by side. */
  run: string[];
}

/** Longer texts are marked up to here. */
const maxTextLength = 20_000;

/**
 * What a query's terms found, for the eye: words in any inflection, phrases as they stand, beginnings of words. Terms
 * under NOT are not marked. `freeWords`: words that stand for the query's free text.
 */
export function makeMarker(root: QueryNode, freeWords: readonly string[] = []): FindMarks {
  const sought: Sought[] = freeWords.map((word) => ({
    fields: fieldsOf.any,
    isStem: true,
    prefix: false,
    run: splitWords(word).map(stemWord),
  }));
  for (const leaf of collectPositive(root)) {
    if (leaf.kind !== 'term') continue;
    const fields = fieldsOf[leaf.field];
    if (leaf.field === 'au')
      for (const name of splitWords(leaf.text.replaceAll('_', ' ')))
        sought.push({ fields, isStem: false, prefix: false, run: [name] });
    else {
      const { table, runs, prefix } = spellTerm(leaf);
      for (const run of runs) sought.push({ fields, isStem: table === 'stems', prefix, run });
    }
  }
  const inFields = new Map<MarkedField, SoughtHere>();
  return (field, text) => {
    let here = inFields.get(field);
    if (!here) {
      const runs = sought.filter(({ fields, run }) => run.length > 0 && fields.includes(field));
      here = { runs, byLetter: groupByLetter(runs), beginnings: beginningsOf(runs) };
      inFields.set(field, here);
    }
    if (here.runs.length === 0) return [];
    const { byLetter, beginnings } = here;
    const whole = text.slice(0, maxTextLength);
    return unite(
      beginnings !== null && /^[\x20-\x7e]*$/.test(whole)
        ? lookFromBeginnings(here, beginnings, whole)
        : lookThrough(byLetter, whole),
    );
  };
}

/** Terms by the letter (UTF-16 unit) that they begin with, as does all that they find. */
type ByLetter = ReadonlyMap<number, readonly Sought[]>;

function groupByLetter(runs: readonly Sought[]): ByLetter {
  return Map.groupBy(runs, ({ run }) => (run[0] as string).charCodeAt(0));
}

interface SoughtHere {
  runs: Sought[];
  byLetter: ByLetter;
  /** Where in a text of ASCII one of them may begin; null: that cannot be said, or it would be nearly everywhere. */
  beginnings: RegExp | null;
}

/** Looks through all words of a text. */
function lookThrough(byLetter: ByLetter, text: string): Stretch[] {
  const { words, compounds } = placeWords(text);
  const places = [...words, ...compounds];
  const found: Stretch[] = [];
  for (const [at, first] of places.entries())
    for (const one of byLetter.get(first.word.charCodeAt(0)) ?? []) {
      // Compounds stand behind the words; nothing stands beside them.
      if (one.run.length > 1 && at + one.run.length > words.length) continue;
      if (!standsAt(one, places, at)) continue;
      const last = places[at + one.run.length - 1] as PlacedWord;
      found.push({ from: first.from, to: last.to });
    }
  return found;
}

/** More than a word and what parts it from the next. */
const longestWord = 64;

/** The same for a text of ASCII, some times as fast: looks only where one of them may begin. */
function lookFromBeginnings({ runs, byLetter }: SoughtHere, beginnings: RegExp, text: string): Stretch[] {
  const words = 1 + Math.max(...runs.map(({ run }) => run.length));
  const found: Stretch[] = [];
  for (const { index } of text.toLowerCase().matchAll(beginnings)) {
    // What stands behind a hyphen or an apostrophe is a word or none by what stands before it.
    const before = /[a-z0-9'-]*$/i.exec(text.slice(Math.max(0, index - longestWord), index))?.[0].length ?? 0;
    const start = index - before;
    // Most that begin alike are other words: seen from the one, without looking at what follows.
    const whole = /^[a-z0-9'+#-]*/i.exec(text.slice(start, start + longestWord * 2))?.[0] ?? '';
    if (!mayBegin(runs, whole)) continue;
    for (const { from, to } of lookThrough(byLetter, text.slice(start, index + words * longestWord)))
      if (from === before) found.push({ from: index, to: start + to });
  }
  return found;
}

/** Whether one of them may begin with a word of what is written together. */
function mayBegin(runs: readonly Sought[], written: string): boolean {
  const { words, compounds } = placeWords(written);
  return [...words, ...compounds].some((place) =>
    runs.some(({ run, ...how }) =>
      standsAt({ ...how, run: run.slice(0, 1), prefix: how.prefix && run.length === 1 }, [place], 0),
    ),
  );
}

/** Letters that a word and its stem begin with alike; the stem of `dying` is `die`. */
const alikeLetters = 3;

/** With more, every other word begins like one of them. */
const mostBeginnings = 4;

function beginningsOf(runs: readonly Sought[]): RegExp | null {
  if (runs.length > mostBeginnings) return null;
  const letters = new Set<string>();
  for (const { run, isStem } of runs) {
    const first = run[0] as string;
    const alike = isStem && first.length <= alikeLetters ? 1 : alikeLetters;
    const [plain = ''] = /^[a-z0-9]*/.exec(first.slice(0, alike)) ?? [];
    if (plain === '') return null;
    // `K-means` may be sought as `kmeans`.
    letters.add([...plain].join("['-]?"));
  }
  return letters.size === 0 ? null : new RegExp(`(?<![a-z0-9])(?=${[...letters].join('|')})`, 'g');
}

function standsAt({ run, isStem, prefix }: Sought, places: PlacedWord[], at: number): boolean {
  for (let index = 0; index < run.length; index++) {
    const wanted = run[index] as string;
    const written = places[at + index]?.word;
    if (written === undefined || !beginAlike(written, wanted)) return false;
    const word = isStem ? stemWord(written) : written;
    if (!(prefix && index === run.length - 1 ? word.startsWith(wanted) : word === wanted)) return false;
  }
  return true;
}

/** Whether a word may have that stem; most need not be stemmed to see it. */
function beginAlike(word: string, stem: string): boolean {
  const letters = stem.length <= alikeLetters ? 1 : alikeLetters;
  for (let at = 0; at < letters; at++) if (word.charCodeAt(at) !== stem.charCodeAt(at)) return false;
  return true;
}

function unite(stretches: Stretch[]): Stretch[] {
  const united: Stretch[] = [];
  for (const one of stretches.sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = united.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else united.push({ ...one });
  }
  return united;
}
