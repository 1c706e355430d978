import { randomBytes } from 'node:crypto';

/** An act that takes longer than anybody waits for a page: a change for many, an import. */
export interface LongAct<Progress, Result> {
  readonly id: string;
  /** What it does, in words for a heading. */
  readonly title: string;
  progress: Progress | null;
  /** Null while it goes on. */
  outcome: { ok: true; result: Result } | { ok: false; message: string } | null;
}

export interface LongActs<Progress, Result> {
  /** Begins it, and gives its id at once. `act` is told how to say how far it is; it never makes this reject. */
  start(
    title: string,
    act: (tell: (progress: Progress) => void) => Promise<Result>,
  ): LongAct<Progress, Result>;
  /** Null: it was never begun here, or long ago. */
  find(id: string): LongAct<Progress, Result> | null;
}

const kept = 50;

/** The program ends: an act was stopped between two of its steps. */
export class ActStoppedError extends Error {
  override name = 'ActStoppedError';
  constructor() {
    super('Paperboy was stopped meanwhile. What was done until then stays; doing it again does the rest.');
  }
}

/** The long acts of one process, so that it ends none of them in the middle of a step. */
export interface Underway {
  readonly isStopping: boolean;
  add(act: Promise<unknown>): void;
  /** Each act ends after the step it is in; resolves then. */
  stop(): Promise<void>;
}

export function createUnderway(): Underway {
  const acts = new Set<Promise<unknown>>();
  let isStopping = false;
  return {
    get isStopping() {
      return isStopping;
    },
    add(act) {
      acts.add(act);
      act.finally(() => acts.delete(act));
    },
    async stop() {
      isStopping = true;
      await Promise.all(acts);
    },
  };
}

/** Keeps the latest ones of this process. What each did is in the database, and the audit log says so. */
export function createLongActs<Progress, Result>(
  onError: (error: unknown) => void = () => {},
  underway: Underway = createUnderway(),
): LongActs<Progress, Result> {
  const acts = new Map<string, LongAct<Progress, Result>>();
  return {
    start(title, act) {
      const id = randomBytes(9).toString('base64url');
      const begun: LongAct<Progress, Result> = { id, title, progress: null, outcome: null };
      acts.set(id, begun);
      for (const [oldest, one] of acts) {
        if (acts.size <= kept) break;
        if (one.outcome) acts.delete(oldest);
      }
      const ended = act((progress) => {
        if (underway.isStopping) throw new ActStoppedError();
        begun.progress = structuredClone(progress);
      }).then(
        (result) => {
          begun.outcome = { ok: true, result };
        },
        (error: unknown) => {
          if (!(error instanceof ActStoppedError)) onError(error);
          begun.outcome = { ok: false, message: (error as Error).message };
        },
      );
      underway.add(ended);
      return begun;
    },
    find: (id) => acts.get(id) ?? null,
  };
}
