import { describe, expect, test } from 'vitest';
import { type CandidateSet, makeCandidateSet } from '../../src/delivery/candidate-set.ts';
import { lookAtEdition } from '../../src/delivery/edition.ts';
import { plan } from '../../src/delivery/plan.ts';
import type { Note } from '../../src/digest/digest.ts';
import type { Candidate } from '../../src/papers/candidate.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { candidate, storedPaper } from '../support/papers.ts';
import { insertPaper, insertSubscriber, insertTopic, temporaryStore } from '../support/store.ts';

const at = Date.parse('2026-06-22T08:00:00Z');
const fields = [
  'robot arms grasp objects with tactile fingers',
  'speech recognition of noisy audio recordings',
];

/** Twenty papers, by turns about robots (odd ids) and speech; the first trends most. And two readers of all. */
async function prepare() {
  const store = temporaryStore();
  const text = (id: number) => ({
    title: `${fields[(id + 1) % 2]} ${id}`,
    abstract: `We study how ${fields[(id + 1) % 2]}, in setting number ${id}.`,
  });
  const candidates = Array.from({ length: 20 }, (_, index) =>
    candidate({ id: index + 1, percentile: 1 - index / 20, ...text(index + 1) }),
  );
  for (const one of candidates) await insertPaper(store, one.paper);
  // Long ago, no candidate any more.
  await insertPaper(
    store,
    storedPaper({ id: 100, ...text(101), title: 'Fingers that feel: <i>tactile</i> robot arms' }),
  );
  const topicIds = [await insertTopic(store, 'all', '*')];
  const ids: number[] = [];
  for (const email of ['a@example.org', 'b@example.org'])
    ids.push(await insertSubscriber(store, { email, topicIds, from: at - 1, maxPapers: 6 }));
  const [steers = 0, other = 0] = ids;
  return { store, candidates, steers, other };
}

const setOf = (candidates: Candidate[]) =>
  makeCandidateSet(
    candidates,
    () => candidates.map(({ paper }) => ({ paperId: paper.id, relevance: 0.5, terms: [] })),
    () => [],
  );
const say = (store: Store, subscriberId: number, paperId: number, verdict: 'more' | 'less') =>
  store.raw
    .prepare('INSERT INTO feedback (subscriber_id, paper_id, verdict, created_at) VALUES (?, ?, ?, 0)')
    .run(subscriberId, paperId, verdict);
const planWith = (store: Store, candidates: CandidateSet) =>
  plan({
    ...{ db: store.db, at, candidates, sourceLate: false, pageSize: 1 },
    messageId: (id, date) => `<${id}.${date}@test>`,
    hashAddress: (key) => key,
  });
const sent = (store: Store, subscriberId: number) =>
  store.raw
    .prepare('SELECT paper_id FROM delivery_papers WHERE subscriber_id = ? ORDER BY position')
    .pluck()
    .all(subscriberId) as number[];
const notes = (store: Store, subscriberId: number) =>
  (
    store.raw
      .prepare(
        'SELECT note FROM delivery_papers JOIN paper_notes ON paper_notes.id = note_id WHERE subscriber_id = ? ORDER BY position',
      )
      .pluck()
      .all(subscriberId) as string[]
  ).map((note) => JSON.parse(note) as Note);
const robots = (ids: number[]) => ids.filter((id) => id % 2 === 1).length;

describe('what subscribers asked for more and less of steers their digests', () => {
  test('likes of papers long gone bring their like up, and the note says which', async () => {
    const { store, candidates, steers, other } = await prepare();
    say(store, steers, 100, 'more');
    await planWith(store, setOf(candidates));
    expect(robots(sent(store, other))).toBe(3);
    expect(robots(sent(store, steers))).toBeGreaterThan(3);
    expect(sent(store, steers)).toContain(1);
    const why = notes(store, steers).find((note) => note.moreLike !== undefined);
    expect(why).toMatchObject({
      moreLike: 'Fingers that feel: <i>tactile</i> robot arms',
      steered: expect.any(Number),
    });
    expect(notes(store, other).every((note) => note.steered === undefined && !note.moreLike)).toBe(true);
  });

  test('dislikes take their like down, but leave none out when there is nothing else', async () => {
    const { store, candidates, steers } = await prepare();
    for (const id of [100, 1, 3, 5]) say(store, steers, id, 'less');
    await planWith(store, setOf(candidates));
    expect(robots(sent(store, steers))).toBeLessThan(3);
    const only = await prepare();
    say(only.store, only.steers, 100, 'less');
    await planWith(only.store, setOf(only.candidates.filter(({ paper }) => paper.id % 2 === 1)));
    expect(sent(only.store, only.steers)).toHaveLength(6);
  });

  test('what was taken back, and what others like, counts for nothing', async () => {
    const { store, candidates, steers, other } = await prepare();
    say(store, steers, 100, 'more');
    store.raw.exec('UPDATE feedback SET removed_at = 1');
    await planWith(store, setOf(candidates));
    expect(sent(store, steers)).toEqual(sent(store, other));
    // They share their notes then.
    expect(store.raw.prepare('SELECT count(*) FROM paper_notes').pluck().get()).toBe(6);
  });

  test('nobody pays for it who never chose', async () => {
    const { store, candidates } = await prepare();
    const set = setOf(candidates);
    set.nearness = () => {
      throw new Error('made for nobody');
    };
    expect(await planWith(store, set)).toMatchObject({ planned: 2 });
  });

  test('a look ahead shows what the plan then does', async () => {
    const { store, candidates, steers } = await prepare();
    say(store, steers, 100, 'more');
    const subscriber = await findSubscriber(store.db, steers);
    if (!subscriber) throw new Error('nobody');
    const look = await lookAtEdition(
      {
        ...{ db: store.db, at, candidates: setOf(candidates) },
        links: () => ({
          home: 'https://x.test/',
          preferences: 'https://x.test/p',
          unsubscribe: 'https://x.test/u',
        }),
        messageId: () => '<look@test>',
        hashAddress: (key) => key,
      },
      subscriber,
    );
    await planWith(store, setOf(candidates));
    expect(look.digest?.papers.map(({ paper }) => paper.id)).toEqual(sent(store, steers));
    expect(look.digest?.papers.map(({ note }) => note)).toEqual(notes(store, steers));
  });
});
