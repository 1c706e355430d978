import { setImmediate } from 'node:timers/promises';
import { rankScore } from '../digest/choose.ts';
import { attentionOver } from '../papers/attention.ts';
import type { Candidate } from '../papers/candidate.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { nearDuplicate, type Signature, signatureOf } from '../papers/similar.ts';
import { rankWithinFields, trendScore } from '../papers/trend.ts';
import { loadCandidates, loadPapersByIds, loadSignals } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { listPublicTopics } from '../store/topics.ts';
import {
  findPapersWithSignals,
  type ListedRow,
  type Span,
  saveTopicPapers,
  saveTrending,
} from '../store/trending.ts';
import type { SqliteHandle } from '../topics/text-index.ts';
import { buildTopicIndex } from '../topics/topic-index.ts';
import { writeNote } from './note.ts';

export interface RankRequest {
  db: Db;
  /** An empty in-memory SQLite database for the matcher; the caller closes it. */
  handle: SqliteHandle;
  /** Epoch ms. */
  now: number;
  /** How far back a paper may have come out to trend today. */
  windowMs: number;
}

export interface RankReport {
  /** The day (UTC) that the lists are of. */
  date: string;
  candidates: number;
  topics: number;
}

const dayMs = 24 * 3_600_000;
export const spanMs: Record<Exclude<Span, 'day'>, number> = { week: 7 * dayMs, month: 30 * dayMs };

/** Papers of a list. */
export const listLength = 50;
/** How many of those that gained most are looked at closely. */
const looked = 500;

/**
 * Works out what trends at `now`, today, this week and this month, and the best papers of each public topic, and keeps
 * it for the pages. Running it again replaces the lists of the day. Takes a second or so for thousands of candidates;
 * transactions are short.
 */
export async function rankArchive({ db, handle, now, windowMs }: RankRequest): Promise<RankReport> {
  const date = new Date(now).toISOString().slice(0, 10);
  const loaded = await loadCandidates(db, { now, windowMs });
  const candidates = rankWithinFields(
    loaded.map(({ paper, signals }) => ({ paper, trend: trendScore({ ...paper, signals }, now) })),
  );
  const today = rankToday(candidates);
  await saveTrending(db, { span: 'day', date, madeAt: now }, today);
  for (const [span, ms] of Object.entries(spanMs) as [Exclude<Span, 'day'>, number][])
    await saveTrending(db, { span, date, madeAt: now }, await rankSpan(db, now, ms, today));
  const topics = await rankTopics(db, handle, candidates, now);
  return { date, candidates: candidates.length, topics };
}

function rankToday(candidates: readonly Candidate[]): ListedRow[] {
  const byScore = [...candidates].sort((a, b) => b.trend.score - a.trend.score || b.paper.id - a.paper.id);
  return takeDistinct(byScore, ({ paper }) => paper).map(({ paper, trend }) => ({
    paperId: paper.id,
    note: writeNote({ ...trend, gained: null, terms: [] }),
  }));
}

/** Where hardly any paper has signals, those of today fill the list up. */
async function rankSpan(db: Db, now: number, ms: number, today: readonly ListedRow[]): Promise<ListedRow[]> {
  const ids = await findPapersWithSignals(db, { since: now - ms, until: now, limit: looked });
  const [papers, signals] = [await loadPapersByIds(db, ids), await loadSignals(db, ids, now)];
  const gained = [...papers.values()]
    .map((paper) => ({
      paper,
      ...attentionOver({ ...paper, signals: signals.get(paper.id) ?? [] }, now, ms),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.paper.id - a.paper.id);
  const rows = takeDistinct(gained, ({ paper }) => paper).map(({ paper, ...note }) => ({
    paperId: paper.id,
    note: writeNote({ ...note, rising: false, terms: [] }),
  }));
  const known = new Set(rows.map(({ paperId }) => paperId));
  return [...rows, ...today.filter(({ paperId }) => !known.has(paperId))].slice(0, listLength);
}

async function rankTopics(
  db: Db,
  handle: SqliteHandle,
  candidates: readonly Candidate[],
  now: number,
): Promise<number> {
  const topics = await listPublicTopics(db);
  const byId = new Map(candidates.map((candidate) => [candidate.paper.id, candidate]));
  const index = buildTopicIndex(handle, candidates);
  try {
    for (const { id: topicId, query } of topics) {
      const ranked = index
        .match(query)
        .flatMap(({ paperId, relevance, terms }) => {
          const candidate = byId.get(paperId);
          if (!candidate) return [];
          const { percentile, trend } = candidate;
          return [{ candidate, terms, score: rankScore(percentile, relevance, trend.rising, 1) }];
        })
        .sort((a, b) => b.score - a.score || b.candidate.paper.id - a.candidate.paper.id);
      const rows = takeDistinct(ranked, ({ candidate }) => candidate.paper).map(
        ({ candidate, terms, score }) => ({
          paperId: candidate.paper.id,
          note: writeNote({ ...candidate.trend, score, gained: null, terms: terms.slice(0, 6) }),
        }),
      );
      await saveTopicPapers(db, { topicId, query, madeAt: now }, rows);
      await setImmediate();
    }
  } finally {
    index.close();
  }
  return topics.length;
}

/** The first of a ranking, leaving out what is nearly the same as one before it. */
function takeDistinct<One>(ranked: readonly One[], paperOf: (one: One) => StoredPaper): One[] {
  const taken: One[] = [];
  const signatures: Signature[] = [];
  for (const one of ranked) {
    if (taken.length >= listLength) break;
    const signature = signatureOf(paperOf(one));
    if (signatures.some((other) => nearDuplicate(other, signature))) continue;
    taken.push(one);
    signatures.push(signature);
  }
  return taken;
}
