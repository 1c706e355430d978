import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { titleKey } from '../../src/papers/key.ts';
import type { Paper, SignalKind } from '../../src/papers/paper.ts';
import { makePaper } from '../../src/sources/record.ts';
import { upsertPapers } from '../../src/sources/upsert.ts';
import { findPaper, listPapers, loadPapersByIds, loadSignals } from '../../src/store/papers.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';

const hour = 3_600_000;
const abstract = 'We show how sparse attention trains language models on long documents with less memory.';
const title = 'Sparse attention for training on long documents';

let store: Store;
beforeEach(() => {
  store = newStore();
});
afterEach(() => store.close());

function record(known: Partial<Paper>, signals: Partial<Record<SignalKind, number>> = {}) {
  const paper = makePaper({ key: 'arxiv:2606.00001', title, ...known });
  return {
    paper,
    signals: Object.entries(signals).map(([kind, value]) => ({ kind: kind as SignalKind, value })),
  };
}
const titleOnly = (known: Partial<Paper> = {}) =>
  record({ key: titleKey(known.title ?? title) as string, abstract, ...known });

describe('storing what a source says', () => {
  it('counts a paper as new once and as changed only when something changed', async () => {
    const told = [record({ abstract })];
    expect(await upsertPapers(store.db, 'arxiv', told, 1000)).toMatchObject({
      newPapers: 1,
      changedPapers: 0,
      newKeys: ['arxiv:2606.00001'],
      unseen: [{ key: 'arxiv:2606.00001' }],
    });
    expect(await upsertPapers(store.db, 'arxiv', told, 2000)).toEqual({
      newPapers: 0,
      changedPapers: 0,
      newSignals: 0,
      newKeys: [],
      unseen: [],
    });
    const richer = [record({ abstract, categories: ['cs.CL'] })];
    expect(await upsertPapers(store.db, 'arxiv', richer, 3000)).toMatchObject({
      newPapers: 0,
      changedPapers: 1,
    });
  });

  it('keeps first seen, moves last seen forward only, and lists sources in order of telling', async () => {
    await upsertPapers(store.db, 'huggingface', [record({})], 1000);
    const told = await upsertPapers(store.db, 'arxiv', [record({ categories: ['cs.CL'] })], 3000);
    expect(told).toMatchObject({ newKeys: [], unseen: [{ categories: ['cs.CL'] }] });
    await upsertPapers(store.db, 'arxiv', [record({})], 2000);
    expect(await findPaper(store.db, 'arxiv:2606.00001')).toMatchObject({
      firstSeenAt: 1000,
      lastSeenAt: 3000,
      sources: ['huggingface', 'arxiv'],
    });
  });

  it('appends a signal only when it differs from the last one of this source', async () => {
    const at = (value: number, when: number) =>
      upsertPapers(store.db, 'huggingface', [record({}, { upvotes: value, comments: 1 })], when);
    expect((await at(5, hour)).newSignals).toBe(2);
    expect((await at(5, 2 * hour)).newSignals).toBe(0);
    expect((await at(7, 3 * hour)).newSignals).toBe(1);
    expect((await upsertPapers(store.db, 'file', [record({}, { upvotes: 7 })], 4 * hour)).newSignals).toBe(1);
    const paper = await findPaper(store.db, 'arxiv:2606.00001');
    const signals = (await loadSignals(store.db, [paper?.id as number], 3 * hour)).get(paper?.id as number);
    expect(signals?.map((one) => [one.kind, one.value, one.observedAt])).toEqual([
      ['comments', 1, hour],
      ['upvotes', 5, hour],
      // It still stood at the last look before it changed: what was gained since is known to the hour.
      ['upvotes', 5, 2 * hour],
      ['upvotes', 7, 3 * hour],
    ]);
  });

  it('takes a record told twice in one batch as one paper with the later signal', async () => {
    const result = await upsertPapers(
      store.db,
      'huggingface',
      [record({}, { upvotes: 3 }), record({ tldr: 'Less memory.' }, { upvotes: 4 })],
      1000,
    );
    expect(result).toMatchObject({ newPapers: 1, newSignals: 1 });
    expect((await findPaper(store.db, 'arxiv:2606.00001'))?.tldr).toBe('Less memory.');
  });

  it('gives a paper known by its title alone the arXiv key, and keeps its row', async () => {
    await upsertPapers(store.db, 'file', [titleOnly()], 1000);
    const [before] = await listPapers(store.db, { limit: 10 });
    const result = await upsertPapers(store.db, 'arxiv', [record({ abstract, title: `${title}.` })], 2000);
    expect(result).toMatchObject({ newPapers: 0, changedPapers: 1 });
    const [after, ...others] = await listPapers(store.db, { limit: 10 });
    expect(others).toEqual([]);
    expect(after).toMatchObject({ id: before?.id, key: 'arxiv:2606.00001', firstSeenAt: 1000 });
    expect(after?.paperUrl).toBe('https://arxiv.org/abs/2606.00001');
    expect((await upsertPapers(store.db, 'file', [titleOnly()], 3000)).newPapers).toBe(0);
  });

  it('knows a title-only record of a paper that arXiv told of, by any title it has had', async () => {
    await upsertPapers(store.db, 'arxiv', [record({ abstract, version: 1 })], 1000);
    const renamed = record({ abstract, version: 2, title: 'Long documents with sparse attention, renamed' });
    await upsertPapers(store.db, 'arxiv', [renamed], 2000);
    expect((await upsertPapers(store.db, 'file', [titleOnly()], 3000)).newPapers).toBe(0);
    expect(await listPapers(store.db, { limit: 10 })).toHaveLength(1);
    expect((await findPaper(store.db, 'arxiv:2606.00001'))?.title).toContain('renamed');
  });

  it('finds the same work by title within one batch too', async () => {
    expect((await upsertPapers(store.db, 'file', [titleOnly(), record({ abstract })], 1000)).newPapers).toBe(
      1,
    );
    expect(await findPaper(store.db, 'arxiv:2606.00001')).not.toBeNull();
  });

  it('does not take another paper for the same because of its title', async () => {
    await upsertPapers(store.db, 'arxiv', [record({ abstract })], 1000);
    const other = 'Glaciers of the northern ranges retreat faster since measurements by radar began.';
    expect((await upsertPapers(store.db, 'file', [titleOnly({ abstract: other })], 2000)).newPapers).toBe(1);
    expect(
      (await upsertPapers(store.db, 'arxiv', [record({ key: 'arxiv:2606.00002', abstract })], 3000))
        .newPapers,
    ).toBe(1);
  });

  it('stores and loads more papers than a statement has variables', async () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      record(
        { key: `arxiv:2606.${String(index).padStart(5, '0')}`, title: `${title} ${index}` },
        { upvotes: index },
      ),
    );
    const result = await upsertPapers(store.db, 'huggingface', many, 1000);
    expect(result).toMatchObject({ newPapers: 3000, newSignals: 3000 });
    expect(result.newKeys[2999]).toBe('arxiv:2606.02999');
    const ids = (await listPapers(store.db, { limit: 5000 })).map((paper) => paper.id);
    expect((await loadPapersByIds(store.db, ids)).size).toBe(3000);
  });

  it('stores nothing of a batch that fails', async () => {
    const broken = record({ key: 'no-key' });
    await expect(upsertPapers(store.db, 'file', [record({}), broken], 1000)).rejects.toThrow(/CHECK/);
    expect(await listPapers(store.db, { limit: 10 })).toEqual([]);
  });
});
