import type { Selectable } from 'kysely';
import { chunksOf } from './paper-rows.ts';
import type { AdminAuditTable, BouncesTable, Database, FeedbackTable } from './schema.ts';
import type { Db } from './store.ts';

/** By what rows know somebody. `addressHash` as in mail/address-hash.ts. */
export interface OwnKeys {
  id: number;
  emailKey: string;
  addressHash: string;
}

/**
 * Every row that is about one subscriber, oldest first, for themselves: what the other files of this folder list bounded
 * and in part. As long as their history is, and nobody else's.
 */
export async function readOwnRows(db: Db, { id, emailKey, addressHash }: OwnKeys) {
  const [subscriber] = await db.selectFrom('subscribers').selectAll().where('id', '=', id).execute();
  const of = <
    Table extends
      | 'subscriber_events'
      | 'subscriptions'
      | 'consents'
      | 'address_changes'
      | 'waiting_letters'
      | 'former_addresses',
  >(
    table: Table,
  ) =>
    db
      .selectFrom(table as 'consents')
      .selectAll()
      .where('subscriber_id', '=', id)
      .orderBy((table === 'former_addresses' ? 'left_at' : 'id') as 'id')
      .execute() as unknown as Promise<Selectable<Database[Table]>[]>;
  const topics = await db.selectFrom('topics').selectAll().where('owner_id', '=', id).orderBy('id').execute();
  const suppressions = await db
    .selectFrom('suppressions')
    .selectAll()
    .where('address_hash', '=', addressHash)
    .orderBy('id')
    .execute();
  return {
    subscriber,
    topics,
    suppressions,
    events: await of('subscriber_events'),
    subscriptions: await of('subscriptions'),
    consents: await of('consents'),
    addressChanges: await of('address_changes'),
    waitingLetters: await of('waiting_letters'),
    formerAddresses: await of('former_addresses'),
    signUps: await db
      .selectFrom('sign_ups')
      .selectAll()
      .where((is) => is.or([is('email_key', '=', emailKey), is('subscriber_id', '=', id)]))
      .orderBy('id')
      .execute(),
    feedback: await readFeedback(db, id),
    returned: await readReturned(db, id, addressHash),
    changes: await readChanges(db, id, {
      topic: topics.map((one) => one.id),
      suppression: suppressions.map((one) => one.id),
    }),
  };
}

export type OwnRows = Awaited<ReturnType<typeof readOwnRows>>;

/** What was taken back, too. */
async function readFeedback(
  db: Db,
  id: number,
): Promise<(Selectable<FeedbackTable> & { key: string; title: string })[]> {
  return await db
    .selectFrom('feedback as f')
    .innerJoin('papers as p', 'p.id', 'f.paper_id')
    .selectAll('f')
    .select(['p.key', 'p.title'])
    .where('f.subscriber_id', '=', id)
    .orderBy('f.id')
    .execute();
}

/** Known by its delivery, or only by the address that it names. */
async function readReturned(db: Db, id: number, addressHash: string): Promise<Selectable<BouncesTable>[]> {
  return await db
    .selectFrom('bounces')
    .selectAll()
    .where((is) => is.or([is('subscriber_id', '=', id), is('address_hash', '=', addressHash)]))
    .orderBy('id')
    .execute();
}

type Change = Selectable<AdminAuditTable>;

/** What was written down about them, their topics, their deliveries and what stood against mailing them. */
async function readChanges(
  db: Db,
  id: number,
  subjects: { topic: readonly number[]; suppression: readonly number[] },
): Promise<Change[]> {
  const found: Change[] = [];
  const read = async (kind: Change['subject'], ids: readonly number[]) => {
    for (const some of chunksOf(ids))
      found.push(
        ...(await db
          .selectFrom('admin_audit')
          .selectAll()
          .where('subject', '=', kind)
          .where('subject_id', 'in', some)
          .execute()),
      );
  };
  await read('subscriber', [id]);
  await read('topic', subjects.topic);
  await read('suppression', subjects.suppression);
  const deliveries = await db.selectFrom('deliveries').select('id').where('subscriber_id', '=', id).execute();
  await read(
    'delivery',
    deliveries.map((one) => one.id),
  );
  return found.sort((a, b) => a.id - b.id);
}
