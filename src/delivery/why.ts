import { type Edition, editionOn, endOfEdition, isTimezone } from '../digest/schedule.ts';
import { type BounceEntry, listBounces } from '../store/bounces.ts';
import { type DeliveryEntry, listDeliveries } from '../store/deliveries.ts';
import { readFloors } from '../store/floors.ts';
import { findPlanRunBetween } from '../store/plan-runs.ts';
import type { DeliveryReason } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { findStates, findStatusSince, type SubscriberEvent } from '../store/subscriber-events.ts';
import type { Subscriber } from '../store/subscribers.ts';
import { sayWhy } from './why-words.ts';

/** Why there is no row of a delivery for a date. */
export const noDeliveryReasons = [
  'forgotten',
  'joined_later',
  'not_recorded',
  'not_confirmed',
  'paused',
  'unsubscribed',
  'erased',
  'not_their_day',
  'not_due_yet',
  'due_now',
  'no_run',
  'not_planned',
] as const;
export type NoDeliveryReason = (typeof noDeliveryReasons)[number];

/** What became of one local date's digest, from the rows alone. */
export type Why = (
  | {
      /** `sent`, `failed`, `uncertain` or `skipped` once it is over; `waiting` before that. */
      outcome: 'sent' | 'failed' | 'uncertain' | 'skipped' | 'waiting';
      /** The delivery's own; null: there is nothing to say besides the outcome. */
      reason: DeliveryReason | null;
      delivery: DeliveryEntry;
      /** What came back about it, newest first. */
      returned: BounceEntry[];
    }
  | { outcome: 'none'; reason: NoDeliveryReason; delivery: null }
) & {
  /** `YYYY-MM-DD` where they live. */
  date: string;
  /** When it was or would have been due; null: it never was, or that is not known. */
  dueAt: number | null;
  /** One or two sentences for an admin; it names nobody. */
  sentence: string;
};

/** The reason and what they were then. */
export interface NoDelivery {
  reason: NoDeliveryReason;
  dueAt: number | null;
  state: SubscriberEvent | null;
}

/**
 * Why a subscriber did or did not get a digest on a local date: what the delivery's row says, and where there is none,
 * what they were when it would have been due and whether a plan run came. `now`: epoch ms. Throws RangeError for a
 * text that is no date.
 */
export async function explainDay(db: Db, subscriber: Subscriber, date: string, now: number): Promise<Why> {
  const [delivery] = await listDeliveries(db, { subscriberId: subscriber.id, editionDate: date, limit: 1 });
  if (delivery) {
    const returned = await listBounces(db, { deliveryId: delivery.id, limit: 5 });
    const { status, reason, dueAt } = delivery;
    const isOver = status !== 'pending' && status !== 'claimed' && status !== 'sending';
    const why = { outcome: isOver ? status : ('waiting' as const), reason, delivery, returned, date, dueAt };
    return { ...why, sentence: sayWhy(why, subscriber) };
  }
  const found = await explainNone(db, subscriber, date, now);
  const why = {
    ...{ outcome: 'none' as const, reason: found.reason, delivery: null },
    ...{ date, dueAt: found.dueAt },
  };
  return { ...why, sentence: sayWhy({ ...why, ...found }, subscriber) };
}

/** A date's day anywhere on earth, and as long as a digest of it may still be sent. */
function spanOf(date: string): { from: number; until: number } {
  const day = Temporal.PlainDate.from(date).toZonedDateTime('UTC').epochMilliseconds;
  return { from: day - 14 * hourMs, until: day + 44 * hourMs };
}

const hourMs = 3_600_000;

async function explainNone(db: Db, subscriber: Subscriber, date: string, now: number): Promise<NoDelivery> {
  const { editionsForgottenUntil } = await readFloors(db);
  if (date <= editionsForgottenUntil) return { reason: 'forgotten', dueAt: null, state: null };
  const { from, until } = spanOf(date);
  const states = await findStates(db, subscriber.id, from, until);
  for (const due of findDue(states, date)) {
    const explained = await explainDue(db, due, now);
    if (explained) return explained;
  }

  // They were not to get one: what were they when it would have been due?
  for (const state of states.toReversed()) {
    const edition = editionIn(state, date);
    const dueAt = edition?.dueAt ?? null;
    if (state.at > (dueAt ?? endOfDay(date, zoneOf(state)))) continue;
    if (state.status === 'active') return { reason: 'not_their_day', dueAt, state };
    const since = await findStatusSince(db, subscriber.id, state);
    const reason = state.status === 'pending' ? 'not_confirmed' : state.status;
    return { reason, dueAt, state: { ...state, at: since } };
  }
  const [first = null] = states;
  const dueAt = first && (editionIn(first, date)?.dueAt ?? null);
  const joined = subscriber.createdAt > (dueAt ?? from);
  return { reason: joined ? 'joined_later' : 'not_recorded', dueAt, state: first };
}

interface Due {
  state: SubscriberEvent;
  edition: Edition;
  /** From when on a plan would have taken it. */
  from: number;
  /** What they were after it; null: they still are. */
  next: SubscriberEvent | null;
}

/** The date's editions while they were active: by what was so when it was due, or by what they changed it to before. */
function findDue(states: readonly SubscriberEvent[], date: string): Due[] {
  return states.flatMap((state, index) => {
    const edition = state.status === 'active' ? editionIn(state, date) : null;
    if (!edition) return [];
    const next = states[index + 1] ?? null;
    if (edition.dueAt >= (next?.at ?? Number.POSITIVE_INFINITY)) return [];
    if (edition.dueAt >= state.at) return [{ state, edition, from: edition.dueAt, next }];
    // Moved to an earlier time of the same day, while the later one was still to come: due at once.
    const before = states[index - 1];
    const was = before?.status === 'active' ? editionIn(before, date) : null;
    return was && was.dueAt >= state.at ? [{ state, edition, from: state.at, next }] : [];
  });
}

function editionIn(state: SubscriberEvent, date: string): Edition | null {
  return editionOn({ ...state, timezone: zoneOf(state) }, date);
}

/** As the plan does with a zone that this system does not know. */
function zoneOf({ timezone }: SubscriberEvent): string {
  return isTimezone(timezone) ? timezone : 'UTC';
}

function endOfDay(date: string, timezone: string): number {
  return Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds - 1;
}

/** A plan run takes some minutes at most, and the scheduler asks every minute. */
const planningMs = 15 * 60_000;

/** Null: they changed what they get before a run came, and what they changed it to decides. */
async function explainDue(
  db: Db,
  { state, edition, from, next }: Due,
  now: number,
): Promise<NoDelivery | null> {
  const { dueAt } = edition;
  if (from > now) return { reason: 'not_due_yet', dueAt, state };
  const endsAt = Math.min(endOfEdition(edition, zoneOf(state)), next?.at ?? Number.POSITIVE_INFINITY);
  const run = await findPlanRunBetween(db, from, endsAt);
  if (run && (run.finishedAt !== null || now - run.at > planningMs))
    return { reason: 'not_planned', dueAt, state };
  if (run || (!next && now - from < planningMs)) return { reason: 'due_now', dueAt, state };
  if (!next || endsAt - from >= planningMs) return { reason: 'no_run', dueAt, state };
  if (next.status === 'active') return null;
  return { reason: next.status === 'pending' ? 'not_confirmed' : next.status, dueAt, state: next };
}
