import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Paper } from '../../src/papers/paper.ts';
import { makePaper } from '../../src/sources/record.ts';
import { upsertPapers } from '../../src/sources/upsert.ts';
import { loadCandidates } from '../../src/store/candidates.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';

const day = 86_400_000;
const now = Date.parse('2026-07-20T08:00:00Z');
const windowMs = 14 * day;

let store: Store;
beforeEach(() => {
  store = newStore();
});
afterEach(() => store.close());

async function add(known: Partial<Paper>, seenDaysAgo: number, upvotes?: number): Promise<void> {
  const paper = makePaper({ key: 'arxiv:2607.00001', title: `Paper ${known.key}`, ...known });
  const signals = upvotes === undefined ? [] : [{ kind: 'upvotes' as const, value: upvotes }];
  await upsertPapers(store.db, 'huggingface', [{ paper, signals }], now - seenDaysAgo * day);
}
const candidateKeys = async (): Promise<string[]> =>
  (await loadCandidates(store.db, { now, windowMs })).map((one) => one.paper.key);

describe('candidates', () => {
  it('are papers first seen or announced within the window', async () => {
    await add({ key: 'arxiv:2607.00001', publishedAt: now - 3 * day }, 2);
    await add({ key: 'arxiv:2607.00002', publishedAt: now - 40 * day, announcedAt: now - 3 * day }, 1);
    await add({ key: 'arxiv:2607.00003', publishedAt: now - 16 * day }, 15);
    await add({ key: 'title:abcdef' }, 5);
    await add({ key: 'title:abcdff' }, 20);
    expect(await candidateKeys()).toEqual(['arxiv:2607.00001', 'arxiv:2607.00002', 'title:abcdef']);
  });

  it('are not old papers that were only seen lately, by their dates or by the month in their id', async () => {
    await add({ key: 'arxiv:1706.03762', publishedAt: Date.parse('2017-06-12') }, 0);
    await add({ key: 'arxiv:2203.01250' }, 0);
    await add({ key: 'arxiv:hep-ex/0307015' }, 0);
    await add({ key: 'arxiv:2607.00009' }, 0);
    expect(await candidateKeys()).toEqual(['arxiv:2607.00009']);
  });

  it('are never papers first seen after now, nor withdrawn ones', async () => {
    await add({ key: 'arxiv:2607.00001', announcedAt: now - day }, -0.1);
    await add({ key: 'arxiv:2607.00002', withdrawnAt: now - day }, 1);
    expect(await candidateKeys()).toEqual([]);
  });

  it('are not sent for their age however much their signals jump, and bring only signals observed until now', async () => {
    const old = { publishedAt: now - 60 * day, announcedAt: now - 30 * day };
    await add({ key: 'arxiv:2606.00001', ...old }, 30, 10);
    await add({ key: 'arxiv:2606.00001', ...old }, 1, 60);
    const recent = { publishedAt: now - 3 * day };
    await add({ key: 'arxiv:2606.00002', ...recent }, 3, 10);
    await add({ key: 'arxiv:2606.00002', ...recent }, 1, 12);
    await add({ key: 'arxiv:2606.00002', ...recent }, -1, 90);
    const candidates = await loadCandidates(store.db, { now, windowMs });
    expect(candidates.map((one) => one.paper.key)).toEqual(['arxiv:2606.00002']);
    expect(candidates[0]?.signals.map((one) => one.value)).toEqual([10, 12]);
  });
});
