import type { Letter } from '../digest/letter.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import type { Outcome } from '../mail/transport.ts';
import type { SignUpMail } from '../store/schema.ts';
import {
  claimSignUp,
  findWaitingSignUps,
  putOffSignUp,
  type SignUp,
  settleSignUp,
} from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { findSubscriberByKey, type Subscriber } from '../store/subscribers.ts';
import { makeConfirmLink } from './confirm-link.ts';
import { erasedReason, findSuppression } from './suppressed.ts';
import type { Wishes } from './wishes.ts';

export interface MailSignUpsDeps {
  db: Db;
  /** Epoch ms. */
  now: () => number;
  hashAddress: HashAddress;
  /** The address of the page that confirms. */
  confirmUrl: (token: string) => string;
  preferencesUrl: (subscriber: Pick<Subscriber, 'id' | 'linkEpoch'>) => string;
  /** Renders a letter and hands it over. Never rejects for what a mail server does. */
  mail: (to: string, letter: Letter) => Promise<Outcome>;
  signal?: AbortSignal;
}

/** What became of those that waited. */
export interface MailSignUpsReport {
  mailed: number;
  /** To be tried again. */
  putOff: number;
  /** Suppressed, refused by the server, or given up. */
  notMailed: number;
}

/** What became of one letter; null: somebody else has it. */
export type LetterFate = keyof MailSignUpsReport | 'stop' | null;

/** Another process takes over what one that died had begun. */
export const claimMs = 10 * 60_000;
const atOnce = 20;
/** Nobody waits longer before their mailbox; they will have tried again. */
const giveUpMs = 2 * 3_600_000;
const firstPauseMs = 60_000;

/** How long after so many attempts before this one the next may come. */
export function pauseAfter(attempts: number): number {
  return firstPauseMs * 2 ** Math.min(attempts, 6);
}

/**
 * Mails those who signed up: a link to confirm, or to who is subscribed already the way to their preferences. What
 * must not be mailed is looked at here and not while somebody waits for an answer. Nothing that was typed on the page
 * but the address and the language has a part in the mail. What the server did not take is tried again; can be called
 * at any time, by several processes.
 */
export async function mailSignUps(deps: MailSignUpsDeps): Promise<MailSignUpsReport> {
  const report: MailSignUpsReport = { mailed: 0, putOff: 0, notMailed: 0 };
  while (!deps.signal?.aborted) {
    const waiting = await findWaitingSignUps(deps.db, deps.now(), atOnce);
    for (const signUp of waiting) {
      if (deps.signal?.aborted) return report;
      const fate = await mailOne(deps, signUp);
      if (fate === 'stop') report.putOff++;
      else if (fate !== null) report[fate]++;
      // The others would be refused for the same reason.
      if (fate === 'stop') return report;
    }
    if (waiting.length < atOnce) return report;
  }
  return report;
}

async function mailOne(deps: MailSignUpsDeps, signUp: SignUp): Promise<LetterFate> {
  const { db } = deps;
  const now = deps.now();
  const settle = (mail: SignUpMail) => settleSignUp(db, signUp.id, mail, deps.now());
  if (now - signUp.createdAt > giveUpMs) {
    await settle('failed');
    return 'notMailed';
  }
  const link = makeConfirmLink();
  const claim = { linkHash: link.hash, againAt: now + claimMs };
  if (!(await claimSignUp(db, signUp, claim))) return null;
  // Who was erased and asks for mail again is asked whether it was them; all else that stands against mail stays.
  const suppression = await findSuppression(db, deps.hashAddress, signUp.emailKey);
  if (suppression && suppression.reason !== erasedReason) {
    await settle('suppressed');
    return 'notMailed';
  }
  const subscriber = await findSubscriberByKey(db, signUp.emailKey);
  const known = subscriber && (subscriber.status === 'active' || subscriber.status === 'paused');
  const kind = known ? 'known' : 'confirm';
  const letter = known
    ? knownLetter(deps, subscriber)
    : {
        kind: 'confirm' as const,
        locale: (JSON.parse(signUp.wishes) as Wishes).settings.locale,
        url: deps.confirmUrl(link.token),
        expiresAt: signUp.expiresAt,
      };
  const outcome = await deps.mail(known ? subscriber.email : signUp.email, letter);
  switch (outcome.kind) {
    case 'sent':
    // It may have arrived, and then its link has to work.
    case 'uncertain':
      await settle(kind);
      return 'mailed';
    case 'failed':
      await settle('failed');
      return 'notMailed';
    default:
      await putOffSignUp(db, signUp.id, deps.now() + pauseAfter(signUp.attempts));
      return outcome.kind === 'stop' ? 'stop' : 'putOff';
  }
}

function knownLetter({ preferencesUrl }: MailSignUpsDeps, subscriber: Subscriber): Letter {
  const { locale } = subscriber;
  return { kind: 'known', locale, url: preferencesUrl(subscriber), expiresAt: null };
}
