import { parseDays, type Schedule, weekdays } from '../digest/schedule.ts';
import type { SubscriberStatus } from './schema.ts';
import type { Db } from './store.ts';

/** What a subscriber has been since an instant, until the next such row. */
export interface SubscriberEvent extends Schedule {
  at: number;
  status: SubscriberStatus;
}

const columns = ['at', 'status', 'timezone', 'digest_time', 'days'] as const;

/** What they were just before `from`, if that is known, and every change from then until before `until`; oldest first. */
export async function findStates(
  db: Db,
  subscriberId: number,
  from: number,
  until: number,
): Promise<SubscriberEvent[]> {
  const before = await db
    .selectFrom('subscriber_events')
    .select(columns)
    .where('subscriber_id', '=', subscriberId)
    .where('at', '<', from)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .execute();
  const changes = await db
    .selectFrom('subscriber_events')
    .select(columns)
    .where('subscriber_id', '=', subscriberId)
    .where('at', '>=', from)
    .where('at', '<', until)
    .orderBy('at')
    .orderBy('id')
    .limit(maxChanges)
    .execute();
  return [...before, ...changes].map(toEvent);
}

/** Nobody changes more often in a few days. */
const maxChanges = 1_000;

/** Since when they had the status that they had at an event. */
export async function findStatusSince(
  db: Db,
  subscriberId: number,
  { at, status }: Pick<SubscriberEvent, 'at' | 'status'>,
): Promise<number> {
  const row = await db
    .selectFrom('subscriber_events as e')
    .select((eb) => eb.fn.min('e.at').as('since'))
    .where('e.subscriber_id', '=', subscriberId)
    .where('e.status', '=', status)
    .where('e.at', '<=', at)
    .where('e.id', '>', (eb) =>
      eb
        .selectFrom('subscriber_events as other')
        .select((other) => other.fn.coalesce(other.fn.max('other.id'), other.val(0)).as('id'))
        .where('other.subscriber_id', '=', subscriberId)
        .where('other.status', '!=', status)
        .where('other.at', '<=', at),
    )
    .executeTakeFirst();
  return row?.since ?? at;
}

/** The latest changes, newest first. */
export async function listSubscriberEvents(
  db: Db,
  subscriberId: number,
  limit: number,
): Promise<SubscriberEvent[]> {
  const rows = await db
    .selectFrom('subscriber_events')
    .select(columns)
    .where('subscriber_id', '=', subscriberId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

interface Row {
  at: number;
  status: SubscriberStatus;
  timezone: string;
  digest_time: string;
  days: string;
}

function toEvent({ digest_time: digestTime, days, ...row }: Row): SubscriberEvent {
  return { ...row, digestTime, days: parseDays(days) ?? [...weekdays] };
}
