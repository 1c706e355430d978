import type { SignalChange } from '../papers/candidate.ts';

/** Why a paper is on a list, frozen when the list was made (stored as JSON with its place). */
export interface TrendNote {
  /** What the list is ordered by. */
  score: number;
  changes: SignalChange[];
  /** Votes gained on each of the last days, oldest first. */
  votesByDay: number[];
  /** Votes gained over the list's span; null: no source tells of votes, or the list has no span. */
  votesGained: number | null;
  /** Passed over at first, taking off now. */
  rising: boolean;
  /** The topic's own terms that were found, as typed. */
  terms: string[];
}

/** Reads a stored note. */
export function readNote(json: string): TrendNote {
  return JSON.parse(json) as TrendNote;
}

export function writeNote(note: TrendNote): string {
  const round = (value: number) => Math.round(value * 1000) / 1000;
  const { changes, votesByDay, votesGained, rising, terms } = note;
  return JSON.stringify({ score: round(note.score), changes, votesByDay, votesGained, rising, terms });
}
