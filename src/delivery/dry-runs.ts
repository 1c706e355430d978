import { Worker } from 'node:worker_threads';
import type { DueCursor } from '../store/plan-runs.ts';
import type { DryRunPage, DryRunSummary } from './dry-run.ts';

export interface DryRunSettings {
  databaseFile: string;
  /** How far back papers are candidates. */
  windowMs: number;
  /** For the keyed hashes of addresses (mail/address-hash.ts). */
  secretKey: string;
}

/** To the thread. */
export interface DryRunQuestion {
  id: number;
  now: number;
  until: number;
  /** A page; null: the summary of everybody, told while it is counted. */
  page: { after: DueCursor | null; limit: number } | null;
}

export type DryRunAnswer =
  | { id: number; kind: 'page'; page: DryRunPage }
  | { id: number; kind: 'summary'; summary: DryRunSummary; finished: boolean }
  | { id: number; kind: 'failed'; message: string };

/** How far the count of everybody has come. */
export interface CountedDryRun {
  until: number;
  /** Null: it has just begun. */
  summary: DryRunSummary | null;
  finished: boolean;
  /** Not null: it failed, and was told to `onFailure`. */
  failed: string | null;
}

/** Dry runs in a thread of their own: what is sent and served meanwhile does not wait for them. */
export interface DryRuns {
  /**
   * Null: it failed or took too long, and was told to `onFailure`. Asked again within a minute, it is the same answer, or
   * the one that is still being worked out.
   */
  page(
    at: { now: number; until: number },
    page: NonNullable<DryRunQuestion['page']>,
  ): Promise<DryRunPage | null>;
  /** Begins to count when that is not under way or done lately for this instant; answers at once. */
  count(at: { now: number; until: number }): CountedDryRun;
  close(): Promise<void>;
}

const idleMs = 10 * 60_000;
const patienceMs = 30_000;
/** A count is good for so long, and a page. */
const keptMs = 10 * 60_000;
const keptPageMs = 60_000;
const maxKeptPages = 50;

/** The thread is started when somebody asks, and ends when nobody has for a while. */
export function createDryRuns(
  settings: DryRunSettings,
  onFailure: (message: string) => void = () => {},
): DryRuns {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let nextId = 1;
  const pages = new Map<number, (page: DryRunPage | null) => void>();
  const keptPages = new Map<string, { at: number; page: Promise<DryRunPage | null> }>();
  let counted: (CountedDryRun & { id: number; at: number }) | null = null;

  async function end(): Promise<void> {
    const ended = worker;
    worker = null;
    if (idle) clearTimeout(idle);
    for (const settle of pages.values()) settle(null);
    pages.clear();
    if (counted && !counted.finished) counted = null;
    await ended?.terminate();
  }

  function hear(answer: DryRunAnswer): void {
    if (answer.kind === 'failed') onFailure(answer.message);
    if (answer.kind === 'summary' && counted?.id === answer.id)
      counted = { ...counted, summary: answer.summary, finished: answer.finished };
    if (answer.kind === 'failed' && counted?.id === answer.id)
      counted = { ...counted, finished: true, failed: answer.message };
    pages.get(answer.id)?.(answer.kind === 'page' ? answer.page : null);
    pages.delete(answer.id);
  }

  function ask(question: Omit<DryRunQuestion, 'id'>): number {
    if (!worker) {
      const started = new Worker(new URL('./dry-run-worker.ts', import.meta.url), {
        workerData: settings satisfies DryRunSettings,
        // What the program was started with (test runners' loaders, memory limits) is not for a thread.
        execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
      });
      started.unref();
      started.on('message', hear);
      started.on('error', (error) => {
        onFailure(error instanceof Error ? (error.stack ?? error.message) : String(error));
        if (worker === started) void end();
      });
      started.on('exit', () => {
        if (worker === started) void end();
      });
      worker = started;
    }
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => void end(), idleMs).unref();
    const id = nextId++;
    worker.postMessage({ id, ...question } satisfies DryRunQuestion);
    return id;
  }

  return {
    page(at, page) {
      const key = JSON.stringify([at.until, page]);
      const kept = keptPages.get(key);
      if (kept && Math.abs(at.now - kept.at) < keptPageMs) return kept.page;
      const asked = askForPage(at, page);
      keptPages.delete(key);
      keptPages.set(key, { at: at.now, page: asked });
      if (keptPages.size > maxKeptPages) keptPages.delete(keptPages.keys().next().value as string);
      void asked.then((answered) => {
        if (answered === null) keptPages.delete(key);
      });
      return asked;
    },
    count({ now, until }) {
      const isGood = counted && counted.until === until && Math.abs(now - counted.at) < keptMs;
      if (!counted || !isGood)
        counted = {
          ...{ id: ask({ now, until, page: null }), at: now, until },
          ...{ summary: null, finished: false, failed: null },
        };
      return counted;
    },
    close: end,
  };

  function askForPage(
    at: { now: number; until: number },
    page: NonNullable<DryRunQuestion['page']>,
  ): Promise<DryRunPage | null> {
    const id = ask({ ...at, page });
    return new Promise((resolve) => {
      const patience = setTimeout(() => {
        pages.delete(id);
        onFailure(`a page of a dry run took longer than ${patienceMs} ms`);
        resolve(null);
      }, patienceMs).unref();
      pages.set(id, (answered) => {
        clearTimeout(patience);
        resolve(answered);
      });
    });
  }
}
