import { randomUUID } from 'node:crypto';
import { setTimeout as sleepReal } from 'node:timers/promises';
import { endTurn, findValidators, saveValidators, takeTurn } from '../store/http-cache.ts';
import type { Db } from '../store/store.ts';
import { attemptOnce, HttpError } from './http-attempt.ts';

export { HttpError } from './http-attempt.ts';

/** A gate that all requests of one host's owner go through, in every process on the database. */
export interface Gate {
  name: string;
  /** From the end of one request to the begin of the next. */
  intervalMs: number;
}

export interface GetOptions {
  /** Ask only for what changed since the last answer that was stored. */
  conditional?: boolean;
  gate?: Gate;
}

export type HttpAnswer =
  /** `remember` keeps ETag and Last-Modified; call it once the answer is stored. */
  { kind: 'ok'; body: Buffer; remember: () => Promise<void> } | { kind: 'not_modified' };

/** Polite, bounded fetching. */
export interface Http {
  /** Throws HttpError when it cannot be had after the retries. Redirects are followed, to http(s) alone. */
  get(url: string, options?: GetOptions): Promise<HttpAnswer>;
}

export interface HttpSettings {
  db: Db;
  version: string;
  /** How to reach whoever runs this: PUBLIC_URL or a mail address; null when neither is set. */
  contact: string | null;
  timeoutMs?: number;
  maxBodyBytes?: number;
  /** Tries after the first one. */
  retries?: number;
  /** The first wait before trying again; doubles, with jitter. */
  backoffMs?: number;
  /** A server that asks for a longer wait than this is left alone. */
  maxWaitMs?: number;
  /** Real time, epoch ms, never the clock of `--at`: politeness is about the real server. */
  now?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
  /** 0 ≤ x < 1, for the jitter. */
  random?: () => number;
  /** Told how each attempt ended. */
  onAttempt?: (attempt: HttpAttempt) => void;
}

/** One request as it ended. */
export interface HttpAttempt {
  url: string;
  /** Null: it brought what was asked for, or that nothing has changed. */
  error: string | null;
  /** Of the body; null: nothing has changed, or it failed. */
  bytes: number | null;
  tookMs: number;
  /** It is tried again after so long; null: it is not. */
  againInMs: number | null;
}

/** No server and no clock that was set back closes a gate for longer. */
const maxClosedMs = 3_600_000;

export function makeHttp(settings: HttpSettings): Http {
  const { db, now = Date.now, sleep = sleepReal, random = Math.random } = settings;
  const { retries = 3, backoffMs = 1000, maxWaitMs = 120_000, timeoutMs = 30_000 } = settings;
  const maxBodyBytes = settings.maxBodyBytes ?? 32 * 1024 * 1024;
  const about = settings.contact ? ` (+${settings.contact.replace(/[^\x21-\x7e]/g, '')})` : '';
  const userAgent = `Paperboy/${settings.version}${about}`;
  const holder = randomUUID();

  /** One at a time within this process too. */
  const queues = new Map<string, Promise<unknown>>();
  function inTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
    const mine = (queues.get(name) ?? Promise.resolve()).then(run, run);
    queues.set(
      name,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async function throughGate<T>(gate: Gate, url: string, run: () => Promise<T>): Promise<T> {
    let waited = 0;
    for (;;) {
      const turn = { name: gate.name, holder, leaseMs: timeoutMs * 2, maxClosedMs };
      const waitMs = await takeTurn(db, turn, now());
      if (waitMs === 0) break;
      waited += waitMs;
      if (waited > maxWaitMs + timeoutMs * 2)
        throw new HttpError(
          url,
          null,
          `${gate.name} asked not to be asked again before ${stamp(now() + waitMs)}`,
        );
      await sleep(waitMs);
    }
    let restMs = gate.intervalMs;
    try {
      return await run();
    } catch (error) {
      if (error instanceof HttpError)
        restMs = Math.max(restMs, Math.min(error.retryAfterMs ?? 0, maxClosedMs));
      throw error;
    } finally {
      await endTurn(db, { name: gate.name, holder }, now() + restMs);
    }
  }

  async function get(url: string, options: GetOptions): Promise<HttpAnswer> {
    const validators = options.conditional ? await findValidators(db, url) : null;
    const headers: Record<string, string> = { 'user-agent': userAgent, accept: '*/*' };
    if (validators?.etag) headers['if-none-match'] = validators.etag;
    if (validators?.lastModified) headers['if-modified-since'] = validators.lastModified;
    let startedAt = performance.now();
    const attempt = () => {
      startedAt = performance.now();
      return attemptOnce(url, { headers, timeoutMs, maxBodyBytes, now });
    };
    const tell = (ended: Partial<HttpAttempt>): void => {
      const tookMs = Math.round(performance.now() - startedAt);
      settings.onAttempt?.({ url, error: null, bytes: null, tookMs, againInMs: null, ...ended });
    };
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await (options.gate ? throughGate(options.gate, url, attempt) : attempt());
        tell({ bytes: answer.kind === 'ok' ? answer.body.length : null });
        if (answer.kind === 'not_modified') return answer;
        const { etag, lastModified } = answer;
        const remember = (): Promise<void> =>
          etag || lastModified ? saveValidators(db, url, { etag, lastModified }, now()) : Promise.resolve();
        return { kind: 'ok', body: answer.body, remember };
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        const askedToWaitMs = error.retryAfterMs ?? 0;
        const isLast = !error.retryable || tries > retries;
        const backoffNowMs = Math.round(backoffMs * 2 ** (tries - 1) * (0.5 + random()));
        const againInMs = isLast || askedToWaitMs > maxWaitMs ? null : Math.max(backoffNowMs, askedToWaitMs);
        tell({ error: error.message, againInMs });
        if (againInMs !== null) await sleep(againInMs);
        else if (isLast) throw tries > 1 ? error.after(tries) : error;
        else
          throw new HttpError(
            url,
            error.status,
            `${error.message}; it asks to wait until ${stamp(now() + askedToWaitMs)}, which is too long for one run`,
          );
      }
    }
  }

  return {
    get: (url, options = {}) =>
      options.gate ? inTurn(options.gate.name, () => get(url, options)) : get(url, options),
  };
}

const stamp = (instant: number): string => new Date(instant).toISOString();
