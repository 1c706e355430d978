import { type Choice, chooseDigest } from '../digest/choose.ts';
import type { Occasion } from '../digest/digest.ts';
import { localDateAt } from '../digest/schedule.ts';
import { type Steering, steerPool } from '../digest/steer.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import {
  findEditionsSince,
  findHeldPapers,
  findLastSentDates,
  findLiveTopics,
  findReturnDates,
  type LiveTopic,
  type PlannedEdition,
} from '../store/plan-runs.ts';
import type { SubscriberRow } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { findSuppressed, type Suppression } from '../store/suppressions.ts';
import type { CandidateSet, NotedPool } from './candidate-set.ts';
import { type EditionToPlan, editionsToPlan, lookBackMs, type ScheduledDay } from './editions.ts';
import type { MissedSet } from './missed.ts';
import { lastHandledDate, missedReasons, occasionOf } from './occasion.ts';
import type { SteeringReader } from './steering.ts';

/** Why the planner skipped a due digest. */
export type PlanSkip = 'nothing_new' | 'source_late' | 'no_topics' | 'folded' | 'suppressed';

/** What decides about one subscriber's editions, besides their row. */
export interface ReaderFacts {
  topics: LiveTopic[];
  /** Papers they were sent or are about to be. */
  held: Set<number>;
  /** Their editions that have a row, of the last weeks, oldest first. */
  editions: Pick<PlannedEdition, 'editionDate' | 'reason' | 'dueAt' | 'plannedAt'>[];
  /** The last one that was sent before those. */
  sentBefore: string | null;
  suppression: Suppression | null;
  /** Undefined: they never asked for more or less of anything. */
  steering: Steering | undefined;
  /** Set when they were away for so long that candidates do not reach back; `lastDate`: of what they did not miss. */
  missed: { set: MissedSet; lastDate: string } | null;
}

export interface FactsDeps {
  db: Db;
  candidates: CandidateSet;
  /** For who was away; null: nobody was, or nothing is known of what came out before the candidates. */
  missed: MissedSet | null;
  hashAddress: HashAddress;
  readSteering: SteeringReader;
}

/** The facts of a page of subscribers, by id, as they stand; read with a few statements. `at`: epoch ms. */
export async function loadReaderFacts(
  { db, candidates, missed, hashAddress, readSteering }: FactsDeps,
  subscribers: readonly SubscriberRow[],
  at: number,
): Promise<Map<number, ReaderFacts>> {
  const ids = subscribers.map((one) => one.id);
  const topics = Map.groupBy(await findLiveTopics(db, ids), (one) => one.subscriberId);
  const oldestDueAt = Math.min(at, ...subscribers.map((one) => one.next_due_at ?? at));
  const since = localDateAt(oldestDueAt - lookBackMs, 'UTC');
  const known = Map.groupBy(await findEditionsSince(db, ids, since), (one) => one.subscriberId);
  const unknown = ids.filter((id) => lastHandledDate(known.get(id) ?? [], '9999') === null);
  const sentBefore = await findLastSentDates(db, unknown, since);
  const hashes = new Map(subscribers.map((one) => [one.id, hashAddress(one.email_key)]));
  const suppressed = await findSuppressed(db, [...hashes.values()]);
  const returning = missed
    ? await findReturnDates(
        db,
        ids.filter((id) => (lastHandledDate(known.get(id) ?? [], '9999') ?? '') < missed.sinceDate),
        { sinceDate: missed.sinceDate, missedReasons },
      )
    : new Map<number, string>();
  const present = ids.filter((id) => !returning.has(id));
  const held = Map.groupBy(
    [
      ...(await findHeldPapers(db, present, candidates.firstPaperId)),
      ...(missed ? await findHeldPapers(db, [...returning.keys()], missed.firstPaperId) : []),
    ],
    (one) => one.subscriberId,
  );
  const steerings = new Map([
    ...(await readSteering(db, present)),
    ...(missed ? await missed.readSteering(db, [...returning.keys()]) : []),
  ]);
  return new Map(
    ids.map((id) => [
      id,
      {
        topics: topics.get(id) ?? [],
        held: new Set(held.get(id)?.map((one) => one.paperId)),
        editions: known.get(id) ?? [],
        sentBefore: sentBefore.get(id) ?? null,
        suppression: suppressed.get(hashes.get(id) ?? '') ?? null,
        steering: steerings.get(id),
        missed: missed && returning.has(id) ? { set: missed, lastDate: returning.get(id) as string } : null,
      },
    ]),
  );
}

/** What becomes of one edition: its papers, or why there is no mail. */
export interface DecidedEdition {
  edition: EditionToPlan;
  occasion: Occasion;
  /** Null: there is a mail. */
  skipped: { reason: PlanSkip; detail: string | null } | null;
  chosen: Choice['chosen'];
  /** Matching papers that did not fit. */
  more: number;
  /** The pool that they were chosen from, before steering, and what it is of; null when nothing was. */
  shared: NotedPool | null;
  from: CandidateSet;
}

/**
 * Which editions a due subscriber has at `at` and what is in each: what a plan does, and what a dry run only tells.
 */
export function decideEditions(
  { candidates, sourceLate }: { candidates: CandidateSet; sourceLate: boolean },
  subscriber: SubscriberRow,
  facts: ReaderFacts,
  day: ScheduledDay,
  at: number,
): DecidedEdition[] {
  const lastDate = lastHandledDate(facts.editions, day.latest.date) ?? facts.sentBefore;
  return editionsToPlan(subscriber, at, facts.editions, day).map((edition) => {
    const { suppression, topics, steering } = facts;
    const missed = missedOf(facts, lastDate, day.previousDate);
    const occasion = occasionOf(day.schedule, day.previousDate, missed?.lastDate ?? lastDate);
    const from = missed?.set ?? candidates;
    const none = { edition, occasion, chosen: [], more: 0, shared: null, from };
    if (suppression) {
      const detail = `the address is suppressed: ${suppression.reason}`;
      return { ...none, skipped: { reason: 'suppressed', detail } };
    }
    if (edition.folded) return { ...none, skipped: { reason: 'folded', detail: edition.folded } };
    if (topics.length === 0) return { ...none, skipped: { reason: 'no_topics', detail: null } };
    const shared = missed ? missed.set.poolSince(topics, missed.lastDate) : candidates.poolFor(topics);
    const { chosen, more } = chooseDigest(steering ? steerPool(shared, steering) : shared, facts.held, {
      maxPapers: subscriber.max_papers,
      twinsOf: from.twinsOf,
    });
    if (chosen.length > 0) return { edition, occasion, skipped: null, chosen, more, shared, from };
    if (subscriber.quiet_mail === 1)
      return { ...none, occasion: sourceLate ? 'late' : 'quiet', skipped: null };
    return { ...none, skipped: { reason: sourceLate ? 'source_late' : 'nothing_new', detail: null } };
  });
}

/** What they missed, unless they have had an edition since (of the same look ahead), or their schedule names none between. */
function missedOf(
  { missed }: ReaderFacts,
  lastDate: string | null,
  previousDate: string,
): ReaderFacts['missed'] {
  return missed && missed.lastDate >= (lastDate ?? '') && missed.lastDate < previousDate ? missed : null;
}
