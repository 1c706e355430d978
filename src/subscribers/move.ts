import type { HashAddress } from '../mail/address-hash.ts';
import { parseAddress } from '../mail/addresses.ts';
import { actingAs } from '../store/acting.ts';
import {
  type AddressChange,
  countAddressChanges,
  endAddressChanges,
  findAddressChange,
  insertAddressChange,
} from '../store/address-changes.ts';
import { atomically } from '../store/atomically.ts';
import type { Db } from '../store/store.ts';
import { findSubscriber, findSubscriberByKey, type Subscriber } from '../store/subscribers.ts';
import { insertWaitingLetter } from '../store/waiting-letters.ts';
import { hashConfirmToken, makeConfirmLink } from './confirm-link.ts';
import { editSubscriber } from './subscribers.ts';
import { findSuppression } from './suppressed.ts';

const dayMs = 24 * 3_600_000;

export const moveLimits = {
  /** How long the link in the mail works. */
  openMs: 3 * dayMs,
  /** Mails within a day, of one subscriber or to one address. */
  mailsADay: 3,
} as const;

export interface MoveDeps {
  db: Db;
  /** Epoch ms. */
  now: number;
  hashAddress: HashAddress;
}

/** Whether there is anything to mail, whoever asks is not told. */
export type AskedMove =
  | { ok: true }
  | { ok: false; reason: 'address'; message: string }
  | { ok: false; reason: 'same' };

/**
 * Keeps that a subscriber wants their mail at another address, until that mailbox confirms it. An address that belongs
 * to somebody else, must not be mailed or was mailed enough today gets no mail, and the answer is the same. The letter
 * with the link waits for mail-letters.ts.
 */
export function askToMove(
  { db, now, hashAddress }: MoveDeps,
  subscriber: Subscriber,
  typed: string,
): Promise<AskedMove> {
  const parsed = parseAddress(typed);
  if (!parsed.ok) return Promise.resolve({ ok: false, reason: 'address', message: parsed.message });
  const { email, key: emailKey } = parsed.address;
  if (email === subscriber.email) return Promise.resolve({ ok: false, reason: 'same' });
  return atomically(db, async (trx) => {
    const { id: subscriberId, linkEpoch } = subscriber;
    const since = now - dayMs;
    const asked = await countAddressChanges(trx, { subscriberId, emailKey, since });
    if (asked >= moveLimits.mailsADay) return { ok: true };
    // The link that is mailed is made with the letter; of this one nobody hears.
    const { hash: tokenHash } = makeConfirmLink();
    const expiresAt = now + moveLimits.openMs;
    const change = { tokenHash, subscriberId, linkEpoch, email, emailKey, createdAt: now, expiresAt };
    const changeId = await insertAddressChange(trx, change);
    if (await isFree(trx, subscriberId, emailKey, hashAddress))
      await insertWaitingLetter(trx, {
        ...{ kind: 'move', subscriberId, changeId, email, linkEpoch, createdAt: now },
      });
    return { ok: true };
  });
}

/** Where a link to confirm an address leads. */
export type FoundMove = { ok: true; subscriber: Subscriber; email: string } | { ok: false };

/** Looks; changes nothing. */
export async function findMove({ db, now, hashAddress }: MoveDeps, token: string): Promise<FoundMove> {
  const hash = hashConfirmToken(token);
  const change = hash === null ? null : await findAddressChange(db, { tokenHash: hash });
  return change ? await judgeMove({ db, now, hashAddress }, change) : { ok: false };
}

/** Whether what was asked for may still be. */
export async function judgeMove(
  { db, now, hashAddress }: MoveDeps,
  change: AddressChange,
): Promise<FoundMove> {
  if (now >= change.expiresAt) return { ok: false };
  const subscriber = await findSubscriber(db, change.subscriberId);
  if (!subscriber || subscriber.status === 'erased' || subscriber.linkEpoch !== change.linkEpoch)
    return { ok: false };
  if (!(await isFree(db, subscriber.id, change.emailKey, hashAddress))) return { ok: false };
  return { ok: true, subscriber, email: change.email };
}

/** Makes it their address; works once. The one they had is told by a letter that waits for mail-letters.ts. */
export function confirmMove(
  deps: MoveDeps,
  token: string,
): Promise<{ ok: true; subscriber: Subscriber } | { ok: false }> {
  return atomically(deps.db, async (db) => {
    const found = await findMove({ ...deps, db }, token);
    if (!found.ok) return { ok: false };
    const { id, email: from, linkEpoch } = found.subscriber;
    const edited = await actingAs({ kind: 'subscriber', id }, () =>
      editSubscriber(db, id, { email: found.email }, deps.now, 'preferences', deps.hashAddress),
    );
    if (!edited.ok) return { ok: false };
    await endAddressChanges(db, id);
    await insertWaitingLetter(db, {
      ...{ kind: 'moved', subscriberId: id, changeId: null, email: from, linkEpoch, createdAt: deps.now },
    });
    return { ok: true, subscriber: edited.subscriber };
  });
}

async function isFree(
  db: Db,
  subscriberId: number,
  emailKey: string,
  hashAddress: HashAddress,
): Promise<boolean> {
  const other = await findSubscriberByKey(db, emailKey);
  if (other) return other.id === subscriberId;
  return (await findSuppression(db, hashAddress, emailKey)) === null;
}
