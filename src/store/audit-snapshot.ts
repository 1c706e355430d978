import type { AuditSubject } from './audit-words.ts';
import type { Db } from './store.ts';
import { findSubscriber, type SubscriberFields } from './subscribers.ts';
import { findSubscribedTopics } from './subscriptions.ts';

/** What the log says of a subject at one moment: plain facts, never a secret or a hash of one. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** Null: there is no such row. */
export async function takeSnapshot(db: Db, kind: AuditSubject, id: number): Promise<Snapshot | null> {
  return await takers[kind](db, id);
}

const takers: Record<AuditSubject, (db: Db, id: number) => Promise<Snapshot | null>> = {
  topic: ofTopic,
  subscriber: ofSubscriber,
  delivery: ofDelivery,
  suppression: ofSuppression,
  admin: ofAdmin,
  token: ofToken,
};

async function ofTopic(db: Db, id: number): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('topics')
    .select(['slug', 'name', 'query', 'description', 'visibility', 'owner_id as owner', 'archived_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const { subscriptions } = await db
    .selectFrom('subscriptions')
    .select((eb) => eb.fn.countAll<number>().as('subscriptions'))
    .where('topic_id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const { archived_at, ...facts } = row;
  return { ...facts, archived: archived_at !== null, subscriptions };
}

async function ofSubscriber(db: Db, id: number): Promise<Snapshot | null> {
  const subscriber = await findSubscriber(db, id);
  if (!subscriber) return null;
  const topics = (await findSubscribedTopics(db, [id])).get(id) ?? [];
  const facts = subscriberSnapshot(
    subscriber,
    topics.map(({ slug }) => slug),
  );
  return { ...facts, linkEpoch: subscriber.linkEpoch, resumeDate: subscriber.resumeDate };
}

/** Also of one who is about to be added. `topics`: slugs. */
export function subscriberSnapshot(subscriber: SubscriberFields, topics: readonly string[]): Snapshot {
  const { email, status, timezone, digestTime, days, maxPapers, locale, quietMail } = subscriber;
  return { email, status, timezone, time: digestTime, days, maxPapers, locale, quietMail, topics };
}

/** Not what a server replied: it may quote the address. */
async function ofDelivery(db: Db, id: number): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('deliveries')
    .select(['status', 'reason', 'attempts', 'next_attempt_at as nextAttemptAt'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

async function ofSuppression(db: Db, id: number): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('suppressions')
    .select(['reason', 'origin', 'note', 'lifted_at', 'lifted_note as liftedNote'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const { lifted_at, ...facts } = row;
  return { ...facts, lifted: lifted_at !== null };
}

async function ofAdmin(db: Db, id: number): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('admins')
    .select(['email', 'name', 'removed_at', 'password_changed_at as passwordChangedAt'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const passkeys = await db.selectFrom('passkeys').select('name').where('admin_id', '=', id).execute();
  const { removed_at, ...facts } = row;
  return { ...facts, removed: removed_at !== null, passkeys: passkeys.map(({ name }) => name) };
}

async function ofToken(db: Db, id: number): Promise<Snapshot | null> {
  const row = await db
    .selectFrom('api_tokens')
    .select(['name', 'scopes', 'expires_at as expiresAt', 'revoked_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const { revoked_at, scopes, ...facts } = row;
  return { ...facts, scopes: scopes.split(','), revoked: revoked_at !== null };
}
