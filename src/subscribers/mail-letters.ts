import type { Letter } from '../digest/letter.ts';
import { parseAddress } from '../mail/addresses.ts';
import { findAddressChange, renewAddressChange } from '../store/address-changes.ts';
import { findSubscriber } from '../store/subscribers.ts';
import {
  claimLetter,
  endLetter,
  findWaitingLetters,
  putOffLetter,
  type WaitingLetter,
} from '../store/waiting-letters.ts';
import { makeConfirmLink } from './confirm-link.ts';
import {
  claimMs,
  type LetterFate,
  type MailSignUpsDeps,
  type MailSignUpsReport,
  pauseAfter,
} from './mail-sign-ups.ts';
import { judgeMove } from './move.ts';
import { findSuppression } from './suppressed.ts';

export interface MailLettersDeps extends Omit<MailSignUpsDeps, 'confirmUrl' | 'preferencesUrl'> {
  /** The address of the page that confirms another address. */
  moveUrl: (token: string) => string;
  /** By a link of the epoch given. */
  unsubscribeUrl: (holder: { subscriberId: number; linkEpoch: number }) => string;
}

const atOnce = 20;
/** A server that is away for a night is back; the link works for days. */
const giveUpMs = 24 * 3_600_000;

/**
 * Mails the letters about another address: to the new one the link that confirms it, to the former one, in its owner's
 * language, that it is left. What the server did not take is tried again; can be called at any time, by several processes.
 */
export async function mailLetters(deps: MailLettersDeps): Promise<MailSignUpsReport> {
  const report: MailSignUpsReport = { mailed: 0, putOff: 0, notMailed: 0 };
  for (;;) {
    const waiting = await findWaitingLetters(deps.db, deps.now(), atOnce);
    for (const one of waiting) {
      if (deps.signal?.aborted) return report;
      const fate = await mailOne(deps, one);
      if (fate === 'stop') report.putOff++;
      else if (fate !== null) report[fate]++;
      // The others would be refused for the same reason.
      if (fate === 'stop') return report;
    }
    if (waiting.length < atOnce) return report;
  }
}

async function mailOne(deps: MailLettersDeps, waiting: WaitingLetter): Promise<LetterFate> {
  const { db } = deps;
  const now = deps.now();
  if (!(await claimLetter(db, waiting, now + claimMs))) return null;
  const letter = now - waiting.createdAt > giveUpMs ? null : await write(deps, waiting, now);
  const outcome = letter && (await deps.mail(waiting.email, letter));
  if (outcome?.kind === 'retry' || outcome?.kind === 'stop') {
    await putOffLetter(db, waiting.id, deps.now() + pauseAfter(waiting.attempts));
    return outcome.kind === 'stop' ? 'stop' : 'putOff';
  }
  await endLetter(db, waiting.id);
  // It may have arrived.
  return outcome?.kind === 'sent' || outcome?.kind === 'uncertain' ? 'mailed' : 'notMailed';
}

/** Null: there is nothing to tell any more, or nobody who may be mailed. */
async function write(
  { db, hashAddress, moveUrl, unsubscribeUrl }: MailLettersDeps,
  { kind, subscriberId, changeId, email, linkEpoch }: WaitingLetter,
  now: number,
): Promise<Letter | null> {
  const subscriber = await findSubscriber(db, subscriberId);
  if (!subscriber || subscriber.status === 'erased') return null;
  const { locale } = subscriber;
  if (kind === 'moved') {
    const parsed = parseAddress(email);
    if (!parsed.ok || (await findSuppression(db, hashAddress, parsed.address.key))) return null;
    // By a link of the time before: it can end the subscription, and tells nothing of it.
    return { kind, locale, url: unsubscribeUrl({ subscriberId, linkEpoch }), expiresAt: null };
  }
  const change = changeId === null ? null : await findAddressChange(db, { id: changeId });
  if (!change || !(await judgeMove({ db, now, hashAddress }, change)).ok) return null;
  const link = makeConfirmLink();
  await renewAddressChange(db, change.id, link.hash);
  return { kind, locale, url: moveUrl(link.token), expiresAt: change.expiresAt };
}
