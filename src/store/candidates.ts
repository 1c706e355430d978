import type { Signal, StoredPaper } from '../papers/paper.ts';
import { readFloors } from './floors.ts';
import { loadSignals } from './paper-reads.ts';
import { chunksOf, toStoredPapers } from './paper-rows.ts';
import type { Db } from './store.ts';

export interface CandidateRow {
  paper: StoredPaper;
  /** All observed until now, oldest first. */
  signals: Signal[];
}

/**
 * The papers that may be sent at `now`, by id, with their signals. Recent enough is a paper that was announced
 * within the window; or that was first seen within it and is not old by the dates it has (published or
 * announced before the window), or by the month in its arXiv id when it has no dates. Never: withdrawn, absorbed
 * by another row, first seen after `now` (a simulated clock may stand in the past), or below the floors (floors.ts).
 * A few statements, however many papers.
 */
export async function loadCandidates(
  db: Db,
  { now, windowMs }: { now: number; windowMs: number },
): Promise<CandidateRow[]> {
  const begin = now - windowMs;
  const rows = await (await selectSendable(db, now))
    .where((is) =>
      is.or([
        is.and([is('announced_at', '>=', begin), is('announced_at', '<=', now)]),
        is.and([
          is('first_seen_at', '>=', begin),
          is.or([
            is('published_at', '>=', begin),
            is('announced_at', '>=', begin),
            is.and([is('published_at', 'is', null), is('announced_at', 'is', null)]),
          ]),
        ]),
      ]),
    )
    .orderBy('id')
    .execute();
  const recent = (await toStoredPapers(db, rows)).filter((paper) => !isOldById(paper, begin));
  return await withSignals(db, recent, now);
}

/** Those of some papers that may be sent at `now` however long ago they came out, by id, with their signals. */
export async function loadSendable(db: Db, ids: readonly number[], now: number): Promise<CandidateRow[]> {
  const papers: StoredPaper[] = [];
  for (const some of chunksOf([...new Set(ids)]))
    papers.push(
      ...(await toStoredPapers(db, await (await selectSendable(db, now)).where('id', 'in', some).execute())),
    );
  return await withSignals(
    db,
    papers.sort((a, b) => a.id - b.id),
    now,
  );
}

async function selectSendable(db: Db, now: number) {
  const { papersForgottenUntil, papersRestoredUntil } = await readFloors(db);
  return db
    .selectFrom('papers')
    .selectAll()
    .where('first_seen_at', '<=', now)
    .where('first_seen_at', '>', Math.max(papersForgottenUntil, papersRestoredUntil))
    .where((is) => is.or([is('published_at', 'is', null), is('published_at', '>', papersRestoredUntil)]))
    .where((is) => is.or([is('announced_at', 'is', null), is('announced_at', '>', papersRestoredUntil)]))
    .where('withdrawn_at', 'is', null)
    .where('merged_into', 'is', null);
}

async function withSignals(db: Db, papers: readonly StoredPaper[], now: number): Promise<CandidateRow[]> {
  const signals = await loadSignals(
    db,
    papers.map((paper) => paper.id),
    now,
  );
  return papers.map((paper) => ({ paper, signals: signals.get(paper.id) ?? [] }));
}

/**
 * Whether a paper, as far as its dates tell, was among the candidates of an instant: what `loadCandidates` asks of one,
 * for papers that were loaded at a later instant with a longer window.
 */
export function wasCandidate(
  paper: StoredPaper,
  { now, windowMs }: { now: number; windowMs: number },
): boolean {
  const begin = now - windowMs;
  const { firstSeenAt, announcedAt, publishedAt } = paper;
  if (firstSeenAt > now) return false;
  const isAnnounced = announcedAt !== null && announcedAt >= begin && announcedAt <= now;
  const isNew =
    firstSeenAt >= begin &&
    ((publishedAt !== null && publishedAt >= begin) ||
      (announcedAt !== null && announcedAt >= begin) ||
      (publishedAt === null && announcedAt === null));
  return (isAnnounced || isNew) && !isOldById(paper, begin);
}

/** arXiv assigns ids in the month of announcement (https://info.arxiv.org/help/availability.html). */
function isOldById(paper: StoredPaper, begin: number): boolean {
  if (paper.publishedAt !== null || paper.announcedAt !== null) return false;
  const month = /^arxiv:(?:[a-z-]+\/)?(\d{2})(\d{2})/.exec(paper.key);
  if (!month) return false;
  const year = Number(month[1]);
  return Date.UTC(year > 90 ? 1900 + year : 2000 + year, Number(month[2]), 2) < begin;
}
