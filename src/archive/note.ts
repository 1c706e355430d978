import type { SignalChange } from '../papers/candidate.ts';
import type { SignalKind } from '../papers/paper.ts';

/** Why a paper is on a list, frozen when the list was made (stored as JSON with its place). */
export interface TrendNote {
  /** What the list is ordered by. */
  score: number;
  changes: SignalChange[];
  /** Votes gained on each of the last days, oldest first. */
  votesByDay: number[];
  /** What each signal gained over the list's week or month; null: `sinceYesterday` says it. */
  gained: Partial<Record<SignalKind, number>> | null;
  /** Passed over at first, taking off now. */
  rising: boolean;
  /** The topic's own terms that were found, as typed. */
  terms: string[];
}

/** Reads a stored note. */
export function readNote(json: string): TrendNote {
  return { gained: null, ...(JSON.parse(json) as Omit<TrendNote, 'gained'>) };
}

export function writeNote(note: TrendNote): string {
  const round = (value: number) => Math.round(value * 1000) / 1000;
  const { changes, votesByDay, gained, rising, terms } = note;
  return JSON.stringify({ score: round(note.score), changes, votesByDay, gained, rising, terms });
}
