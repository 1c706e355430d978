import { rankArchive } from '../../../src/archive/rank.ts';
import type { StoredPaper } from '../../../src/papers/paper.ts';
import { insertSignals } from '../../../src/store/papers.ts';
import { openScratch } from '../../../src/store/scratch.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { storedPaper } from '../../support/papers.ts';
import { insertPaper } from '../../support/store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Friday noon, UTC. */
export const now = Date.parse('2026-06-26T12:00:00Z');
export const today = '2026-06-26';

/** Adds a paper that came out some days ago, with the votes it had on each of them, oldest first. */
export async function addPaper(
  store: Store,
  votes: number[],
  facts: Partial<StoredPaper> & { id: number },
): Promise<void> {
  const born = now - votes.length * dayMs;
  const dates = { announcedAt: born, publishedAt: born, firstSeenAt: born, lastSeenAt: now };
  await insertPaper(store, storedPaper({ ...dates, ...facts }));
  await insertSignals(
    store.db,
    'huggingface',
    votes.map((value, day) => ({
      ...{ paperId: facts.id, kind: 'upvotes' as const, value },
      observedAt: born + (day + 1) * dayMs,
    })),
  );
}

export async function rank(store: Store, at = now): Promise<void> {
  const handle = openScratch();
  await rankArchive({ db: store.db, handle, now: at, windowMs: 7 * dayMs });
  handle.close();
}

/** A store with papers about birds, ranked; topics `birds` and `penguins`. */
export async function openReadableStore(file = ':memory:'): Promise<Store> {
  const store = openStore(file);
  await addTopic(
    store.db,
    { slug: 'birds', name: 'Birds & “beaks”', query: 'bird OR penguin', description: 'All that flies.' },
    now,
  );
  await addTopic(store.db, { slug: 'penguins', name: 'Penguins', query: 'penguin' }, now);
  await addPaper(store, [3, 9, 30, 95], {
    id: 1,
    key: 'arxiv:2606.00001',
    title: 'Penguins in $\\mathbb{R}^3$ & beyond',
    abstract:
      'We study the penguin. It swims in $O(n^2)$ steps. Schr{\\"o}dinger never saw one; the habits of penguins are ours to tell. ' +
      'Here are many more sentences about what a penguin does all day. '.repeat(5),
    authors: ['Ada Example', 'J{\\"o}rg M{\\"u}ller', 'Ben Sample', 'Cy Third', 'Di Fourth'],
    codeUrl: 'https://code.example/penguin?a=1&b=2',
    categories: ['cs.LG', 'q-bio.PE'],
  });
  await addPaper(store, [12, 13], {
    id: 2,
    key: 'doi:10.1101/2026.06.01.5',
    title: 'The habits of birds',
    abstract: 'Birds of all kinds, a penguin among them.',
  });
  await addPaper(store, [2], {
    id: 3,
    key: 'title:0123456789abcdef',
    title: 'Walruses',
    abstract: null,
    tldr: 'A walrus has no feathers.',
    paperUrl: null,
  });
  await addPaper(store, [1], { id: 4, key: 'arxiv:2606.00004', title: 'Withdrawn dodo', withdrawnAt: now });
  await rank(store, now - dayMs);
  await rank(store);
  return store;
}
