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
  return (field, text) => {
    const here = sought.filter(({ fields, run }) => run.length > 0 && fields.includes(field));
    if (here.length === 0) return [];
    const { words, compounds } = placeWords(text.slice(0, maxTextLength));
    const places = [...words, ...compounds];
    const stems = here.some(({ isStem }) => isStem) ? places.map(({ word }) => stemWord(word)) : [];
    const found: Stretch[] = [];
    for (const one of here)
      for (let at = 0; at < places.length; at++) {
        // Compounds stand behind the words; nothing stands beside them.
        if (one.run.length > 1 && at + one.run.length > words.length) break;
        if (!standsAt(one, places, stems, at)) continue;
        const first = places[at] as PlacedWord;
        const last = places[at + one.run.length - 1] as PlacedWord;
        found.push({ from: first.from, to: last.to });
      }
    return unite(found);
  };
}

function standsAt(
  { run, isStem, prefix }: Sought,
  places: PlacedWord[],
  stems: string[],
  at: number,
): boolean {
  return run.every((wanted, index) => {
    const word = isStem ? stems[at + index] : places[at + index]?.word;
    if (word === undefined) return false;
    return prefix && index === run.length - 1 ? word.startsWith(wanted) : word === wanted;
  });
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
