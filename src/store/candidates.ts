import type { Signal, StoredPaper } from '../papers/paper.ts';
import { loadPapersByIds, loadSignals } from './paper-reads.ts';
import { toStoredPapers } from './paper-rows.ts';
import type { Db } from './store.ts';

export interface CandidateRow {
  paper: StoredPaper;
  /** All observed until now, oldest first. */
  signals: Signal[];
}

/** A signal that grew this much, and by this share, within this time brings an older paper back. */
const jump = { withinMs: 48 * 3_600_000, least: 5, share: 0.1 };

/**
 * The papers that may be sent at `now`, by id, with their signals. Recent enough is a paper that was announced
 * within the window; or that was first seen within it and is not old by the dates it has (published or
 * announced before the window), or by the month in its arXiv id when it has no dates; or one whose signals
 * jumped in the last two days. Never: withdrawn, or first seen after `now` (a simulated clock may stand in
 * the past). A few statements, however many papers.
 */
export async function loadCandidates(
  db: Db,
  { now, windowMs }: { now: number; windowMs: number },
): Promise<CandidateRow[]> {
  const begin = now - windowMs;
  const rows = await db
    .selectFrom('papers')
    .selectAll()
    .where('first_seen_at', '<=', now)
    .where('withdrawn_at', 'is', null)
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
  const signals = await loadSignals(
    db,
    recent.map((paper) => paper.id),
    now,
  );
  const candidates = recent.map((paper) => ({ paper, signals: signals.get(paper.id) ?? [] }));
  const back = await loadJumped(db, now, new Set(recent.map((paper) => paper.id)));
  return back.length === 0 ? candidates : [...candidates, ...back].sort((a, b) => a.paper.id - b.paper.id);
}

async function loadJumped(db: Db, now: number, known: ReadonlySet<number>): Promise<CandidateRow[]> {
  const observed = await db
    .selectFrom('paper_signals')
    .select('paper_id')
    .distinct()
    .where('observed_at', '>', now - jump.withinMs)
    .where('observed_at', '<=', now)
    .execute();
  const ids = observed.map((row) => row.paper_id).filter((id) => !known.has(id));
  const signals = await loadSignals(db, ids, now);
  const jumped = ids.filter((id) => hasJumped(signals.get(id) ?? [], now));
  const papers = await loadPapersByIds(db, jumped);
  return [...papers.values()]
    .filter((paper) => paper.withdrawnAt === null && paper.firstSeenAt <= now)
    .map((paper) => ({ paper, signals: signals.get(paper.id) ?? [] }));
}

/** Whether one of a paper's signals (oldest first) grew by the measure of `jump`. */
function hasJumped(signals: readonly Signal[], now: number): boolean {
  const before = new Map<string, number>();
  const latest = new Map<string, number>();
  for (const signal of signals) {
    const name = `${signal.source} ${signal.kind}`;
    if (signal.observedAt <= now - jump.withinMs) before.set(name, signal.value);
    latest.set(name, signal.value);
  }
  return [...latest].some(([name, value]) => {
    const then = before.get(name);
    return then !== undefined && value - then >= Math.max(jump.least, then * jump.share);
  });
}

/** arXiv assigns ids in the month of announcement (https://info.arxiv.org/help/availability.html). */
function isOldById(paper: StoredPaper, begin: number): boolean {
  if (paper.publishedAt !== null || paper.announcedAt !== null) return false;
  const month = /^arxiv:(?:[a-z-]+\/)?(\d{2})(\d{2})/.exec(paper.key);
  if (!month) return false;
  const year = Number(month[1]);
  return Date.UTC(year > 90 ? 1900 + year : 2000 + year, Number(month[2]), 2) < begin;
}
