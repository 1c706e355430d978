import { localDateAt } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { audited } from '../store/audit.ts';
import type { AuditAct } from '../store/audit-words.ts';
import { deleteSignUpsOf } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { eraseSubscriberRow, findSubscriber, type Subscriber, saveSubscriber } from '../store/subscribers.ts';
import { endSubscriptions } from '../store/subscriptions.ts';
import { insertSuppressions } from '../store/suppressions.ts';
import { editSubscriber } from './subscribers.ts';
import { erasedReason } from './suppressed.ts';

/** The subscriber as they are now, and whether that is new; or that there is nobody to act on. */
export type StatusResult =
  | { ok: true; changed: boolean; subscriber: Subscriber }
  | { ok: false; reason: 'unknown' | 'erased' };

/**
 * Acts that can be done again without harm. Each takes effect at once: mail that is planned but not yet
 * under way is held back by the sender's last look. `at`: epoch ms.
 */
export function pauseSubscriber(db: Db, id: number, at: number): Promise<StatusResult> {
  return setStatus(
    db,
    id,
    'pause',
    'paused',
    (was) => was.status === 'active' || was.status === 'pending',
    at,
  );
}

/** How far ahead a pause may end. */
const longestPause = { years: 1 };

/**
 * Pauses until a local date (`YYYY-MM-DD`), after today and within a year, from which on mail comes again by itself; who
 * is paused already gets the new date. Null: until they resume. `date`: it is none of these.
 */
export function pauseUntil(
  db: Db,
  id: number,
  resumeDate: string | null,
  at: number,
): Promise<StatusResult | { ok: false; reason: 'date' }> {
  return audited(db, { act: 'pause', kind: 'subscriber', id, at }, async (trx) => {
    const was = await findSubscriber(trx, id);
    if (!was) return { ok: false, reason: 'unknown' };
    if (was.status === 'erased') return { ok: false, reason: 'erased' };
    if (was.status === 'unsubscribed') return { ok: true, changed: false, subscriber: was };
    if (resumeDate !== null && !isDateAhead(resumeDate, localDateAt(at, was.timezone)))
      return { ok: false, reason: 'date' };
    const edited = await editSubscriber(trx, id, { status: 'paused', resumeDate }, at);
    if (!edited.ok) throw new Error(`a pause was refused: ${edited.problems[0]?.message}`);
    return { ok: true, changed: true, subscriber: edited.subscriber };
  });
}

function isDateAhead(text: string, today: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  try {
    const date = Temporal.PlainDate.from(text, { overflow: 'reject' });
    const last = Temporal.PlainDate.from(today).add(longestPause);
    return text > today && Temporal.PlainDate.compare(date, last) <= 0;
  } catch {
    return false;
  }
}

/** Only who is paused resumes; who has unsubscribed stays so. */
export function resumeSubscriber(db: Db, id: number, at: number): Promise<StatusResult> {
  return setStatus(db, id, 'resume', 'active', (was) => was.status === 'paused', at);
}

export function unsubscribeSubscriber(db: Db, id: number, at: number): Promise<StatusResult> {
  return setStatus(db, id, 'unsubscribe', 'unsubscribed', () => true, at);
}

/** Brings back who has unsubscribed, with the topics they left then. */
export function resubscribeSubscriber(db: Db, id: number, at: number): Promise<StatusResult> {
  return setStatus(db, id, 'resubscribe', 'active', (was) => was.status === 'unsubscribed', at);
}

/** Makes links in mails sent until now open nothing any more, but that they still unsubscribe. */
export function switchOffLinks(db: Db, id: number, at: number): Promise<StatusResult> {
  return audited(db, { act: 'revoke', kind: 'subscriber', id, at }, async (trx) => {
    const was = await findSubscriber(trx, id);
    if (!was) return { ok: false, reason: 'unknown' };
    if (was.status === 'erased') return { ok: false, reason: 'erased' };
    const subscriber = { ...was, linkEpoch: was.linkEpoch + 1, updatedAt: at };
    await saveSubscriber(trx, subscriber);
    return { ok: true, changed: true, subscriber };
  });
}

/**
 * Forgets the address for good (store/subscribers.ts says what goes); rows and their history stay, and so does its
 * keyed hash, that no old list brings it back.
 */
export function eraseSubscriber(
  db: Db,
  id: number,
  at: number,
  hashAddress: HashAddress,
): Promise<StatusResult> {
  return audited(db, { act: 'erase', kind: 'subscriber', id, at }, async (trx) => {
    const was = await findSubscriber(trx, id);
    if (!was) return { ok: false, reason: 'unknown' };
    if (was.status === 'erased') return { ok: true, changed: false, subscriber: was };
    await endSubscriptions(trx, id, 'all', 'erased', at);
    await eraseSubscriberRow(trx, id, at);
    await deleteSignUpsOf(trx, { subscriberId: id, emailKey: was.emailKey });
    const addressHash = hashAddress(was.emailKey);
    await insertSuppressions(trx, [
      { addressHash, reason: erasedReason, origin: 'admin', note: null, bounceId: null, createdAt: at },
    ]);
    return { ok: true, changed: true, subscriber: (await findSubscriber(trx, id)) ?? was };
  });
}

function setStatus(
  db: Db,
  id: number,
  act: AuditAct,
  status: 'active' | 'paused' | 'unsubscribed',
  applies: (was: Subscriber) => boolean,
  at: number,
): Promise<StatusResult> {
  return audited(db, { act, kind: 'subscriber', id, at }, async (trx) => {
    const was = await findSubscriber(trx, id);
    if (!was) return { ok: false, reason: 'unknown' };
    if (was.status === 'erased') return { ok: false, reason: 'erased' };
    if (was.status === status || !applies(was)) return { ok: true, changed: false, subscriber: was };
    const edited = await editSubscriber(trx, id, { status }, at);
    if (!edited.ok) throw new Error(`status ${status} refused: ${edited.problems[0]?.message}`);
    return { ok: true, changed: true, subscriber: edited.subscriber };
  });
}
