import type { Occasion } from '../digest/digest.ts';
import type { DeliverySearch } from './delivery-search.ts';
import type { DeliveryReason, DeliveryStatus, SubscriberStatus } from './schema.ts';
import type { Db } from './store.ts';

/** A delivery as it is listed. */
export interface DeliveryEntry {
  id: number;
  planRunId: number;
  subscriberId: number;
  email: string;
  editionDate: string;
  status: DeliveryStatus;
  reason: DeliveryReason | null;
  detail: string | null;
  attempts: number;
  messageId: string;
  dueAt: number;
  plannedAt: number;
  nextAttemptAt: number | null;
  sendingAt: number | null;
  endedAt: number | null;
  /** When it was put back though the server may have accepted it (UNCERTAIN=resend). */
  resentAt: number | null;
  /** Matching papers that did not fit. */
  more: number;
  occasion: Occasion;
  papers: DeliveryPaperEntry[];
}

export interface DeliveryPaperEntry {
  key: string;
  title: string;
  /** Slug of the topic it counts for; null when the topic is not known any more. */
  topic: string | null;
  released: boolean;
}

export interface DeliveryFilter {
  status?: DeliveryStatus;
  email?: string;
  subscriberId?: number;
  editionDate?: string;
  planRunId?: number;
  id?: number;
  /** Only these. */
  ids?: readonly number[];
  /** Only ids below this one: the next page. */
  beforeId?: number;
  limit: number;
}

/** Deliveries with their papers, newest first. */
export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<DeliveryEntry[]> {
  let query = db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .selectAll('d')
    .select('s.email')
    .orderBy('d.id', 'desc')
    .limit(filter.limit);
  if (filter.id !== undefined) query = query.where('d.id', '=', filter.id);
  if (filter.ids) query = query.where('d.id', 'in', filter.ids);
  if (filter.status) query = query.where('d.status', '=', filter.status);
  if (filter.email) query = query.where('s.email_key', '=', filter.email);
  if (filter.subscriberId !== undefined) query = query.where('d.subscriber_id', '=', filter.subscriberId);
  if (filter.editionDate) query = query.where('d.edition_date', '=', filter.editionDate);
  if (filter.planRunId !== undefined) query = query.where('d.plan_run_id', '=', filter.planRunId);
  if (filter.beforeId !== undefined) query = query.where('d.id', '<', filter.beforeId);
  const rows = await query.execute();
  const papers = await findPapersOf(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    id: row.id,
    planRunId: row.plan_run_id,
    subscriberId: row.subscriber_id,
    email: row.email,
    editionDate: row.edition_date,
    status: row.status,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    messageId: row.message_id,
    dueAt: row.due_at,
    plannedAt: row.planned_at,
    nextAttemptAt: row.next_attempt_at,
    sendingAt: row.sending_at,
    endedAt: row.ended_at,
    resentAt: row.resent_at,
    more: row.more,
    occasion: row.occasion,
    papers: papers.get(row.id) ?? [],
  }));
}

async function findPapersOf(db: Db, deliveryIds: number[]): Promise<Map<number, DeliveryPaperEntry[]>> {
  if (deliveryIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('delivery_papers as dp')
    // A paper that turned out to be another one since is listed as it was shown.
    .leftJoin('shown_papers as sp', (join) =>
      join.onRef('sp.delivery_id', '=', 'dp.delivery_id').onRef('sp.position', '=', 'dp.position'),
    )
    .innerJoin('papers as p', (join) =>
      join.on('p.id', '=', (eb) => eb.fn.coalesce('sp.paper_id', 'dp.paper_id')),
    )
    .leftJoin('topics as t', 't.id', 'dp.topic_id')
    .select(['dp.delivery_id', 'p.key', 'p.title', 't.slug', 'dp.released_at'])
    .where('dp.delivery_id', 'in', deliveryIds)
    .orderBy('dp.delivery_id')
    .orderBy('dp.position')
    .execute();
  const papers = new Map<number, DeliveryPaperEntry[]>();
  for (const row of rows) {
    const entry = { key: row.key, title: row.title, topic: row.slug, released: row.released_at !== null };
    const list = papers.get(row.delivery_id);
    if (list) list.push(entry);
    else papers.set(row.delivery_id, [entry]);
  }
  return papers;
}

/** One delivery with what a page about it says of whose it is. */
export interface OwnedDelivery {
  id: number;
  subscriberId: number;
  subscriberStatus: SubscriberStatus;
  status: DeliveryStatus;
  editionDate: string;
  messageId: string;
  more: number;
  occasion: Occasion;
  email: string;
  locale: string;
  timezone: string;
  linkEpoch: number;
}

/** Null: there never was one, or it is forgotten. */
export async function findDelivery(db: Db, id: number): Promise<OwnedDelivery | null> {
  const row = await db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select([
      'd.id',
      's.id as subscriberId',
      's.status as subscriberStatus',
      'd.status',
      'd.edition_date as editionDate',
      'd.message_id as messageId',
      'd.more',
      'd.occasion',
      's.email',
      's.locale',
      's.timezone',
      's.link_epoch as linkEpoch',
    ])
    .where('d.id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** One of a subscriber's digests, as a list of them has it. */
export interface PastDigest {
  id: number;
  editionDate: string;
  status: DeliveryStatus;
  reason: DeliveryReason | null;
  endedAt: number | null;
  papers: number;
}

/** A subscriber's digests, newest first; `beforeId`: the last of the page before. */
export async function listPastDigests(
  db: Db,
  subscriberId: number,
  { beforeId, limit }: { beforeId?: number | undefined; limit: number },
): Promise<PastDigest[]> {
  let query = db
    .selectFrom('deliveries as d')
    .select(['d.id', 'd.edition_date as editionDate', 'd.status', 'd.reason', 'd.ended_at as endedAt'])
    .select((eb) =>
      eb
        .selectFrom('delivery_papers as dp')
        .whereRef('dp.delivery_id', '=', 'd.id')
        .select((count) => count.fn.countAll<number>().as('count'))
        .as('papers'),
    )
    .where('d.subscriber_id', '=', subscriberId)
    .orderBy('d.id', 'desc')
    .limit(limit);
  if (beforeId !== undefined) query = query.where('d.id', '<', beforeId);
  return (await query.execute()).map((row) => ({ ...row, papers: row.papers ?? 0 }));
}

/** Those that may have reached a mailbox: a mail is read before the server's reply to it is written down. */
export const mailedStatuses: readonly DeliveryStatus[] = ['sending', 'sent', 'uncertain'];

/** A frozen delivery's paper, for rendering. */
export interface FrozenPaper {
  deliveryId: number;
  /** From 0. */
  position: number;
  paperId: number;
  noteId: number;
}

/** The papers of a page of deliveries in their order, released ones too. */
export async function findFrozenPapers(db: Db, deliveryIds: number[]): Promise<FrozenPaper[]> {
  if (deliveryIds.length === 0) return [];
  return await db
    .selectFrom('delivery_papers')
    .select(['delivery_id as deliveryId', 'position', 'paper_id as paperId', 'note_id as noteId'])
    .where('delivery_id', 'in', deliveryIds)
    .orderBy('delivery_id')
    .orderBy('position')
    .execute();
}

/** The paper at a place of a delivery (from 0), whose delivery it is and how that stands; null: there is none. */
export async function findDigestPaper(
  db: Db,
  deliveryId: number,
  position: number,
): Promise<{ subscriberId: number; status: DeliveryStatus; paperId: number; title: string } | null> {
  const row = await db
    .selectFrom('delivery_papers as dp')
    .innerJoin('deliveries as d', 'd.id', 'dp.delivery_id')
    .innerJoin('papers as p', 'p.id', 'dp.paper_id')
    .select(['d.subscriber_id as subscriberId', 'd.status', 'p.id as paperId', 'p.title'])
    .where('dp.delivery_id', '=', deliveryId)
    .where('dp.position', '=', position)
    .executeTakeFirst();
  return row ?? null;
}

/** Notes by id, as JSON text. */
export async function findNotes(db: Db, noteIds: number[]): Promise<Map<number, string>> {
  if (noteIds.length === 0) return new Map();
  const rows = await db.selectFrom('paper_notes').select(['id', 'note']).where('id', 'in', noteIds).execute();
  return new Map(rows.map((row) => [row.id, row.note]));
}

/** When a subscriber was sent (or is about to be sent) papers, by paper: for "already sent on …". */
export async function findSentDates(
  db: Db,
  subscriberId: number,
  paperIds: number[],
): Promise<Map<number, string>> {
  if (paperIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('delivery_papers as dp')
    .innerJoin('deliveries as d', 'd.id', 'dp.delivery_id')
    .select(['dp.paper_id', 'd.edition_date'])
    .where('dp.subscriber_id', '=', subscriberId)
    .where('dp.paper_id', 'in', paperIds)
    .where('dp.released_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.paper_id, row.edition_date]));
}

/** How many deliveries stand in each status (and reason), of those that fit or of all. Reads each of them. */
export async function countDeliveries(
  db: Db,
  filter: Omit<DeliverySearch, 'topicId'> = {},
): Promise<{ status: DeliveryStatus; reason: DeliveryReason | null; count: number }[]> {
  const { status, reason, subscriberId, editionDate, planRuns } = filter;
  let query = db
    .selectFrom('deliveries')
    .select((eb) => ['status', 'reason', eb.fn.countAll<number>().as('count')])
    .groupBy(['status', 'reason'])
    .orderBy('status');
  if (status !== undefined) query = query.where('status', '=', status);
  if (reason !== undefined) query = query.where('reason', '=', reason);
  if (subscriberId !== undefined) query = query.where('subscriber_id', '=', subscriberId);
  if (editionDate !== undefined) query = query.where('edition_date', '=', editionDate);
  if (planRuns !== undefined)
    query = query.where((is) => is.between('plan_run_id', planRuns.from, planRuns.until));
  return await query.execute();
}
