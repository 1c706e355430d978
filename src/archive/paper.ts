import type { Trend } from '../papers/candidate.ts';
import { arxivKey, doiKey, openreviewKey } from '../papers/key.ts';
import type { PaperKey, Signal, StoredPaper } from '../papers/paper.ts';
import { seriesOf, votesByDay } from '../papers/signals.ts';
import { trendScore } from '../papers/trend.ts';
import { findPaper, loadSignals } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { findRelated } from './related.ts';

/** A paper as its page shows it. */
export interface PaperLook {
  paper: StoredPaper;
  /** What its signals say about now. */
  trend: Trend;
  signals: Signal[];
  /** Votes gained on each of the last days, at most thirty, oldest first. */
  votesByDay: number[];
  related: StoredPaper[];
}

export type PaperFound =
  | { state: 'found'; look: PaperLook }
  /** Known by another key now: that of the row that holds the work. */
  | { state: 'moved'; key: PaperKey }
  | { state: 'withdrawn'; look: PaperLook }
  | { state: 'unknown' };

const shownDays = 30;
const relatedPapers = 6;

/** Looks a paper up by its canonical key and says how it stands at `now`, epoch ms. */
export async function lookAtPaper(db: Db, key: PaperKey, now: number): Promise<PaperFound> {
  const paper = await findPaper(db, key);
  if (!paper) return { state: 'unknown' };
  if (paper.key !== key) return { state: 'moved', key: paper.key };
  const signals = (await loadSignals(db, [paper.id], now)).get(paper.id) ?? [];
  const series = seriesOf(signals, now);
  return {
    state: paper.withdrawnAt === null ? 'found' : 'withdrawn',
    look: {
      paper,
      trend: trendScore({ ...paper, signals }, now),
      signals,
      votesByDay: votesByDay(series, now, paper.lastSeenAt, shownDays),
      related: await findRelated(db, paper, relatedPapers),
    },
  };
}

/** By a canonical key, or by what gives one: an arXiv id, a DOI, an address of either. Null: there is no such paper. */
export async function findPaperByName(db: Db, name: string): Promise<StoredPaper | null> {
  for (const key of [name, arxivKey(name), doiKey(name), openreviewKey(name)]) {
    const paper = key === null ? null : await findPaper(db, key);
    if (paper) return paper;
  }
  return null;
}
