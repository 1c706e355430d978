import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Schedule } from '../../src/digest/schedule.ts';
import { nextDueAt } from '../../src/digest/schedule.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { toColumns } from '../../src/store/paper-rows.ts';
import { openImage, openStore, type Store } from '../../src/store/store.ts';

/** A folder of the test's own, removed with everything in it when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real database file in a folder of its own, closed and removed when the test ends. */
export function temporaryStore(folder = temporaryFolder()): Store {
  const store = newStore(join(folder, 'paperboy.db'));
  onTestFinished(() => store.close());
  return store;
}

let memoryImage: Buffer | undefined;
let fileImage: Buffer | undefined;

/**
 * An empty database that is up to date, as openStore gives one: its tables are made once and copied from then on. For
 * tests of what is in a database; how one comes into being is for openStore itself.
 */
export function newStore(path = ':memory:'): Store {
  if (path === ':memory:') {
    memoryImage ??= imageOf(':memory:', (store) => store.raw.serialize());
    return openImage(memoryImage);
  }
  if (fileImage === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'paperboy-image-'));
    const file = join(folder, 'image.db');
    imageOf(file, () => null);
    fileImage = readFileSync(file);
    rmSync(folder, { recursive: true });
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, fileImage, { mode: 0o600, flag: 'wx' });
  return openStore(path);
}

/** Makes the tables, looks at them, and closes: a file is whole then, without a -wal beside it. */
function imageOf<Image>(path: string, look: (store: Store) => Image): Image {
  const store = openStore(path);
  const image = look(store);
  store.raw.close();
  return image;
}

export async function insertPaper(store: Store, paper: StoredPaper): Promise<void> {
  await store.db
    .insertInto('papers')
    .values({
      id: paper.id,
      ...toColumns(paper),
      first_seen_at: paper.firstSeenAt,
      last_seen_at: paper.lastSeenAt,
    })
    .execute();
}

export async function insertTopic(store: Store, slug: string, query: string): Promise<number> {
  const row = await store.db
    .insertInto('topics')
    .values({ slug, name: slug, query, visibility: 'public', created_at: 0, updated_at: 0 })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export interface SubscriberFacts extends Partial<Schedule> {
  email: string;
  topicIds: number[];
  from: number;
  maxPapers?: number;
}

/** An active subscriber whose first digest is due at or after `from`. */
export async function insertSubscriber(store: Store, facts: SubscriberFacts): Promise<number> {
  const schedule: Schedule = {
    timezone: facts.timezone ?? 'UTC',
    digestTime: facts.digestTime ?? '08:00',
    days: facts.days ?? ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  };
  const row = await store.db
    .insertInto('subscribers')
    .values({
      email: facts.email,
      email_key: facts.email,
      status: 'active',
      timezone: schedule.timezone,
      digest_time: schedule.digestTime,
      days: schedule.days.join(','),
      max_papers: facts.maxPapers ?? 10,
      locale: 'en',
      next_due_at: nextDueAt(schedule, facts.from),
      created_at: facts.from,
      updated_at: facts.from,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const topicId of facts.topicIds)
    await store.db
      .insertInto('subscriptions')
      .values({ subscriber_id: row.id, topic_id: topicId, created_at: facts.from })
      .execute();
  return row.id;
}
