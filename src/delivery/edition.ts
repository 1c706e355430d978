import { type Choice, chooseDigest, noteOf, type Pool, type PoolEntry } from '../digest/choose.ts';
import { type Digest, isMail, type Occasion } from '../digest/digest.ts';
import { currentEdition, type Edition, latestEdition, localDateAt } from '../digest/schedule.ts';
import { steerPool } from '../digest/steer.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { type DeliveryEntry, findSentDates, listDeliveries } from '../store/deliveries.ts';
import {
  findEditionsSince,
  findHeldPapers,
  findLastSentDates,
  findLiveTopics,
  findReturnDates,
  type LiveTopic,
} from '../store/plan-runs.ts';
import type { Db } from '../store/store.ts';
import type { Subscriber } from '../store/subscribers.ts';
import { findSuppressed, type Suppression } from '../store/suppressions.ts';
import type { CandidateSet } from './candidate-set.ts';
import { lookBackMs } from './editions.ts';
import { type Addressed, type MakeLinks, readDigests } from './messages.ts';
import { lastHandledDate, missedReasons, occasionOf } from './occasion.ts';
import { createSteeringReader, type SteeringReader } from './steering.ts';

/** One subscriber's digest as it is or would be at an instant, for `preview` and `explain`. */
export interface EditionLook {
  subscriber: Subscriber;
  topics: LiveTopic[];
  /** The address must not be mailed; null: it may. */
  suppression: Suppression | null;
  edition: { date: string; dueAt: number };
  /** The row, when this edition was planned. */
  delivery: DeliveryEntry | null;
  /** The frozen papers when it was planned, otherwise what would be chosen now. Null: none. */
  digest: Digest | null;
  addressed: Addressed;
  /** Among what it was chosen. */
  candidates: CandidateSet;
  /** How the choice would go now among what is unsent; a planned edition's own papers count as sent. */
  choice: Choice;
  /** The best of what still matches and was sent before, with the edition it was in. */
  sentBefore: { entry: PoolEntry; editionDate: string | null }[];
}

export interface LookDeps {
  db: Db;
  at: number;
  candidates: CandidateSet;
  links: MakeLinks;
  messageId: (subscriberId: number, editionDate: string) => string;
  hashAddress: HashAddress;
  /** How many papers that just missed are told of. */
  tellMissed?: number;
}

/**
 * Looks at the edition of the subscriber's local date at `at` when its time has come, otherwise at the next one.
 * Changes nothing.
 */
export async function lookAtEdition(deps: LookDeps, subscriber: Subscriber): Promise<EditionLook> {
  const { db, at } = deps;
  const edition = currentEdition(subscriber, at);
  const topics = await findLiveTopics(db, [subscriber.id]);
  const { missed } = deps.candidates;
  const lastDate =
    missed && (await findReturnDates(db, [subscriber.id], { ...missed, missedReasons })).get(subscriber.id);
  const previousDate = latestEdition(subscriber, edition.dueAt - 1).date;
  const set = missed && lastDate && lastDate < previousDate ? await missed.load(db, topics) : null;
  const occasion = set ? 'away' : await occasionNow(db, subscriber, edition);
  try {
    const among: Among = set
      ? { candidates: set, pool: set.poolSince(topics, lastDate as string), readSteering: set.readSteering }
      : {
          candidates: deps.candidates,
          pool: deps.candidates.poolFor(topics),
          readSteering: createSteeringReader(deps.candidates),
        };
    return await lookAmong(deps, subscriber, { edition, occasion, topics }, among);
  } finally {
    set?.close();
  }
}

/** What a digest is chosen from. */
interface Among {
  candidates: CandidateSet;
  pool: Pool;
  readSteering: SteeringReader;
}

async function lookAmong(
  deps: LookDeps,
  subscriber: Subscriber,
  { edition, occasion, topics }: { edition: Edition; occasion: Occasion; topics: LiveTopic[] },
  { candidates, pool: shared, readSteering }: Among,
): Promise<EditionLook> {
  const { db, tellMissed = 8 } = deps;
  const held = await findHeldPapers(db, [subscriber.id], candidates.firstPaperId);
  const steering = (await readSteering(db, [subscriber.id])).get(subscriber.id);
  const choice = chooseDigest(
    steering ? steerPool(shared, steering) : shared,
    new Set(held.map((one) => one.paperId)),
    {
      maxPapers: subscriber.maxPapers,
      twinsOf: candidates.twinsOf,
      tellMissed: tellMissed + subscriber.maxPapers,
    },
  );
  const [delivery = null] = await listDeliveries(db, {
    email: subscriber.emailKey,
    editionDate: edition.date,
    limit: 1,
  });
  const addressed: Addressed = {
    id: delivery?.id ?? 0,
    subscriberId: subscriber.id,
    linkEpoch: subscriber.linkEpoch,
    editionDate: edition.date,
    messageId: delivery?.messageId ?? deps.messageId(subscriber.id, edition.date),
    more: delivery?.more ?? choice.more,
    occasion: delivery?.occasion ?? occasion,
    email: subscriber.email,
    locale: subscriber.locale,
    timezone: subscriber.timezone,
  };
  // What is in the digest did not miss it.
  const own = new Set(delivery?.papers.map((paper) => paper.key));
  const others = choice.missed.filter(
    (one) => !own.has(candidates.candidates.get(one.entry.paperId)?.paper.key ?? ''),
  );
  const sentBefore = others.filter((one) => one.reason === 'already_sent');
  choice.missed = others.filter((one) => one.reason !== 'already_sent').slice(0, tellMissed);
  const sentDates = await findSentDates(
    db,
    subscriber.id,
    sentBefore.map((one) => one.entry.paperId),
  );
  const addressHash = deps.hashAddress(subscriber.emailKey);
  const suppression = (await findSuppressed(db, [addressHash])).get(addressHash) ?? null;
  const digest = delivery
    ? ((await readDigests(deps, [addressed])).get(delivery.id)?.digest ?? null)
    : digestOf({ links: deps.links, candidates }, addressed, choice);
  return {
    subscriber,
    topics,
    suppression,
    edition: { date: edition.date, dueAt: edition.dueAt },
    delivery,
    digest: digest && isMail(digest) && (delivery || !suppression) ? digest : null,
    addressed,
    candidates,
    choice,
    sentBefore: sentBefore
      .slice(0, tellMissed)
      .map(({ entry }) => ({ entry, editionDate: sentDates.get(entry.paperId) ?? null })),
  };
}

/** What an edition that is not planned yet would be for. */
async function occasionNow(db: Db, subscriber: Subscriber, edition: Edition): Promise<Occasion> {
  const { date, dueAt } = edition;
  const since = localDateAt(dueAt - lookBackMs, 'UTC');
  const known = await findEditionsSince(db, [subscriber.id], since);
  const lastDate =
    lastHandledDate(known, date) ??
    (await findLastSentDates(db, [subscriber.id], date)).get(subscriber.id) ??
    null;
  return occasionOf(subscriber, latestEdition(subscriber, dueAt - 1).date, lastDate);
}

function digestOf(
  deps: Pick<LookDeps, 'links' | 'candidates'>,
  addressed: Addressed,
  choice: Choice,
): Digest {
  return {
    editionDate: addressed.editionDate,
    locale: addressed.locale,
    timezone: addressed.timezone,
    occasion: addressed.occasion,
    more: choice.more,
    links: deps.links(addressed, addressed.id),
    papers: choice.chosen.flatMap(({ entry }, index) => {
      const candidate = deps.candidates.candidates.get(entry.paperId);
      return candidate
        ? [
            {
              position: index + 1,
              paper: candidate.paper,
              note: noteOf(entry, candidate, deps.candidates.sharesTitle(entry.paperId)),
            },
          ]
        : [];
    }),
  };
}
