import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Letter, RenderedLetter } from '../digest/letter.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import type { Notice } from '../mail/notice.ts';
import { isReachable } from '../mail/reachable.ts';
import type { Outcome, Transport } from '../mail/transport.ts';
import type { Db } from '../store/store.ts';
import { mailLetters } from './mail-letters.ts';
import { type MailSignUpsReport, mailSignUps } from './mail-sign-ups.ts';
import { mailLinks } from './tokens.ts';

/** What it takes to mail letters. The app (app.ts) has it all. */
export interface MailerDeps {
  db: Db;
  clock: Clock;
  config: Pick<Config, 'secretKey' | 'web'>;
  hashAddress: HashAddress;
  transport: () => Promise<Transport>;
  /** Compiled when first asked for. */
  letters: () => Promise<(letter: Letter) => RenderedLetter>;
  sendNotice: (notice: Notice) => Promise<Outcome>;
  /** Where bounces of these mails go. */
  returnPath: string;
}

/** The letters to those who sign up, and to those who change their address. */
export interface SignUpMailer {
  /** Whether the mail server takes mail now. Never rejects, and waits some seconds at most. */
  canMail(): Promise<boolean>;
  /** Mails all that wait; while that is under way, once more when it has ended. */
  mail(): Promise<MailSignUpsReport>;
}

/** Whoever presses the button does not wait longer to be told to try again. */
const patienceMs = 5_000;

export function createSignUpMailer(deps: MailerDeps): SignUpMailer {
  const { publicUrl } = deps.config.web;
  let current: Promise<MailSignUpsReport> | null = null;
  let next: Promise<MailSignUpsReport> | null = null;
  const common = {
    db: deps.db,
    now: () => deps.clock.now(),
    hashAddress: deps.hashAddress,
    mail: async (to: string, letter: Letter) =>
      await deps.sendNotice({ to, returnPath: deps.returnPath, ...(await deps.letters())(letter) }),
  };
  const mailNow = async () => {
    const signUps = await mailSignUps({
      ...common,
      confirmUrl: (token) => `${publicUrl}/confirm/${token}`,
      preferencesUrl: ({ id, linkEpoch }) =>
        mailLinks(deps.config, { subscriberId: id, linkEpoch }, 0).preferences,
    });
    const others = await mailLetters({
      ...common,
      moveUrl: (token) => `${publicUrl}/move/${token}`,
      unsubscribeUrl: (holder) => mailLinks(deps.config, holder, 0).unsubscribe,
    });
    return {
      mailed: signUps.mailed + others.mailed,
      putOff: signUps.putOff + others.putOff,
      notMailed: signUps.notMailed + others.notMailed,
    };
  };
  const start = () => {
    current = mailNow().finally(() => {
      current = null;
    });
    return current;
  };
  return {
    canMail: async () => {
      try {
        return await isReachable(await deps.transport(), patienceMs);
      } catch {
        return false;
      }
    },
    mail() {
      if (!current) return start();
      // Who signed up meanwhile may have been passed over already.
      next ??= current
        .catch(() => {})
        .then(() => {
          next = null;
          return start();
        });
      return next;
    },
  };
}
