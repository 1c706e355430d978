import { expect, test } from 'vitest';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import { lookAtEdition } from '../../src/delivery/edition.ts';
import { plan } from '../../src/delivery/plan.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { openScratch } from '../../src/store/reader.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { pauseUntil } from '../../src/subscribers/status.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, insertSubscriber, insertTopic, newStore } from '../support/store.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-03-02T08:00:00Z');
const day = (days: number) => start + days * dayMs;
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const windowMs = 14 * dayMs;

const words = [
  'amber',
  'basil',
  'cobalt',
  'dahlia',
  'ember',
  'fennel',
  'garnet',
  'hazel',
  'indigo',
  'juniper',
];
/** Four words that no other id has: none is nearly the same as another. */
const namesOf = (id: number) =>
  [...String(id).padStart(4, '0')].map((digit, place) => `${words[Number(digit)]}${place}`).join(' ');

/** One paper that came out on a day, with the votes it got until the next. */
async function comesOut(store: Store, id: number, on: number, votes = 0, facts: Partial<StoredPaper> = {}) {
  const at = on - 3_600_000;
  const dates = { publishedAt: at, announcedAt: at, firstSeenAt: at, lastSeenAt: at };
  await insertPaper(
    store,
    storedPaper({
      id,
      title: `Robots of ${namesOf(id)}`,
      abstract: `On ${namesOf(id)}.`,
      ...dates,
      ...facts,
    }),
  );
  if (votes > 0)
    store.raw
      .prepare(
        "INSERT INTO paper_signals (paper_id, source, kind, value, observed_at) VALUES (?, 'huggingface', 'upvotes', ?, ?)",
      )
      .run(id, votes, on + dayMs / 2);
}

async function planAt(store: Store, at: number) {
  const candidates = await loadCandidateSet(store.db, openScratch(), { now: at, windowMs });
  const { missed } = candidates;
  let loads = 0;
  const counting = missed && {
    ...missed,
    load: (...given: Parameters<typeof missed.load>) => {
      loads++;
      return missed.load(...given);
    },
  };
  try {
    await plan({
      ...{ db: store.db, at, sourceLate: false, hashAddress: (key: string) => key, pageSize: 1 },
      candidates: { ...candidates, ...(counting ? { missed: counting } : {}) },
      messageId: (id, date) => `<${id}.${date}@test>`,
    });
    return loads;
  } finally {
    candidates.close();
  }
}
const markSent = (store: Store) =>
  store.raw.exec(
    "UPDATE deliveries SET status = 'sent', ended_at = planned_at, next_attempt_at = NULL WHERE status = 'pending'",
  );
const papersOf = (store: Store, id: number, date: string) =>
  store.raw
    .prepare(
      `SELECT paper_id FROM delivery_papers JOIN deliveries ON deliveries.id = delivery_id
       WHERE deliveries.subscriber_id = ? AND edition_date = ? ORDER BY position`,
    )
    .pluck()
    .all(id, date) as number[];
const occasionOf = (store: Store, id: number, date: string) =>
  store.raw
    .prepare('SELECT occasion FROM deliveries WHERE subscriber_id = ? AND edition_date = ?')
    .pluck()
    .get(id, date);

/** Two readers, of whom one pauses after the first day for `days` days; papers of each day are numbered 10 × day and on. */
async function openStage(days: number) {
  const store = newStore();
  const robots = await insertTopic(store, 'robots', 'robots');
  const add = (email: string, topicIds: number[]) =>
    insertSubscriber(store, { email, topicIds, from: start - 1, maxPapers: 4 });
  const stays = await add('stays@example.org', [robots]);
  const leaves = await add('leaves@example.org', [robots]);
  for (let on = 0; on <= days; on++) await comesOut(store, 10 * on + 1, day(on), 5 + (on % 3));
  await planAt(store, day(0));
  markSent(store);
  expect(await pauseUntil(store.db, leaves, dateOf(day(days)), day(0) + 1)).toMatchObject({ ok: true });
  return { store, robots, stays, leaves };
}

test('the first digest after a long pause holds the best of all the time, and none that was sent before', async () => {
  const { store, leaves } = await openStage(60);
  await comesOut(store, 1005, day(5), 900);
  await comesOut(store, 1020, day(20), 700);
  await comesOut(store, 1040, day(40), 800);
  // What drew more still, but before they left, for another topic, or is gone.
  await comesOut(store, 2000, day(-3), 5000);
  await comesOut(store, 2001, day(21), 5000, { title: 'Weather', abstract: 'Clouds.' });
  await comesOut(store, 2002, day(22), 5000, { withdrawnAt: day(23) });
  const held = papersOf(store, leaves, dateOf(day(0)));
  expect(held).toHaveLength(1);
  await planAt(store, day(60));
  expect(papersOf(store, leaves, dateOf(day(60))).slice(0, 3)).toEqual([1005, 1040, 1020]);
  expect(papersOf(store, leaves, dateOf(day(60)))).toHaveLength(4);
  expect(occasionOf(store, leaves, dateOf(day(60)))).toBe('away');
  expect(papersOf(store, leaves, dateOf(day(60)))).not.toContain(held[0]);
  markSent(store);
  await comesOut(store, 3000, day(61), 3);
  await planAt(store, day(61));
  const next = papersOf(store, leaves, dateOf(day(61)));
  expect(next).toContain(3000);
  expect(next.filter((id) => papersOf(store, leaves, dateOf(day(60))).includes(id))).toEqual([]);
});

test('what few vote on is covered too: the newest of a narrow topic come from all the time', async () => {
  const { store, leaves } = await openStage(45);
  const narrow = await insertTopic(store, 'moss', 'bryophytes OR like:"moss on stones"');
  store.raw.prepare('UPDATE subscriptions SET topic_id = ? WHERE subscriber_id = ?').run(narrow, leaves);
  for (const on of [4, 18, 30])
    await comesOut(store, 1000 + on, day(on), 0, { title: `Bryophytes of hill ${on}`, abstract: 'Moss.' });
  await planAt(store, day(45));
  expect(papersOf(store, leaves, dateOf(day(45))).sort()).toEqual([1004, 1018, 1030]);
});

test('it reaches back 90 days and no further', async () => {
  const { store, leaves } = await openStage(200);
  await comesOut(store, 5001, day(50), 900);
  await comesOut(store, 5002, day(150), 300);
  await planAt(store, day(200));
  const found = papersOf(store, leaves, dateOf(day(200)));
  expect(found).toContain(5002);
  expect(found).not.toContain(5001);
});

test('only who returns pays for it, once a plan', async () => {
  const { store, stays, leaves } = await openStage(40);
  // Nobody is away yet: the plan of each day reaches everybody.
  for (let on = 1; on < 40; on++) {
    expect(await planAt(store, day(on))).toBe(0);
    markSent(store);
  }
  expect(papersOf(store, stays, dateOf(day(39)))).not.toEqual([]);
  expect(await planAt(store, day(40))).toBe(1);
  expect(papersOf(store, stays, dateOf(day(40)))).toEqual([401]);
  expect(occasionOf(store, stays, dateOf(day(40)))).toBe('day');
  expect(papersOf(store, leaves, dateOf(day(40)))).toHaveLength(4);
  markSent(store);
  expect(await planAt(store, day(41))).toBe(0);
});

test('what they like more counts in it, and a look ahead shows the same', async () => {
  const { store, leaves } = await openStage(60);
  for (let place = 0; place < 12; place++)
    await comesOut(store, 1000 + place, day(20), 40 + place, {
      title: `${place % 2 ? 'Tactile fingers of grasping' : 'Wheels and roads of driving'} robots, ${namesOf(place)}`,
      abstract: `${place % 2 ? 'Tactile fingers grasp.' : 'Wheels drive on roads.'} Of ${namesOf(place)}.`,
    });
  store.raw
    .prepare(
      "INSERT INTO feedback (subscriber_id, paper_id, verdict, created_at) VALUES (?, 1001, 'more', 0)",
    )
    .run(leaves);
  store.raw.exec(
    "UPDATE subscribers SET next_due_at = resume_at, status = 'active', resume_at = NULL, resume_date = NULL WHERE id = 2",
  );
  const candidates = await loadCandidateSet(store.db, openScratch(), { now: day(60), windowMs });
  const subscriber = await findSubscriber(store.db, leaves);
  if (!subscriber) throw new Error('nobody');
  const url = 'https://paperboy.test/';
  const look = await lookAtEdition(
    {
      ...{ db: store.db, at: day(60), candidates, hashAddress: (key) => key, messageId: () => '<look@test>' },
      links: () => ({ home: url, preferences: url, unsubscribe: url }),
    },
    subscriber,
  );
  candidates.close();
  await planAt(store, day(60));
  const planned = papersOf(store, leaves, dateOf(day(60)));
  const [first = 0, second = 0] = planned;
  expect([first > 1000 && first % 2, second > 1000 && second % 2]).toEqual([1, 1]);
  expect(look.digest?.papers.map(({ paper }) => paper.id)).toEqual(planned);
  expect(look.digest?.occasion).toBe('away');
});
