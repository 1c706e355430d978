import { Worker } from 'node:worker_threads';
import type { PastEdition, PreviewWish } from './past-editions.ts';

export type { PastEdition, PastPaper, PreviewWish } from './past-editions.ts';

export interface PreviewSettings {
  databaseFile: string;
  /** How far back papers are candidates. */
  windowMs: number;
}

/** To the thread; without a wish it only makes ready. */
export interface PreviewQuestion {
  id: number;
  now: number;
  wish: PreviewWish | null;
}

export type PreviewAnswer = { id: number } & Preview;

/** The last seven days' editions, the latest first; or why there are none to show. */
export type Preview =
  | { ok: true; editions: PastEdition[] }
  /** `busy`: too many ask at once. `query`: one of the queries is none. */
  | { ok: false; reason: 'busy' | 'query' }
  /** Something is wrong here; the message is for the log. */
  | { ok: false; reason: 'failed'; message: string };

/** What a digest would have held on the last seven days. */
export interface Previews {
  /** Never rejects. `now`: epoch ms. */
  play(wish: PreviewWish, now: number): Promise<Preview>;
  /** Makes ready for somebody who is about to ask. */
  warm(now: number): void;
  /** Ends the thread; whoever still waits is told that it is busy. */
  close(): Promise<void>;
}

export interface PreviewOptions extends PreviewSettings {
  /** Unused for so long, the thread ends and gives its memory back. */
  idleMs?: number;
  /** Nobody waits longer. */
  patienceMs?: number;
}

/** More than that would wait longer than they have patience. */
const maxWaiting = 30;
/** Answers to the same wish are the same for a while. */
const keptAnswers = 100;
const keptMs = 60_000;

/**
 * Asks a thread of its own, started when it is first needed. What one thread holds at most is bounded by what the store
 * has of the last three weeks; answers kept here are some hundred kilobytes each at most, for a minute.
 */
export function createPreviews(options: PreviewOptions): Previews {
  const { idleMs = 10 * 60_000, patienceMs = 20_000, ...settings } = options;
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let nextId = 1;
  let closed = false;
  const waiting = new Map<number, (preview: Preview) => void>();
  const kept = new Map<string, { at: number; preview: Promise<Preview> }>();

  const settle = (id: number, preview: Preview) => {
    waiting.get(id)?.(preview);
    waiting.delete(id);
    if (waiting.size === 0 && worker && !closed) rest();
  };
  const rest = () => {
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => {
      if (waiting.size === 0) void end();
    }, idleMs).unref();
  };
  /** `failure`: what ended it, when it was not us. */
  const end = async (failure: string | null = null) => {
    const ended = worker;
    worker = null;
    kept.clear();
    const why: Preview =
      failure === null ? { ok: false, reason: 'busy' } : { ok: false, reason: 'failed', message: failure };
    for (const id of [...waiting.keys()]) settle(id, why);
    await ended?.terminate();
  };
  const start = () => {
    const started = new Worker(new URL('./preview-worker.ts', import.meta.url), {
      workerData: settings satisfies PreviewSettings,
      // What the program was started with (test runners' loaders, memory limits) is not for a thread.
      execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    });
    started.unref();
    started.on('message', ({ id, ...preview }: PreviewAnswer) => {
      settle(id, preview);
    });
    started.on('error', (error) => {
      if (worker === started)
        void end(error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
    started.on('exit', (code) => {
      if (worker === started) void end(`the thread ended with ${code}`);
    });
    return started;
  };

  function ask(wish: PreviewWish | null, now: number): Promise<Preview> {
    if (closed || waiting.size >= maxWaiting) return Promise.resolve({ ok: false, reason: 'busy' });
    worker ??= start();
    const id = nextId++;
    return new Promise((resolve) => {
      const patience = setTimeout(() => settle(id, { ok: false, reason: 'busy' }), patienceMs).unref();
      waiting.set(id, (preview) => {
        clearTimeout(patience);
        resolve(preview);
      });
      worker?.postMessage({ id, now, wish } satisfies PreviewQuestion);
    });
  }

  return {
    play(wish, now) {
      const key = JSON.stringify([wish.topics, wish.maxPapers, wish.timezone, wish.digestTime, wish.days]);
      const known = kept.get(key);
      if (known && Math.abs(now - known.at) < keptMs) return known.preview;
      const preview = ask(wish, now).then((answered) => {
        if (!answered.ok) kept.delete(key);
        return answered;
      });
      if (kept.size >= keptAnswers) kept.delete(kept.keys().next().value as string);
      kept.delete(key);
      kept.set(key, { at: now, preview });
      return preview;
    },
    warm(now) {
      if (!worker && waiting.size === 0) void ask(null, now);
    },
    async close() {
      closed = true;
      if (idle) clearTimeout(idle);
      await end();
    },
  };
}
