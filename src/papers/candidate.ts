import type { SignalKind, StoredPaper } from './paper.ts';

/** A signal's latest value and what it gained in the last 24 hours (null: not observed before that). */
export interface SignalChange {
  kind: SignalKind;
  value: number;
  sinceYesterday: number | null;
}

/** One summand of a trend score, for `papers show` and `explain`. */
export interface TrendPart {
  name: string;
  contribution: number;
  /** In words: `ln(1+41 upvotes gained) × 1.2 / age damping 1.8`. */
  note: string;
}

/** What a paper's signals say about now. */
export interface Trend {
  score: number;
  parts: TrendPart[];
  changes: SignalChange[];
  /** Votes gained on each of the last days, oldest first; as many days as are known. */
  votesByDay: number[];
  /** Passed over at first, taking off now. */
  rising: boolean;
}

/** A paper recent enough to be sent, with its trend among its peers. */
export interface Candidate {
  paper: StoredPaper;
  trend: Trend;
  /** The group it is ranked in, such as `cs.CL`; `other` when no category is known. */
  field: string;
  /** Share of its field that scores at or below it, 0..1. */
  percentile: number;
}
