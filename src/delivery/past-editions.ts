import { buildPool, chooseDigest, noteOf } from '../digest/choose.ts';
import type { Note } from '../digest/digest.ts';
import { latestEdition, localDateAt, type Schedule, weekdays } from '../digest/schedule.ts';
import type { Candidate } from '../papers/candidate.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { rankWithinFields, trendScore } from '../papers/trend.ts';
import { createTwinFinder } from '../papers/twins.ts';
import { type CandidateRow, loadCandidates, wasCandidate } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { parseQueryOrThrow } from '../topics/parse.ts';
import type { SqliteHandle } from '../topics/text-index.ts';
import { buildTopicIndex } from '../topics/topic-index.ts';

/** How many local days are played, today included. */
export const pastDays = 7;

/** What somebody might subscribe to. */
export interface PreviewWish extends Schedule {
  /** Names as the digest would say them; queries that parse. */
  topics: readonly { name: string; query: string }[];
  maxPapers: number;
}

/** What a digest would have held on one local date. */
export interface PastEdition {
  /** `YYYY-MM-DD`. */
  date: string;
  /** Null: this is not one of the days with a digest, or its time has not come yet. */
  dueAt: number | null;
  papers: PastPaper[];
  /** Further papers that matched and were not sent. */
  more: number;
}

/** What is shown of a paper, and why it would have been there. */
export interface PastPaper
  extends Pick<StoredPaper, 'id' | 'key' | 'title' | 'authors' | 'abstract' | 'tldr' | 'paperUrl'> {
  note: Note;
}

/** The candidates of the last days, ready to be asked for any number of wishes. */
export interface PastEditions {
  /** When they were loaded, epoch ms: later editions are not known here. */
  readonly at: number;
  readonly size: number;
  /** The editions of the last seven local days, the latest first. Throws TopicQueryError for what is no query. */
  play(wish: PreviewWish): PastEdition[];
  close(): void;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A local day has up to 25 hours, and what is due today may be due tomorrow in UTC. */
const reachMs = (pastDays + 2) * dayMs;

/** Candidates held in the sets of past instants, at most; each is some hundred bytes. */
const maxHeld = 400_000;

/**
 * Loads what was known in the last days. A paper's text does not change with the day, so all of them share one index;
 * what was a candidate and how it trended is worked out for each instant that is asked for, from the signals observed
 * by then, and kept for the next who asks. `handle`: an empty database in memory. Takes a while and blocks its thread.
 */
export async function loadPastEditions(
  db: Db,
  handle: SqliteHandle & { close(): unknown },
  { now, windowMs }: { now: number; windowMs: number },
): Promise<PastEditions> {
  const rows = await loadCandidates(db, { now, windowMs: windowMs + reachMs });
  // In the order of the rows: a paper's place in the index says nothing here.
  const everything = rows.map(({ paper }): Candidate => ({ paper, ...unranked }));
  const index = buildTopicIndex(handle, everything);
  const twinsOf = createTwinFinder(rows.map(({ paper }) => paper));
  const sets = new Map<number, CandidatesThen>();

  const setAt = (dueAt: number) => {
    // Nobody sees the difference within an hour, and time zones share their sets.
    const at = dueAt - (dueAt % hourMs);
    let set = sets.get(at);
    if (!set) set = candidatesAt(rows, at, windowMs);
    // What was asked for last goes last.
    sets.delete(at);
    sets.set(at, set);
    let held = 0;
    for (const one of sets.values()) held += one.candidates.size;
    for (const [oldest, { candidates }] of sets) {
      if (held <= maxHeld || sets.size <= pastDays) break;
      sets.delete(oldest);
      held -= candidates.size;
    }
    return set;
  };

  return {
    at: now,
    size: rows.length,
    play(wish) {
      const topics = wish.topics.map(({ name, query }, place) => ({
        id: place + 1,
        name,
        query: parseQueryOrThrow(query),
      }));
      const editions = listEditions(wish, now);
      const held = new Set<number>();
      const played = new Map<string, PastEdition>();
      // The oldest first: what was in one digest is in no later one.
      for (const { date, dueAt } of editions.toReversed()) {
        const none = { date, dueAt, papers: [], more: 0 };
        if (dueAt === null) {
          played.set(date, none);
          continue;
        }
        const { candidates, among } = setAt(dueAt);
        const matched = topics.map(({ query, ...topic }) => ({
          ...topic,
          matches: index.match(query, { among }),
        }));
        const pool = buildPool(matched, candidates);
        const { chosen, more } = chooseDigest(pool, held, { maxPapers: wish.maxPapers, twinsOf });
        for (const { entry } of chosen) held.add(entry.paperId);
        const papers = chosen.flatMap(({ entry }) => {
          const candidate = candidates.get(entry.paperId);
          return candidate ? [{ ...shown(candidate.paper), note: noteOf(entry, candidate) }] : [];
        });
        played.set(date, { ...none, papers, more });
      }
      return editions.map(({ date }) => played.get(date) as PastEdition);
    },
    close() {
      sets.clear();
      index.close();
      handle.close();
    },
  };
}

const unranked = {
  trend: { score: 0, parts: [], changes: [], votesByDay: [], rising: false },
  field: 'other',
  percentile: 0,
};

/** The candidates of one instant with their trends as they stood then, and which of the rows they are. */
interface CandidatesThen {
  candidates: ReadonlyMap<number, Candidate>;
  among: Uint8Array;
}

function candidatesAt(rows: readonly CandidateRow[], at: number, windowMs: number): CandidatesThen {
  const among = Uint8Array.from(rows, ({ paper }) => (wasCandidate(paper, { now: at, windowMs }) ? 1 : 0));
  const ranked = rankWithinFields(
    rows
      .filter((_, place) => among[place] === 1)
      .map(({ paper, signals }) => {
        const trend = trendScore({ ...paper, signals }, at);
        // How the score came about nobody asks here, and it is most of what a trend weighs.
        return { paper, trend: { ...trend, parts: [] } };
      }),
  );
  return { candidates: new Map(ranked.map((candidate) => [candidate.paper.id, candidate])), among };
}

/** The last seven local dates, the latest first, each with the instant its digest was due, if there was one by `now`. */
function listEditions(schedule: Schedule, now: number): { date: string; dueAt: number | null }[] {
  const due = new Map<string, number>();
  const today = Temporal.PlainDate.from(localDateAt(now, schedule.timezone));
  const first = today.subtract({ days: pastDays }).toString();
  let edition = latestEdition(schedule, now);
  while (edition.date >= first) {
    due.set(edition.date, edition.dueAt);
    edition = latestEdition(schedule, edition.dueAt - 1);
  }
  // Before today's time has come the seven days end with yesterday.
  const isOver = due.has(today.toString()) || !isDayOf(schedule, today);
  const last = isOver ? today : today.subtract({ days: 1 });
  return Array.from({ length: pastDays }, (_, back) => {
    const date = last.subtract({ days: back }).toString();
    return { date, dueAt: due.get(date) ?? null };
  });
}

function isDayOf(schedule: Schedule, date: Temporal.PlainDate): boolean {
  const day = weekdays[date.dayOfWeek - 1];
  return day !== undefined && schedule.days.includes(day);
}

function shown({ id, key, title, authors, abstract, tldr, paperUrl }: StoredPaper): Omit<PastPaper, 'note'> {
  return { id, key, title, authors: authors.slice(0, 20), abstract, tldr, paperUrl };
}
