import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { hashSecret } from './secrets.ts';

/** How often signing in may be tried, by network (null: not known) and by account, in this process. */
export interface SignInLimits {
  /** Counts a try; how long to wait before the next one when there were too many, else null. */
  take(network: string | null, account: string | null): Promise<number | null>;
  /** Counts a challenge for a passkey, which is kept until it is answered; false: there were too many. */
  takeChallenge(network: string | null): Promise<boolean>;
  /** It was the right one: what it took is given back. */
  giveBack(network: string | null, account: string | null): Promise<void>;
}

export interface LimitSettings {
  readonly perNetwork: number;
  readonly perAccount: number;
  readonly windowMs: number;
  /** Challenges of one network; twice its tries when absent. */
  readonly challenges?: number;
}

/** Ten guesses a quarter of an hour at one account are a thousand a day: nothing against twelve characters. */
const usual: LimitSettings = { perNetwork: 30, perAccount: 10, windowMs: 15 * 60_000 };

export function createSignInLimits(settings: LimitSettings = usual): SignInLimits {
  const duration = settings.windowMs / 1000;
  const networks = new RateLimiterMemory({ points: settings.perNetwork, duration });
  const accounts = new RateLimiterMemory({ points: settings.perAccount, duration });
  const challenges = new RateLimiterMemory({
    points: settings.challenges ?? settings.perNetwork * 2,
    duration,
  });
  // Whatever somebody typed is of one length here.
  const keyOf = (account: string) => hashSecret(account.trim().toLowerCase());
  return {
    async take(network, account) {
      const waitMs = network === null ? null : await consume(networks, network);
      if (waitMs !== null || account === null) return waitMs;
      return await consume(accounts, keyOf(account));
    },
    takeChallenge: async (network) => network === null || (await consume(challenges, network)) === null,
    async giveBack(network, account) {
      if (network !== null) await networks.reward(network, 1);
      if (account !== null) await accounts.delete(keyOf(account));
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused.msBeforeNext;
    throw refused;
  }
}
