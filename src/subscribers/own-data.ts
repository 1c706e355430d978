import { listDeliveries } from '../store/deliveries.ts';
import { listFeedback } from '../store/feedback.ts';
import type { Db } from '../store/store.ts';
import { findSubscriber } from '../store/subscribers.ts';
import { findSubscribedTopics } from '../store/subscriptions.ts';
import { listOwnedTopics } from '../store/topics.ts';

const atOnce = 200;

/**
 * Everything that is known of a subscriber, for themselves, as a document for JSON: who they are, what they chose, what
 * they were sent and what they said of it. Null: there is nobody. Read a page at a time; as long as their history is.
 */
export async function collectOwnData(db: Db, id: number): Promise<object | null> {
  const subscriber = await findSubscriber(db, id);
  if (!subscriber || subscriber.status === 'erased') return null;
  const { email, emailKey, status, timezone, digestTime, days, maxPapers, locale, quietMail } = subscriber;
  const topics = (await findSubscribedTopics(db, [id])).get(id) ?? [];
  const own = await listOwnedTopics(db, id, { archived: true });
  return {
    subscriber: {
      ...{ email, status, timezone, digestTime, days, maxPapers, locale, quietMail },
      subscribedAt: instant(subscriber.createdAt),
      changedAt: instant(subscriber.updatedAt),
      nextDigestAt: subscriber.nextDueAt === null ? null : instant(subscriber.nextDueAt),
    },
    topics: topics.map(({ slug, name }) => ({ slug, name })),
    ownTopics: own.map(({ name, query, archivedAt }) => ({ name, query, removed: archivedAt !== null })),
    likesAndDislikes: await everyFeedback(db, id),
    digests: await everyDigest(db, emailKey),
  };
}

async function everyFeedback(db: Db, id: number): Promise<object[]> {
  const all: object[] = [];
  for (let beforeId: number | undefined; ; ) {
    const some = await listFeedback(db, id, { beforeId, limit: atOnce });
    for (const { key, title, verdict, createdAt } of some)
      all.push({ paper: key, title, verdict, said: instant(createdAt) });
    beforeId = some.at(-1)?.id;
    if (some.length < atOnce) return all;
  }
}

async function everyDigest(db: Db, email: string): Promise<object[]> {
  const all: object[] = [];
  for (let beforeId: number | undefined; ; ) {
    const some = await listDeliveries(db, {
      email,
      limit: atOnce,
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    for (const { editionDate, status, reason, endedAt, papers } of some)
      all.push({
        ...{ editionDate, status, reason },
        endedAt: endedAt === null ? null : instant(endedAt),
        papers: papers.map(({ key, title }) => ({ key, title })),
      });
    beforeId = some.at(-1)?.id;
    if (some.length < atOnce) return all;
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
