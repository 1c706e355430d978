import type { DigestDefaults } from '../config.ts';
import { parseAddress } from '../mail/addresses.ts';
import { atomically } from '../store/atomically.ts';
import { countMailsAsked, forgetOldestSignUps, insertSignUp } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { readWishes, type WishesInput, type WishProblem } from './wishes.ts';

const dayMs = 24 * 3_600_000;

export const signUpLimits = {
  /** How long the link in the mail works; then the address is forgotten. */
  openMs: 7 * dayMs,
  /** Mails to one address within a day, whoever asks for them. */
  mailsADay: 3,
  /**
   * Those that nobody confirmed, at most: a flood makes the oldest make room, and takes some 100 MB. As many as the pages
   * let in within a day (web/reader/subscribe.ts), so that the mails of a day are counted all the same.
   */
  waiting: 15_000,
  /** UTF-8 bytes of words of their own that are kept for who has confirmed nothing yet. */
  wordBytes: 6_000,
} as const;

export interface SignUpDeps {
  db: Db;
  /** Epoch ms. */
  now: number;
  defaults: DigestDefaults;
  /** Whether mail can be handed over now. */
  canMail: () => Promise<boolean>;
}

export interface SignUpInput extends WishesInput {
  email: string;
}

export type SignUpResult =
  | { ok: true }
  | { ok: false; reason: 'problems'; problems: WishProblem[] }
  /** The mail server cannot be reached: nothing was kept. */
  | { ok: false; reason: 'no_mail' };

/**
 * Keeps what somebody asks for until they confirm it by the link that `mailSignUps` mails. It does not look whether
 * the address is known, subscribed or suppressed: so neither its answer nor the time it takes can tell. An address
 * that was mailed enough today gets none, and nobody is told.
 */
export async function signUp(deps: SignUpDeps, input: SignUpInput): Promise<SignUpResult> {
  const { db, now } = deps;
  const { wishes, problems } = await readWishes(db, input, deps.defaults);
  const parsed = parseAddress(input.email);
  if (!parsed.ok) problems.unshift({ field: 'email', message: parsed.message });
  const bytes = input.own.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > signUpLimits.wordBytes)
    problems.push({
      field: 'topics',
      message:
        'These are very many words of your own. Please add some of them once you have confirmed, in your preferences.',
    });
  if (!parsed.ok || problems.length > 0) return { ok: false, reason: 'problems', problems };
  if (!(await deps.canMail())) return { ok: false, reason: 'no_mail' };
  const { email, key: emailKey } = parsed.address;
  await atomically(db, async (trx) => {
    const asked = await countMailsAsked(trx, emailKey, now - dayMs);
    const capped = asked >= signUpLimits.mailsADay;
    await insertSignUp(trx, {
      email,
      emailKey,
      wishes: capped ? '{}' : JSON.stringify(wishes),
      createdAt: now,
      expiresAt: now + signUpLimits.openMs,
      mailAt: capped ? null : now,
      mail: capped ? 'capped' : null,
    });
    await forgetOldestSignUps(trx, signUpLimits.waiting);
  });
  return { ok: true };
}
