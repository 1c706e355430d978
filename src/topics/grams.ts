import { stemWord } from './stem.ts';
import { isStopWord } from './stop-words.ts';
import { splitWords } from './words.ts';

/** A pair's key is both words' numbers in one (exact below 2^53). */
export const pairBase = 2 ** 26;

/** The numbers of words, from 1, by their stems; kept by the words too, as the same ones come again and again. */
export interface WordNumbers {
  readonly byStem: Map<string, number>;
  /** 0: a stop word. */
  readonly byWord: Map<string, number>;
}

export function makeWordNumbers(): WordNumbers {
  return { byStem: new Map(), byWord: new Map() };
}

/** The numbers of a text's words without stop words; unknown ones are numbered too if `learn`, else -1. */
export function numberWords(text: string, { byStem, byWord }: WordNumbers, learn: boolean): number[] {
  const numbers: number[] = [];
  for (const word of splitWords(text)) {
    let number = byWord.get(word);
    if (number === undefined) {
      if (isStopWord(word)) number = 0;
      else {
        const stem = stemWord(word);
        number = byStem.get(stem) ?? (learn ? byStem.size + 1 : -1);
        if (learn) byStem.set(stem, number);
      }
      // What is only asked about is bounded by nothing.
      if (learn) byWord.set(word, number);
    }
    if (number !== 0) numbers.push(number);
  }
  return numbers;
}

/** Adds words and pairs of neighbours, each counted `times` times. */
export function countGrams(words: readonly number[], counts: Map<number, number>, times = 1): void {
  let before = 0;
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + times);
    if (before > 0 && word > 0) {
      const pair = before * pairBase + word;
      counts.set(pair, (counts.get(pair) ?? 0) + times);
    }
    before = word;
  }
}
