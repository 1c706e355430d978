import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openRows, readTrending } from '../../src/archive/lists.ts';
import { rankArchive } from '../../src/archive/rank.ts';
import { rankApart } from '../../src/archive/rank-apart.ts';
import { lookAtTopic } from '../../src/archive/topic.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { insertSignals } from '../../src/store/papers.ts';
import { openScratch } from '../../src/store/scratch.ts';
import type { Store } from '../../src/store/store.ts';
import { findNextTrendingDate, listTrendingDates } from '../../src/store/trending.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, insertTopic, temporaryFolder, temporaryStore } from '../support/store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.parse('2026-06-26T12:00:00Z');
const today = '2026-06-26';
const windowMs = 7 * dayMs;

/** A paper that came out some days ago, with the votes it had on each of the days since, oldest first. */
async function paperWithVotes(
  store: Store,
  id: number,
  title: string,
  votes: number[],
  more: Partial<StoredPaper> = {},
) {
  const born = now - votes.length * dayMs;
  await insertPaper(
    store,
    storedPaper({
      id,
      title,
      abstract: `${title} ${id}.`,
      announcedAt: born,
      publishedAt: born,
      firstSeenAt: born,
      lastSeenAt: now,
      ...more,
    }),
  );
  const observations = votes.map((value, day) => ({
    paperId: id,
    kind: 'upvotes' as const,
    value,
    observedAt: born + (day + 1) * dayMs,
  }));
  await insertSignals(store.db, 'huggingface', observations);
}

async function rank(store: Store, at = now) {
  const handle = openScratch();
  try {
    return await rankArchive({ db: store.db, handle, now: at, windowMs });
  } finally {
    handle.close();
  }
}

const titles = async (store: Store, span: 'day' | 'week' | 'month', until = today) =>
  (await readTrending(store.db, span, until))?.papers.map(({ paper }) => paper.title);

describe('what trends', () => {
  let store: Store;
  beforeEach(async () => {
    store = temporaryStore();
    await paperWithVotes(store, 1, 'Walruses yesterday', [90]);
    await paperWithVotes(store, 2, 'Penguins this week', [40, 90, 140, 141]);
    await paperWithVotes(store, 3, 'Ostriches this month', [...Array(18).fill(400), 401, 402]);
    await paperWithVotes(store, 4, 'Dodos long ago', [...Array(49).fill(5000), 5000]);
  });

  it('is today what gains now, over a week or a month what gained most in it', async () => {
    expect(await rank(store)).toMatchObject({ date: today, candidates: 2 });
    expect((await titles(store, 'day'))?.[0]).toBe('Walruses yesterday');
    expect((await titles(store, 'week'))?.slice(0, 2)).toEqual(['Penguins this week', 'Walruses yesterday']);
    expect((await titles(store, 'month'))?.slice(0, 2)).toEqual([
      'Ostriches this month',
      'Penguins this week',
    ]);
    const [first] = (await readTrending(store.db, 'month', today))?.papers ?? [];
    expect(first?.note).toMatchObject({
      gained: { upvotes: 402 },
      changes: [{ kind: 'upvotes', value: 402, sinceYesterday: 1 }],
    });
  });

  it('stays what it was on earlier days, and is replaced on the same day', async () => {
    await rank(store, now - dayMs - hourMs);
    await rank(store, now - hourMs);
    await rank(store);
    expect(await listTrendingDates(store.db, { limit: 10 })).toEqual(['2026-06-26', '2026-06-25']);
    expect(await listTrendingDates(store.db, { limit: 10, before: today })).toEqual(['2026-06-25']);
    expect(await findNextTrendingDate(store.db, '2026-06-25')).toBe(today);
    expect(await findNextTrendingDate(store.db, today)).toBeNull();
    expect(await titles(store, 'day', '2026-06-25')).toEqual(['Penguins this week']);
    expect((await readTrending(store.db, 'day', '2026-07-30'))?.date).toBe(today);
    expect(await readTrending(store.db, 'day', '2026-06-24')).toBeNull();
    expect((await readTrending(store.db, 'day', today))?.madeAt).toBe(now);
  });

  it('has nothing withdrawn since, and what was absorbed as what absorbed it, once', async () => {
    await rank(store);
    await store.db.updateTable('papers').set({ withdrawn_at: now }).where('id', '=', 1).execute();
    expect(await titles(store, 'day')).toEqual(['Penguins this week']);
    await store.db
      .updateTable('papers')
      .set({ withdrawn_at: null, merged_into: 2 })
      .where('id', '=', 1)
      .execute();
    expect(await titles(store, 'day')).toEqual(['Penguins this week']);
  });

  it('has one of several papers that are nearly the same', async () => {
    await paperWithVotes(store, 5, 'Walruses yesterday', [80]);
    await rank(store);
    expect(await titles(store, 'day')).toEqual(['Walruses yesterday', 'Penguins this week']);
  });

  it('is worked out in a thread of its own', async () => {
    expect(await rankApart({ file: store.file, now, windowMs })).toMatchObject({
      date: today,
      candidates: 2,
    });
    expect((await titles(store, 'day'))?.[0]).toBe('Walruses yesterday');
    const stopped = new AbortController();
    const stopping = rankApart({ file: store.file, now, windowMs }, stopped.signal);
    stopped.abort();
    expect(await stopping).toBeNull();
    const other = join(temporaryFolder(), 'other.db');
    writeFileSync(other, 'This is no database.'.repeat(100));
    await expect(rankApart({ file: other, now, windowMs })).rejects.toThrow(/not a database/);
  });
});

describe('a topic', () => {
  it('shows its best papers, with its own terms', async () => {
    const store = temporaryStore();
    await paperWithVotes(store, 1, 'On walruses', [3]);
    await paperWithVotes(store, 2, 'More walruses', [90]);
    await paperWithVotes(store, 3, 'Penguins', [400]);
    await insertTopic(store, 'tusks', 'walrus OR elephant');
    await rank(store);
    const look = await lookAtTopic(store.db, 'tusks');
    expect(look?.madeAt).toBe(now);
    expect(look?.papers.map(({ paper, note }) => [paper.id, note.terms])).toEqual([
      [2, ['walrus']],
      [1, ['walrus']],
    ]);
  });

  it('that was changed since shows the newest papers that match it now', async () => {
    const store = temporaryStore();
    await paperWithVotes(store, 1, 'On walruses', [3]);
    await paperWithVotes(store, 2, 'Penguins', [400]);
    await insertTopic(store, 'tusks', 'walrus');
    await rank(store);
    await store.db.updateTable('topics').set({ query: 'penguin' }).where('slug', '=', 'tusks').execute();
    expect((await lookAtTopic(store.db, 'tusks'))?.papers.map(({ paper }) => paper.id)).toEqual([2]);
    expect((await lookAtTopic(store.db, 'tusks'))?.madeAt).toBeNull();
  });

  it('that is private, archived or unknown is not shown', async () => {
    const store = temporaryStore();
    await insertTopic(store, 'gone', 'walrus');
    await store.db.updateTable('topics').set({ archived_at: 1 }).where('slug', '=', 'gone').execute();
    for (const slug of ['gone', 'never']) expect(await lookAtTopic(store.db, slug)).toBeNull();
  });
});

it('a list without papers that are left is empty', async () => {
  expect(await openRows(temporaryStore().db, [{ paperId: 7, note: '{}' }])).toEqual([]);
});
