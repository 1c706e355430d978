import type { HashAddress } from '../mail/address-hash.ts';
import { parseAddress } from '../mail/addresses.ts';
import {
  countReturned,
  findHistory,
  findReturnedDelivery,
  insertBounce,
  isBounceKnown,
  markArrived,
  type ReturnedDelivery,
} from '../store/bounces.ts';
import { wasSignUpMailed } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { atomically, findSubscriberByKey } from '../store/subscribers.ts';
import { findLiftedAt, insertSuppressions } from '../store/suppressions.ts';
import type { RecordReport, ReturnEvent } from './event.ts';
import { judgeAddress } from './judge.ts';
import type { Reason } from './reading/reasons.ts';

export interface RecordDeps {
  db: Db;
  hashAddress: HashAddress;
  /** Epoch ms. */
  now: number;
  /** Ends what a subscriber gets, for mail that asks to be left out. */
  unsubscribe: (db: Db, subscriberId: number, at: number) => Promise<unknown>;
}

/** Whom an event is about. */
interface Concerned {
  delivery: ReturnedDelivery | null;
  subscriberId: number | null;
  addressHash: string | null;
}

/**
 * Keeps what came back and acts on it, each event in a transaction: judges its address by all that came back from it
 * and suppresses it, ends the subscription of who asked for it, and takes an uncertain delivery for arrived. The same
 * event again changes nothing. What leads to no delivery counts only when it is vouched for and names a
 * subscriber, or somebody who was asked by mail whether they signed up.
 */
export async function recordReturns(deps: RecordDeps, events: readonly ReturnEvent[]): Promise<RecordReport> {
  const report: RecordReport = { recorded: 0, known: 0, unmatched: 0, suppressed: 0, resolved: 0 };
  for (const event of events) await atomically(deps.db, (db) => recordOne({ ...deps, db }, event, report));
  return report;
}

async function recordOne(deps: RecordDeps, event: ReturnEvent, report: RecordReport): Promise<void> {
  const { db, now } = deps;
  if (await isBounceKnown(db, event.key)) {
    report.known++;
    return;
  }
  const concerned = await findConcerned(deps, event);
  if (concerned === null) {
    report.unmatched++;
    return;
  }
  const { delivery, subscriberId, addressHash } = concerned;
  if (delivery && !event.vouched && (await isRepeated(db, delivery.id, event))) {
    report.known++;
    return;
  }
  const bounceId = await insertBounce(db, {
    eventKey: event.key,
    origin: event.origin,
    class: event.class,
    reason: event.reason,
    addressHash,
    deliveryId: delivery?.id ?? null,
    subscriberId,
    status: event.status,
    reply: event.reply,
    // What is said of somebody who was erased likes to name them.
    diagnostic: delivery?.subscriberStatus === 'erased' ? '' : event.diagnostic,
    occurredAt: event.occurredAt,
    recordedAt: now,
  });
  report.recorded++;
  // A refusal in our own session says that the message was not taken; all else comes after it was.
  if (delivery && event.origin !== 'smtp' && (await markArrived(db, delivery.id, arrivalOf(event), now)))
    report.resolved++;
  if (event.reason === 'unsubscribe' && subscriberId !== null) await deps.unsubscribe(db, subscriberId, now);
  if (addressHash !== null && bounceId !== null && (await judge(deps, addressHash, bounceId, event)))
    report.suppressed++;
}

/**
 * Anybody who got a mail can write any number of reports about it: each is kept for years, and judging reads them all.
 * Repeating the same of one mail says nothing new.
 */
async function isRepeated(
  db: Db,
  deliveryId: number,
  { class: kind, reason }: ReturnEvent,
): Promise<boolean> {
  return (await countReturned(db, deliveryId, kind, reason, mostOfOneKind)) === mostOfOneKind;
}

/** Some systems tell of a delay every few hours, for days. */
const mostOfOneKind = 10;

async function findConcerned(deps: RecordDeps, event: ReturnEvent): Promise<Concerned | null> {
  const { db, hashAddress } = deps;
  const delivery = await findReturnedDelivery(db, event);
  const named = event.address === null ? null : parseAddress(event.address);
  const namedKey = event.vouched && named?.ok ? named.address.key : null;
  if (delivery) {
    const { subscriberId } = delivery;
    if (isSameAddress(delivery))
      return { delivery, subscriberId, addressHash: hashAddress(delivery.emailKey) };
    // The mail went to an address that they have left since: only who is vouched for may say which.
    return { delivery, subscriberId, addressHash: namedKey === null ? null : hashAddress(namedKey) };
  }
  if (namedKey === null) return null;
  const subscriber = await findSubscriberByKey(db, namedKey);
  // Whoever complains about the mail that asked them, or has no mailbox for it, is not asked again.
  if (!subscriber && (await wasSignUpMailed(db, namedKey)))
    return { delivery, subscriberId: null, addressHash: hashAddress(namedKey) };
  return subscriber && { delivery, subscriberId: subscriber.id, addressHash: hashAddress(namedKey) };
}

/** Whether the subscriber still has the address that the delivery went to. */
function isSameAddress({ subscriberStatus, sendingAt, addressSince }: ReturnedDelivery): boolean {
  return subscriberStatus !== 'erased' && (sendingAt ?? Number.MAX_SAFE_INTEGER) >= addressSince;
}

/** Suppresses the address when all that came back from it since it was last let off says so. */
async function judge(
  { db, now }: RecordDeps,
  addressHash: string,
  bounceId: number,
  event: ReturnEvent,
): Promise<boolean> {
  const liftedAt = await findLiftedAt(db, addressHash);
  const history = await findHistory(db, addressHash, liftedAt ?? Number.MIN_SAFE_INTEGER);
  // This one counts, also where the clock stands before the instant at which the address was let off.
  const own = history.some(({ id }) => id === bounceId)
    ? []
    : [{ class: event.class, reason: event.reason, at: now }];
  const earlier = history.map(({ class: kind, reason, at }) => ({
    class: kind,
    reason: reason as Reason,
    at,
  }));
  const judgement = judgeAddress([...earlier, ...own], now);
  if (!judgement.suppress) return false;
  const added = await insertSuppressions(db, [
    {
      addressHash,
      reason: judgement.reason ?? event.reason,
      origin: event.origin,
      note: null,
      bounceId,
      createdAt: now,
    },
  ]);
  return added > 0;
}

function arrivalOf({ origin, class: kind, reason }: ReturnEvent): string {
  const what = { hard: 'bounce', soft: 'bounce', complaint: 'complaint', delivered: 'report of delivery' }[
    kind
  ];
  return `it was accepted: a ${what} came back (${reason}, by ${origin})`;
}
