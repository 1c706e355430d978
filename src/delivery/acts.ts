import type { HashAddress } from '../mail/address-hash.ts';
import { audited, insertAuditEntries } from '../store/audit.ts';
import type { AuditAct } from '../store/audit-words.ts';
import {
  type DeliveryFacts,
  endByHand,
  findDeliveryFacts,
  findReleased,
  holdReleased,
  requeueDelivery,
} from '../store/delivery-acts.ts';
import { releasePapers } from '../store/ledger.ts';
import type { Db } from '../store/store.ts';
import { findSuppressed } from '../store/suppressions.ts';

/** What an admin does to one delivery, by the pages, the command line or the API. `now`: epoch ms. */
export interface ActDeps {
  db: Db;
  now: number;
  hashAddress: HashAddress;
}

/** Done; or why not, in a sentence: there is no such delivery, or it stands otherwise. */
export type ActResult<Done = object> =
  | ({ ok: true } & Done)
  | { ok: false; reason: 'unknown' | 'not_so'; message: string };

/** What became of an uncertain delivery: it arrived, it did not and is sent again, it did not and is given up. */
export const resolutions = ['sent', 'pending', 'failed'] as const;
export type Resolution = (typeof resolutions)[number];

const dayMs = 24 * 3_600_000;

/**
 * An admin's word on an uncertain delivery: it arrived (`sent`), it did not and is given up (`failed`, its papers
 * compete again), or it is to be sent again (`pending`, for a day at most).
 */
export function resolveDelivery(
  { db, now }: Pick<ActDeps, 'db' | 'now'>,
  id: number,
  resolution: Resolution,
): Promise<ActResult> {
  return act<object>(db, 'resolve', id, now, async (trx, { status }) => {
    if (status !== 'uncertain')
      return notSo(`Delivery ${id} is ${status}; only an uncertain one can be resolved.`);
    const detail = 'resolved by hand';
    if (resolution === 'pending') {
      await requeueDelivery(trx, id, { at: now, detail, leastUntil: now + dayMs });
      return { ok: true };
    }
    const reason = resolution === 'failed' ? 'resolved_by_hand' : null;
    await endByHand(trx, id, { status: resolution, reason, detail, at: now });
    if (resolution === 'failed') await releasePapers(trx, [id], now);
    return { ok: true };
  });
}

/**
 * Puts a failed delivery back into the queue while its day lasts. Its papers are held again where they are still free:
 * what the subscriber was sent or is about to be sent since is left out. `dropped`: how many papers that were.
 */
export function retryDelivery(
  deps: ActDeps,
  id: number,
): Promise<ActResult<{ papers: number; dropped: number }>> {
  const { db, now } = deps;
  return act(db, 'retry', id, now, async (trx, facts) => {
    const refusal = await findRetryRefusal({ ...deps, db: trx }, facts);
    if (refusal !== null) return notSo(refusal);
    const released = await findReleased(trx, id);
    const free = released.filter(({ sendAs }) => sendAs !== null).length;
    const papers = facts.held + free;
    if (papers === 0 && !facts.isQuiet)
      return notSo(
        `None of the papers of delivery ${id} can be sent any more: they were sent in other digests since, or withdrawn.`,
      );
    await holdReleased(trx, id, released);
    await requeueDelivery(trx, id, { at: now, detail: 'tried again by hand' });
    return { ok: true, papers, dropped: released.length - free };
  });
}

async function findRetryRefusal(
  { db, now, hashAddress }: ActDeps,
  { id, status, expiresAt, subscriberStatus, emailKey, editionDate }: DeliveryFacts,
): Promise<string | null> {
  if (status === 'uncertain')
    return `Delivery ${id} is uncertain: say what became of it (resolve), or it could be sent twice.`;
  if (status !== 'failed') return `Delivery ${id} is ${status}; only a failed one can be tried again.`;
  if (expiresAt <= now)
    return `The day of delivery ${id} (${editionDate}) is over; its papers compete again for the next digest.`;
  if (subscriberStatus !== 'active')
    return `The subscriber of delivery ${id} is ${subscriberStatus} and gets no mail.`;
  const hash = hashAddress(emailKey);
  const suppression = (await findSuppressed(db, [hash])).get(hash);
  if (suppression)
    return `The address of delivery ${id} must not be mailed (${suppression.reason}); lift the suppression first if that is over.`;
  return null;
}

/**
 * Lets the papers of a delivery compete again whose mail came back: it was accepted, and then returned as undeliverable.
 * Of others it would have the same papers sent twice. `papers`: how many were released.
 */
export function releaseDelivery(
  { db, now }: Pick<ActDeps, 'db' | 'now'>,
  id: number,
): Promise<ActResult<{ papers: number }>> {
  return act(db, 'release', id, now, async (trx, facts) => {
    const refusal = findReleaseRefusal(facts);
    if (refusal !== null) return notSo(refusal);
    await releasePapers(trx, [id], now);
    // The delivery's own row stays as it is.
    await insertAuditEntries(trx, [
      {
        ...{ act: 'release' as const, kind: 'delivery' as const, id, at: now },
        ...{ before: { papersHeld: facts.held }, after: { papersHeld: 0 } },
      },
    ]);
    return { ok: true, papers: facts.held };
  });
}

function findReleaseRefusal({ id, status, held, cameBack, arrived }: DeliveryFacts): string | null {
  if (status === 'uncertain')
    return `Delivery ${id} is uncertain: if it did not arrive, resolve it as failed, and its papers are released.`;
  if (status === 'pending' || status === 'claimed' || status === 'sending')
    return `Delivery ${id} is ${status}: it is about to be sent, and its papers with it.`;
  if (held === 0) return `Delivery ${id} holds no papers: they compete already.`;
  if (status === 'sent' && (!cameBack || arrived))
    return `Delivery ${id} was accepted by the mail server, and ${
      arrived ? 'word came that it arrived' : 'it did not come back'
    }: its papers would be sent twice.`;
  return null;
}

function act<Done>(
  db: Db,
  word: AuditAct,
  id: number,
  at: number,
  steps: (trx: Db, facts: DeliveryFacts) => Promise<ActResult<Done>>,
): Promise<ActResult<Done>> {
  return audited(db, { act: word, kind: 'delivery', id, at }, async (trx) => {
    const facts = await findDeliveryFacts(trx, id);
    if (!facts) return { ok: false, reason: 'unknown', message: `There is no delivery ${id}.` };
    return await steps(trx, facts);
  });
}

function notSo(message: string) {
  return { ok: false as const, reason: 'not_so' as const, message };
}
