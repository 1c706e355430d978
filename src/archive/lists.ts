import type { StoredPaper } from '../papers/paper.ts';
import { loadPapersByIds } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { findTrending, type ListedRow, type Span } from '../store/trending.ts';
import { readNote, type TrendNote } from './note.ts';

export interface ListedPaper {
  paper: StoredPaper;
  note: TrendNote;
}

export interface TrendingList {
  span: Span;
  /** The day (UTC) it ends with, `YYYY-MM-DD`; it may be earlier than asked for. */
  date: string;
  /** When it was worked out, epoch ms. */
  madeAt: number;
  papers: ListedPaper[];
}

/** What trended over the span that ended with `until` (`YYYY-MM-DD`, UTC), or last before. Null: nothing is kept. */
export async function readTrending(db: Db, span: Span, until: string): Promise<TrendingList | null> {
  const found = await findTrending(db, span, until);
  if (!found) return null;
  return { span, date: found.date, madeAt: found.madeAt, papers: await openRows(db, found.rows) };
}

/** Loads a list's papers: once each, and none that was withdrawn since. */
export async function openRows(db: Db, rows: readonly ListedRow[]): Promise<ListedPaper[]> {
  const papers = await loadPapersByIds(
    db,
    rows.map(({ paperId }) => paperId),
  );
  const listed = new Map<number, ListedPaper>();
  for (const { paperId, note } of rows) {
    const paper = papers.get(paperId);
    if (!paper || paper.withdrawnAt !== null || listed.has(paperId)) continue;
    listed.set(paperId, { paper, note: readNote(note) });
  }
  return [...listed.values()];
}
