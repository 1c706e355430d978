import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How often something may be done, by each of several marks of whoever does it, and by all together. */
export interface Limiter<Mark extends string> {
  /** Counts once; how long to wait before the next time when it was too often, else null. */
  take(marks: Readonly<Record<Mark, string>>): Promise<number | null>;
}

export interface LimiterSettings<Mark extends string> {
  windowMs: number;
  /** Times, or how much, within the window, for each value of a mark. */
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

/** How much may be spent of something that is known only afterwards, such as time, for each of several marks and in all. */
export interface Budget<Mark extends string> {
  /** How long to wait until there is some again, when it is spent for one of the marks or in all, else null. */
  wait(marks: BudgetMarks<Mark>): Promise<number | null>;
  /** Takes an amount, whether or not there is so much left. */
  spend(marks: BudgetMarks<Mark>, amount: number): Promise<void>;
}

/** A mark that is left out is not limited by itself. */
export type BudgetMarks<Mark extends string> = Readonly<Partial<Record<Mark, string>>>;

/** Counts in this process alone; amounts begin with 1, so that no more values are held than there is for everybody. */
export function createBudget<Mark extends string>(settings: LimiterSettings<Mark>): Budget<Mark> {
  const duration = settings.windowMs / 1000;
  const all = new RateLimiterMemory({ points: settings.all, duration });
  const each = (Object.entries(settings.each) as [Mark, number][]).map(
    ([mark, points]) => [mark, new RateLimiterMemory({ points, duration })] as const,
  );
  const limitersOf = (marks: BudgetMarks<Mark>) => [
    [all, 'all'] as const,
    ...each.flatMap(([mark, limiter]) => {
      const key = marks[mark];
      return key === undefined ? [] : [[limiter, key] as const];
    }),
  ];
  return {
    async wait(marks) {
      for (const [limiter, key] of limitersOf(marks)) {
        const soFar = await limiter.get(key);
        if (soFar && soFar.remainingPoints <= 0) return soFar.msBeforeNext;
      }
      return null;
    },
    async spend(marks, amount) {
      for (const [limiter, key] of limitersOf(marks))
        await limiter.penalty(key, Math.max(1, Math.ceil(amount)));
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
