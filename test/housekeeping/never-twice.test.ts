import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import { plan } from '../../src/delivery/plan.ts';
import { keepHouse } from '../../src/housekeeping/keep-house.ts';
import { titleKey } from '../../src/papers/key.ts';
import type { Paper } from '../../src/papers/paper.ts';
import { makePaper } from '../../src/sources/record.ts';
import { upsertPapers } from '../../src/sources/upsert.ts';
import type { Store } from '../../src/store/store.ts';
import { insertSubscriber, insertTopic, newStore } from '../support/store.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-05T09:00:00Z');
/** The least that the settings allow: little is kept. */
const retention = { signalsDays: 100, deliveriesDays: 100 };
const windowMs = 90 * dayMs;

/** Works that come back in every guise. */
const works = [
  [
    'Folding proteins with small networks',
    'Residues, torsion angles and distances suffice for chains of any length.',
  ],
  [
    'Proteins from the deep sea, catalogued',
    'Vents at three thousand metres yield enzymes stable beyond boiling water.',
  ],
  [
    'How proteins misfold in ageing cells',
    'Chaperones tire; aggregates spread between neurons along axons of mice.',
  ],
  [
    'Designing proteins that bind metals',
    'Copper, zinc and iron sites were drawn by hand and then searched for.',
  ],
  [
    'Proteins in space: a survey of crystals',
    'Microgravity grows them larger, purer and slower than laboratories do.',
  ],
  [
    'Reading proteins with nanopores',
    'Ionic currents name each amino acid as it passes through the membrane.',
  ],
] as const;

type Step =
  | { do: 'tell'; work: number; guise: 'title' | 'file' | 'arxiv' | 'announced' }
  | { do: 'wait'; days: number }
  | { do: 'plan' }
  | { do: 'prune' };

const guises = ['title', 'file', 'arxiv', 'announced'] as const;
const tell = (work: number, guise: (typeof guises)[number]): Step => ({ do: 'tell', work, guise });
const wait = (days: number): Step => ({ do: 'wait', days });

/** News, some time, house kept or not, and a plan. Clocks are set back, by a day and by much more. */
const round: fc.Arbitrary<Step[]> = fc
  .record({
    work: fc.integer({ min: 0, max: works.length - 1 }),
    guise: fc.constantFrom(...guises),
    days: fc.constantFrom(1, 1, 1, 10, 20, 39, 39, -1, -130),
    prune: fc.boolean(),
  })
  .map(({ work, guise, days, prune }) => [
    tell(work, guise),
    wait(days),
    ...(prune ? [{ do: 'prune' } as const] : []),
    { do: 'plan' },
  ]);

function paperOf(work: number, guise: string, now: number): Paper {
  const [title, abstract] = works[work] as (typeof works)[number];
  const key = guise === 'title' || guise === 'file' ? (titleKey(title) as string) : `arxiv:2601.0000${work}`;
  const dates = {
    title: {},
    // Featured by a list long after: what makes a paper of long ago a candidate again.
    file: { announcedAt: now - dayMs },
    arxiv: { publishedAt: start - dayMs },
    announced: { publishedAt: start - dayMs, announcedAt: now - dayMs },
  }[guise];
  return makePaper({ key: key as `title:${string}`, title, abstract, ...dates });
}

async function planAt(store: Store, now: number): Promise<void> {
  const candidates = await loadCandidateSet(store.db, new BetterSqlite3(':memory:'), { now, windowMs });
  try {
    await plan({
      db: store.db,
      at: now,
      candidates,
      sourceLate: false,
      messageId: (id, date) => `<${id}.${date}@example.org>`,
      hashAddress: (key) => key,
    });
  } finally {
    candidates.close();
  }
}

/** What went out since last asked: titles by subscriber and edition. */
function takeSent(
  store: Store,
  now: number,
): { id: number; who: number; edition: string; titles: string[] }[] {
  const rows = store.raw
    .prepare(
      "SELECT id, subscriber_id AS who, edition_date AS edition FROM deliveries WHERE status = 'pending'",
    )
    .all() as { id: number; who: number; edition: string }[];
  const titles = store.raw
    .prepare(
      'SELECT p.title FROM delivery_papers AS dp JOIN papers AS p ON p.id = dp.paper_id WHERE delivery_id = ?',
    )
    .pluck();
  store.raw
    .prepare(
      "UPDATE deliveries SET status = 'sent', ended_at = ?, next_attempt_at = NULL WHERE status = 'pending'",
    )
    .run(now);
  return rows.map((row) => ({ ...row, titles: titles.all(row.id) as string[] }));
}

async function play(steps: readonly Step[]): Promise<{ pruned: number; told: Set<string> }> {
  const store = newStore();
  let now = start;
  const topic = await insertTopic(store, 'folding', 'proteins');
  for (const name of ['a', 'b'])
    await insertSubscriber(store, {
      email: `${name}@example.org`,
      topicIds: [topic],
      from: start,
      maxPapers: name === 'a' ? 10 : 1,
    });
  const told = new Set<string>();
  const editions = new Set<string>();
  let pruned = 0;
  for (const one of steps) {
    if (one.do === 'wait') now += one.days * dayMs;
    if (one.do === 'tell')
      await upsertPapers(
        store.db,
        one.guise === 'title' || one.guise === 'file' ? 'file' : 'arxiv',
        [{ paper: paperOf(one.work, one.guise, now), signals: [] }],
        now,
      );
    if (one.do === 'prune') pruned += (await keepHouse({ store, now, retention })).deliveries;
    if (one.do === 'plan') await planAt(store, now);
    for (const { who, edition, titles } of takeSent(store, now)) {
      expect(editions, `${who} twice on ${edition}`).not.toContain(`${who} ${edition}`);
      editions.add(`${who} ${edition}`);
      for (const title of titles) {
        expect(told, `${who} was told twice of ${title}`).not.toContain(`${who} ${title}`);
        told.add(`${who} ${title}`);
      }
    }
  }
  expect(store.raw.pragma('foreign_key_check')).toEqual([]);
  await store.close();
  return { pruned, told };
}

test('a plan after forgetting never sends a paper or an edition again', async () => {
  let pruned = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 30, maxLength: 50 }), async (rounds) => {
      pruned += (await play(rounds.flat())).pruned;
    }),
    { seed: 3, numRuns: 12 },
  );
  expect(pruned).toBeGreaterThan(80);
});

test('a paper that was forgotten is sent to nobody when it is announced again', async () => {
  const house: Step[] = [1, 2, 3, 4].flatMap((): Step[] => [wait(35), { do: 'prune' }]);
  for (const [first, later] of [
    ['title', 'file'],
    ['title', 'announced'],
    ['arxiv', 'announced'],
  ] as const) {
    // Work 0 goes to both readers; work 1 after it, as the very last delivery stays.
    const sent: Step[] = [tell(0, first), wait(1), { do: 'plan' }, tell(1, first), wait(1), { do: 'plan' }];
    const again: Step[] = [tell(0, later), { do: 'plan' }, tell(2, 'title'), wait(1), { do: 'plan' }];
    const played = await play([...sent, { do: 'prune' }, ...house, ...again]);
    expect(played.pruned).toBeGreaterThanOrEqual(3);
    expect([...played.told].sort()).toEqual(
      [0, 1, 2].flatMap((work) => [`1 ${works[work]?.[0]}`, `2 ${works[work]?.[0]}`]).sort(),
    );
  }
});
