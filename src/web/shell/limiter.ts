import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How often something may be done, by each of several marks of whoever does it, and by all together. */
export interface Limiter<Mark extends string> {
  /** Counts once; how long to wait before the next time when it was too often, else null. */
  take(marks: Readonly<Record<Mark, string>>): Promise<number | null>;
}

export interface LimiterSettings<Mark extends string> {
  windowMs: number;
  /** Times within the window, for each value of a mark. */
  each: Readonly<Record<Mark, number>>;
  /** And for everybody; more values than this are never held in memory. */
  all: number;
}

/** Counts in this process alone, and forgets when it ends. */
export function createLimiter<Mark extends string>(settings: LimiterSettings<Mark>): Limiter<Mark> {
  const duration = settings.windowMs / 1000;
  const all = new RateLimiterMemory({ points: settings.all, duration });
  const each = (Object.entries(settings.each) as [Mark, number][]).map(
    ([mark, points]) => [mark, new RateLimiterMemory({ points, duration })] as const,
  );
  return {
    async take(marks) {
      // Looked at first: a flood from everywhere leaves no key for each of its addresses.
      const soFar = await all.get('all');
      if (soFar && soFar.remainingPoints <= 0) return soFar.msBeforeNext;
      for (const [mark, limiter] of each) {
        const waitMs = await consume(limiter, marks[mark]);
        if (waitMs !== null) return waitMs;
      }
      return await consume(all, 'all');
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
