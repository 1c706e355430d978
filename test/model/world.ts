import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { type App, openApp, sendDigests } from '../../src/app.ts';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import { plan } from '../../src/delivery/plan.ts';
import { openStore } from '../../src/store/store.ts';
import { addTopic } from '../../src/store/topics.ts';
import { day } from './calendar.ts';
import { createMortal, Died, type Mortal } from './mortal.ts';
import { composePlainly, type Post } from './post.ts';
import { type Sending, topics } from './steps.ts';

/** How long a paper can be sent. */
export const windowDays = 5;

/** An installation on a database file of its own, with a clock that is set by hand. */
export interface World {
  readonly app: App;
  at: number;
  /** Closes the database and opens it anew, as a process that starts does. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

let empty: Promise<Buffer> | null = null;

/** A database with the topics and nothing else, made once: a story begins with a copy. */
async function makeEmpty(): Promise<Buffer> {
  const store = openStore(':memory:');
  for (const { slug, query } of topics) await addTopic(store.db, { slug, name: slug, query }, 0);
  const bytes = store.raw.serialize();
  await store.close();
  return bytes;
}

export async function openWorld(start: number): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-model-'));
  const file = join(folder, 'paperboy.db');
  empty ??= makeEmpty();
  writeFileSync(file, await empty);
  const env = {
    DATABASE_URL: `sqlite:${file}`,
    OUTBOX_DIR: join(folder, 'outbox'),
    MAIL_FROM: 'Paperboy <paperboy@example.org>',
    PUBLIC_URL: 'https://paperboy.example.org',
    SECRET_KEY: '0123456789abcdef0123456789abcdef0123456789abcdef',
    SOURCES: 'none',
    DIGEST_WINDOW_DAYS: String(windowDays),
  };
  const open = async () => {
    const app = await openApp({ env, cwd: folder, clock: { now: () => world.at } });
    // No machine fails here, only processes do.
    app.store.raw.pragma('synchronous = OFF');
    return app;
  };
  let app: App;
  const world: World = {
    get app() {
      return app;
    },
    at: start,
    async restart() {
      await app.close();
      app = await open();
    },
    async end() {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  app = await open();
  return world;
}

/** Runs processes side by side to their ends; returns whether one died. Throws what else went wrong in one. */
async function runAll(processes: Promise<unknown>[]): Promise<boolean> {
  const ended = await Promise.allSettled(processes);
  let died = false;
  for (const one of ended) {
    if (one.status === 'fulfilled') continue;
    if (!(one.reason instanceof Died)) throw one.reason;
    died = true;
  }
  return died;
}

/** Plans in one or two processes, a few subscribers a page; the first may die. Returns whether it did. */
export function planIn(
  { app, at }: World,
  given: { processes: number; sourceLate: boolean; diesAfter: number | null },
): Promise<boolean> {
  return runAll(
    Array.from({ length: given.processes }, async (_, index) => {
      const { db } = createMortal(app.store.db, index === 0 ? (given.diesAfter ?? undefined) : undefined);
      const candidates = await loadCandidateSet(db, new BetterSqlite3(':memory:'), {
        now: at,
        windowMs: windowDays * day,
      });
      const { messageId, hashAddress } = app;
      const { sourceLate } = given;
      await plan({ db, at, candidates, sourceLate, messageId, hashAddress, pageSize: 2 }).finally(() =>
        candidates.close(),
      );
    }),
  );
}

/** Sends in one or two processes; the first may die. Returns whether it did. */
export function sendIn({ app }: World, sending: Sending, post: Post): Promise<boolean> {
  const { dies, limit } = sending;
  return runAll(
    Array.from({ length: sending.processes }, (_, index) => {
      const process = createMortal(
        app.store.db,
        index === 0 && dies && 'after' in dies ? dies.after : undefined,
      );
      return sendDigests(appOf(app, process, post, index === 0), limit === null ? {} : { limit });
    }),
  );
}

function appOf(app: App, process: Mortal, post: Post, isFirst: boolean): App {
  return {
    ...app,
    store: { ...app.store, db: process.db },
    transport: async () => post.transportOf(process, isFirst),
    composer: async () => composePlainly,
  };
}
