import { type Check, warn } from './check.ts';

/** What is asked of the system's resolver; `node:dns/promises` is one. */
export interface Lookups {
  resolveTxt(name: string): Promise<string[][]>;
  resolveMx(name: string): Promise<{ exchange: string; priority: number }[]>;
  resolve4(name: string): Promise<string[]>;
  reverse(address: string): Promise<string[]>;
}

export type Found<T> = { kind: 'found'; values: T[] } | { kind: 'none' } | { kind: 'unknown'; why: string };

export type Ask = <T>(look: () => Promise<T[]>) => Promise<Found<T>>;

/** Those who say what they ask of senders. */
export const asked = 'Gmail, Yahoo and Outlook';

/** Asks, and waits for each answer no longer than that. */
export function asking(timeoutMs: number): Ask {
  return async <T>(look: () => Promise<T[]>): Promise<Found<T>> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(Object.assign(new Error(), { code: 'no answer in time' })),
      timeoutMs,
    );
    try {
      const values = await Promise.race([look(), late.promise]);
      return values.length === 0 ? { kind: 'none' } : { kind: 'found', values };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      return /^(ENOTFOUND|ENODATA)$/.test(code) ? { kind: 'none' } : { kind: 'unknown', why: code };
    } finally {
      clearTimeout(timer);
    }
  };
}

export function cannotTell(title: string, name: string, why: string): Check {
  return warn(title, `${name} cannot be looked up from here (${why})`, 'Run `paperboy doctor` again later.');
}
