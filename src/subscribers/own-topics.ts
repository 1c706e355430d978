import { randomInt } from 'node:crypto';
import { atomically } from '../store/atomically.ts';
import { audited } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { endSubscriptions, startSubscriptions } from '../store/subscriptions.ts';
import { removeTopic } from '../store/topic-archive.ts';
import { addTopic, editTopic, listOwnedTopics } from '../store/topics.ts';
import { parseQuery } from '../topics/parse.ts';
import { printQuery } from '../topics/query.ts';
import type { Topic } from '../topics/topic.ts';
import { type OwnWords, readOwnWords, type WordsProblem } from './own-words.ts';

/** How many topics of their own a subscriber may have, and may ever have made: removed ones stay in the ledger. */
export const ownTopicLimits = { live: 10, ever: 200 } as const;

/** The topic as it is now, or what stands against it; `text` is what a problem's place counts in. */
export type OwnTopicResult =
  | { ok: true; topic: Topic }
  | { ok: false; reason: 'words'; text: string; problem: WordsProblem }
  | { ok: false; reason: 'too_many'; message: string }
  | { ok: false; reason: 'unknown' };

/** A subscriber's own topics that were not removed, in the order they were made. */
export function listOwnTopics(db: Db, subscriberId: number): Promise<Topic[]> {
  return listOwnedTopics(db, subscriberId, { archived: false });
}

/**
 * Makes a topic that only this subscriber gets, and subscribes them to it. The same query again is the same topic,
 * also one that was removed. `at`: epoch ms.
 */
export function addOwnTopic(
  db: Db,
  subscriberId: number,
  words: OwnWords,
  at: number,
): Promise<OwnTopicResult> {
  const read = readOwnWords(words);
  if (!read.ok)
    return Promise.resolve({ ok: false, reason: 'words', text: read.text, problem: read.problem });
  return changeSubscriber(db, subscriberId, at, async (trx) => {
    const own = await listOwnedTopics(trx, subscriberId, { archived: true });
    const same = own.find((topic) => isSameQuery(topic.query, read.query));
    const live = own.filter((topic) => topic.archivedAt === null).length;
    if ((!same || same.archivedAt !== null) && live >= ownTopicLimits.live)
      return {
        ok: false,
        reason: 'too_many',
        message: `You have ${live} topics of your own, which is the most there can be. Change or remove one.`,
      };
    if (!same && own.length >= ownTopicLimits.ever)
      return {
        ok: false,
        reason: 'too_many',
        message: `You have made ${own.length} topics by now. Change one of them instead of making another.`,
      };
    const topic = same
      ? await editTopic(
          trx,
          same.slug,
          { archived: false, ...(words.name?.trim() ? { name: read.name } : {}) },
          at,
        )
      : await addTopic(
          trx,
          { slug: makeSlug(), name: read.name, query: read.query, ownerId: subscriberId },
          at,
        );
    await startSubscriptions(trx, [{ subscriberId, topicId: topic.id }], at);
    return { ok: true, topic };
  });
}

/** Changes the words of one of the subscriber's own topics; digests already planned keep the old ones. */
export function editOwnTopic(
  db: Db,
  subscriberId: number,
  slug: string,
  words: OwnWords,
  at: number,
): Promise<OwnTopicResult> {
  const read = readOwnWords(words);
  return atomically(db, async (trx) => {
    const topic = await findOwn(trx, subscriberId, slug);
    if (!topic) return { ok: false, reason: 'unknown' };
    if (!read.ok) return { ok: false, reason: 'words', text: read.text, problem: read.problem };
    const { name, query } = read;
    return { ok: true, topic: await editTopic(trx, slug, { name, query }, at) };
  });
}

/** Ends a topic of the subscriber's own. Removing it again finds none. */
export function removeOwnTopic(
  db: Db,
  subscriberId: number,
  slug: string,
  at: number,
): Promise<OwnTopicResult> {
  return changeSubscriber(db, subscriberId, at, async (trx) => {
    const topic = await findOwn(trx, subscriberId, slug);
    if (!topic) return { ok: false, reason: 'unknown' };
    // It was their doing, not an admin's: `removeTopic` would say otherwise.
    await endSubscriptions(trx, subscriberId, [topic.id], 'preferences', at);
    return { ok: true, topic: (await removeTopic(trx, slug, at)).topic };
  });
}

/** What they get changes, besides the topic itself: both are written down. */
function changeSubscriber(
  db: Db,
  id: number,
  at: number,
  steps: (db: Db) => Promise<OwnTopicResult>,
): Promise<OwnTopicResult> {
  return audited(db, { act: 'edit', kind: 'subscriber', id, at }, steps);
}

async function findOwn(db: Db, subscriberId: number, slug: string): Promise<Topic | null> {
  const own = await listOwnedTopics(db, subscriberId, { archived: false });
  return own.find((topic) => topic.slug === slug) ?? null;
}

function isSameQuery(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [parseQuery(one), parseQuery(other)];
  return a.ok && b.ok && printQuery(a.query.root) === printQuery(b.query.root);
}

/** Slugs are of all topics together: one made of the words would tell that somebody else has the same. */
function makeSlug(): string {
  const digits = Array.from({ length: 12 }, () => randomInt(36).toString(36));
  return `own-${digits.join('')}`;
}
