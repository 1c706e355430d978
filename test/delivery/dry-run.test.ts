import { expect, test } from 'vitest';
import { makeCandidateSet } from '../../src/delivery/candidate-set.ts';
import { type DryRunDeps, readDryRunPage, summariseDryRun, tomorrowAt } from '../../src/delivery/dry-run.ts';
import { plan } from '../../src/delivery/plan.ts';
import { createSteeringReader } from '../../src/delivery/steering.ts';
import type { Store } from '../../src/store/store.ts';
import { candidate } from '../support/papers.ts';
import { insertPaper, insertSubscriber, insertTopic, temporaryStore } from '../support/store.ts';

const at = (iso: string) => Date.parse(iso);
const monday = at('2026-06-22T06:00:00Z');
const hashAddress = (key: string) => `hash of ${key}`;

async function openStage() {
  const store = temporaryStore();
  const candidates = Array.from({ length: 10 }, (_none, i) =>
    candidate({ id: i + 1, percentile: 1 - i / 10 }),
  );
  for (const one of candidates) await insertPaper(store, one.paper);
  const set = makeCandidateSet(
    candidates,
    (query) =>
      query === 'none' ? [] : candidates.map((one) => ({ paperId: one.paper.id, relevance: 0.5, terms: [] })),
    () => [],
  );
  const topics = {
    all: await insertTopic(store, 'all', 'all'),
    none: await insertTopic(store, 'none', 'none'),
  };
  return { store, set, topics };
}

function depsOf(store: Store, set: DryRunDeps['candidates'], until: string, now = monday): DryRunDeps {
  const readSteering = createSteeringReader(set);
  return { db: store.db, candidates: set, missed: null, hashAddress, readSteering, now, until: at(until) };
}

const everything = (store: Store) =>
  ['deliveries', 'delivery_papers', 'plan_runs', 'paper_notes', 'subscribers', 'tallies'].map((table) =>
    store.raw.prepare(`SELECT * FROM ${table}`).all(),
  );

test('tells what the plan does then, and writes nothing', async () => {
  const { store, set, topics } = await openStage();
  const add = (email: string, topicIds: number[], digestTime = '08:00') =>
    insertSubscriber(store, { email, topicIds, from: monday, digestTime, maxPapers: 2 });
  await add('a@example.org', [topics.all]);
  await add('b@example.org', [topics.none]);
  await add('c@example.org', []);
  await add('d@example.org', [topics.all], '10:00');
  const before = everything(store);
  const { digests } = await readDryRunPage(depsOf(store, set, '2026-06-22T08:00:00Z'), {
    after: null,
    limit: 10,
  });
  expect(everything(store)).toEqual(before);
  expect(
    digests.map(({ email, skipped, papers }) => [email, skipped?.reason, papers.map((p) => p.paperId)]),
  ).toEqual([
    ['a@example.org', undefined, [1, 2]],
    ['b@example.org', 'nothing_new', []],
    ['c@example.org', 'no_topics', []],
  ]);
  await plan({
    ...{ db: store.db, at: at('2026-06-22T08:00:00Z'), candidates: set, sourceLate: false, hashAddress },
    messageId: (id, date) => `<${id}.${date}@test>`,
  });
  const planned = store.raw
    .prepare(
      'SELECT s.email, d.reason FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id ORDER BY d.id',
    )
    .all();
  expect(planned).toEqual(digests.map(({ email, skipped }) => ({ email, reason: skipped?.reason ?? null })));
});

test('two editions of one reader hold different papers, each planned on its day', async () => {
  const { store, set, topics } = await openStage();
  await insertSubscriber(store, {
    email: 'a@example.org',
    topicIds: [topics.all],
    from: monday,
    maxPapers: 3,
  });
  const { digests } = await readDryRunPage(depsOf(store, set, '2026-06-24T07:00:00Z'), {
    after: null,
    limit: 10,
  });
  expect(
    digests.map(({ editionDate, skipped, papers }) => [editionDate, skipped, papers.map((p) => p.paperId)]),
  ).toEqual([
    ['2026-06-22', null, [1, 2, 3]],
    ['2026-06-23', null, [4, 5, 6]],
  ]);
});

test('what is due already is looked at as it would be planned now', async () => {
  const { store, set, topics } = await openStage();
  await insertSubscriber(store, { email: 'a@example.org', topicIds: [topics.all], from: monday });
  const now = at('2026-06-22T12:00:00Z');
  const { digests } = await readDryRunPage(depsOf(store, set, '2026-06-23T07:00:00Z', now), {
    after: null,
    limit: 10,
  });
  expect(digests).toMatchObject([{ editionDate: '2026-06-22', skipped: null }]);
});

test('pages follow one another, and the summary counts everybody', async () => {
  const { store, set, topics } = await openStage();
  for (let n = 0; n < 7; n++)
    await insertSubscriber(store, {
      ...{ email: `r${n}@example.org`, from: monday, maxPapers: 2 },
      topicIds: [n === 6 ? topics.none : topics.all],
      digestTime: n % 2 === 0 ? '08:00' : '09:00',
    });
  const deps = depsOf(store, set, '2026-06-22T20:00:00Z');
  const seen: string[] = [];
  let after = null;
  do {
    const page: Awaited<ReturnType<typeof readDryRunPage>> = await readDryRunPage(deps, { after, limit: 2 });
    seen.push(...page.digests.map(({ email }) => email));
    after = page.next;
  } while (after);
  expect(seen).toEqual([0, 2, 4, 6, 1, 3, 5].map((n) => `r${n}@example.org`));
  const told: number[] = [];
  const summary = await summariseDryRun(deps, { onProgress: ({ done }) => told.push(done) });
  expect(summary).toMatchObject({
    ...{ due: 7, done: 7, digests: 6, skipped: { nothing_new: 1 }, papers: 12, differentPapers: 2 },
    topPapers: [{ readers: 6 }, { readers: 6 }],
  });
  expect(told).toEqual([7]);
});

test('tomorrow at eight is where the admin is', () => {
  expect(new Date(tomorrowAt(at('2026-06-22T22:30:00Z'), 'Europe/Berlin')).toISOString()).toBe(
    '2026-06-24T06:00:00.000Z',
  );
});
