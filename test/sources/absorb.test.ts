import { describe, expect, it } from 'vitest';
import { titleKey } from '../../src/papers/key.ts';
import type { Paper, PaperRecord } from '../../src/papers/paper.ts';
import { makePaper } from '../../src/sources/record.ts';
import { upsertPapers } from '../../src/sources/upsert.ts';
import {
  countPapers,
  findPaper,
  listPapers,
  loadCandidates,
  loadPapersByIds,
  loadSignals,
} from '../../src/store/papers.ts';
import {
  findHeldPapers,
  insertDeliveries,
  insertNotes,
  type NewDelivery,
  startPlanRun,
} from '../../src/store/plan-runs.ts';
import type { DeliveryStatus } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { cpuMsOf } from '../support/cpu.ts';
import { insertSubscriber, temporaryStore } from '../support/store.ts';

const key = 'arxiv:2601.00009';
const title = 'FoldNet: folding proteins with small networks';
const renamed = 'Small networks fold proteins, and we say why';
const abstract =
  'Proteins are folded by networks of few layers, trained on distances between residues and on torsion angles.';
const robots = 'A survey of learning for the control of robots and the planning of motion.';
const billing = 'Hospitals bill their patients by codes; clerks mistake one in nine, and auditors cost more.';

const arxiv = (known: Partial<Paper> = {}): PaperRecord => ({
  paper: makePaper({ key, title, abstract, ...known }),
  signals: [],
});
const byTitle = (known: Partial<Paper> & { title: string }, upvotes?: number): PaperRecord => ({
  paper: makePaper({ key: titleKey(known.title) as string, abstract, ...known }),
  signals: upvotes === undefined ? [] : [{ kind: 'upvotes', value: upvotes }],
});
const tell = (store: Store, source: string, at: number, ...records: PaperRecord[]) =>
  upsertPapers(store.db, source, records, at);
const abstracts = async (store: Store): Promise<(string | null)[]> =>
  (await listPapers(store.db, { limit: 10 })).map((one) => one.abstract).sort();

describe('works of one title', () => {
  const deep = { title: 'Deep Learning for Robotics' };
  const told: [string, PaperRecord][] = [
    ['file', byTitle({ ...deep, abstract: robots })],
    ['arxiv', arxiv({ ...deep, abstract: billing })],
    ['file', byTitle({ ...deep, abstract })],
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].map((order) => order.map((index) => told[index] as [string, PaperRecord]));

  it.each(orders)('stay apart in whatever order they come, one by one and in one batch', async (...order) => {
    const [apart, together] = [temporaryStore(), temporaryStore()];
    for (const [source, record] of order) await tell(apart, source, 1000, record);
    await tell(together, 'file', 1000, ...order.map(([, record]) => record));
    for (const store of [apart, together]) {
      expect(await abstracts(store)).toEqual([robots, billing, abstract].sort());
      expect((await findPaper(store.db, key))?.abstract).toBe(billing);
      for (const [source, record] of order)
        expect(await tell(store, source, 2000, record)).toMatchObject({ newPapers: 0, changedPapers: 0 });
    }
  });

  it('take the title key that one of them gives up for an arXiv key', async () => {
    const store = temporaryStore();
    await tell(store, 'file', 1000, byTitle({ ...deep, abstract: robots }));
    const batch = [arxiv({ ...deep, abstract: robots }), byTitle({ ...deep, abstract: billing })];
    expect(await tell(store, 'arxiv', 2000, ...batch)).toMatchObject({ newPapers: 1, changedPapers: 1 });
    expect(await findPaper(store.db, key)).toMatchObject({ abstract: robots, firstSeenAt: 1000 });
    expect((await findPaper(store.db, titleKey(deep.title) as string))?.abstract).toBe(billing);
  });

  it('are told apart up to a bound, and hundreds of them in good time', async () => {
    const store = temporaryStore();
    const words = (index: number) => Array.from({ length: 400 }, (_, at) => `w${index}x${at}`).join(' ');
    const crowd = Array.from({ length: 500 }, (_, index) =>
      byTitle({ title: 'Erratum', abstract: words(index) }),
    );
    const first = async () => expect((await tell(store, 'file', 1000, ...crowd)).newPapers).toBe(20);
    expect(await cpuMsOf(first)).toBeLessThan(5000);
    expect((await tell(store, 'file', 2000, ...crowd)).newPapers).toBe(0);
  });
});

/** FoldNet by its arXiv key, and by its later title alone. */
async function twoRows(): Promise<{ store: Store; archived: number; titled: number }> {
  const store = temporaryStore();
  await tell(store, 'arxiv', 2000, arxiv({ version: 1 }));
  await tell(store, 'file', 1000, byTitle({ title: renamed, tldr: 'Few layers do.' }, 3));
  await tell(store, 'file', 3000, byTitle({ title: renamed }, 5));
  await tell(store, 'file', 4000, byTitle({ title: renamed }, 9));
  const archived = (await findPaper(store.db, key))?.id as number;
  const titled = (await findPaper(store.db, titleKey(renamed) as string))?.id as number;
  expect(titled).not.toBe(archived);
  return { store, archived, titled };
}
const second = () => arxiv({ version: 2, title: renamed });

describe('an archive record whose title another row has', () => {
  it('absorbs the row of the same work: one paper, one candidate, found by either key', async () => {
    const { store, archived, titled } = await twoRows();
    expect(await tell(store, 'arxiv', 5000, second())).toMatchObject({ newPapers: 0, changedPapers: 1 });
    expect((await listPapers(store.db, { limit: 10 })).map((one) => one.key)).toEqual([key]);
    expect(await countPapers(store.db)).toBe(1);
    const [candidate, ...others] = await loadCandidates(store.db, { now: 6000, windowMs: 86_400_000 });
    expect(others).toEqual([]);
    expect(candidate?.paper).toMatchObject({
      id: archived,
      title: renamed,
      tldr: 'Few layers do.',
      version: 2,
      firstSeenAt: 1000,
      lastSeenAt: 5000,
      sources: ['file', 'arxiv'],
    });
    expect(candidate?.signals.map((one) => [one.value, one.observedAt])).toEqual([
      [3, 1000],
      [5, 3000],
      [9, 4000],
    ]);
    expect((await findPaper(store.db, titleKey(renamed) as string))?.id).toBe(archived);
    expect((await loadPapersByIds(store.db, [titled])).get(titled)?.key).toBe(titleKey(renamed));
  });

  it('is what records of that title tell of from then on, though its abstract is written anew', async () => {
    const { store, archived } = await twoRows();
    await tell(store, 'arxiv', 5000, second(), arxiv({ version: 3, title: renamed, abstract: billing }));
    const again = await tell(store, 'file', 6000, byTitle({ title: renamed }, 12));
    expect(again).toMatchObject({ newPapers: 0, newSignals: 1, unseen: [] });
    expect(await tell(store, 'arxiv', 7000, second())).toMatchObject({ newPapers: 0, changedPapers: 0 });
    expect(await countPapers(store.db)).toBe(1);
    expect((await loadSignals(store.db, [archived], 9000)).get(archived)?.at(-1)?.value).toBe(12);
  });

  it('leaves another work of that title alone, and a later one too', async () => {
    const { store } = await twoRows();
    await tell(store, 'arxiv', 5000, second());
    await tell(store, 'file', 6000, byTitle({ title: renamed, abstract: robots }));
    expect(await abstracts(store)).toEqual([abstract, robots].sort());
    await tell(store, 'arxiv', 7000, arxiv({ key: 'arxiv:2601.00010', title: renamed, abstract: billing }));
    expect(await countPapers(store.db)).toBe(3);
    expect(await tell(store, 'file', 8000, byTitle({ title: renamed, abstract: robots }))).toMatchObject({
      newPapers: 0,
      changedPapers: 0,
    });
  });

  it('absorbs it within one batch, whichever row is stored', async () => {
    const fresh = temporaryStore();
    const all = [arxiv({ version: 1 }), byTitle({ title: renamed }, 3), second()];
    expect(await tell(fresh, 'file', 1000, ...all)).toMatchObject({ newPapers: 1, newSignals: 1 });
    const titledFirst = temporaryStore();
    await tell(titledFirst, 'file', 1000, byTitle({ title: renamed }));
    expect(await tell(titledFirst, 'arxiv', 2000, arxiv({ version: 1 }), second())).toMatchObject({
      newPapers: 0,
      changedPapers: 1,
    });
    for (const store of [fresh, titledFirst]) {
      expect(await countPapers(store.db)).toBe(1);
      expect(await findPaper(store.db, key)).toMatchObject({ title: renamed, firstSeenAt: 1000 });
    }
  });

  it('does not mix two series of one source', async () => {
    const { store, archived } = await twoRows();
    await upsertPapers(store.db, 'file', [{ ...arxiv(), signals: [{ kind: 'upvotes', value: 100 }] }], 3500);
    await tell(store, 'arxiv', 5000, second());
    const signals = (await loadSignals(store.db, [archived], 9000)).get(archived);
    expect(signals?.map((one) => one.value)).toEqual([100]);
  });
});

describe('whoever was sent one of two rows of a work', () => {
  async function plan(store: Store, email: string, ...digests: [DeliveryStatus, ...number[]][]) {
    const subscriberId = await insertSubscriber(store, { email, topicIds: [], from: 0 });
    const planRunId = await startPlanRun(store.db, 0);
    const [noteId] = (await insertNotes(store.db, planRunId, ['{}'])) as [number];
    for (const [index, [status, ...paperIds]] of digests.entries()) {
      const delivery: NewDelivery = {
        subscriberId,
        editionDate: `2026-01-0${index + 1}`,
        dueAt: 0,
        expiresAt: 9e12,
        messageId: `${email} ${index}`,
        more: 0,
        skipped: null,
        papers: paperIds.map((paperId) => ({ paperId, topicId: null, noteId })),
      };
      await insertDeliveries(store.db, planRunId, 0, [delivery]);
      if (status === 'sent')
        await store.db
          .updateTable('deliveries')
          .set({ status, ended_at: 1, next_attempt_at: null })
          .where('message_id', '=', delivery.messageId)
          .execute();
    }
    return subscriberId;
  }
  const held = async (store: Store, subscriberId: number): Promise<number[]> =>
    (await findHeldPapers(store.db, [subscriberId], 0)).map((one) => one.paperId).sort();
  const rows = (store: Store, subscriberId: number) =>
    store.raw
      .prepare(
        `SELECT d.status, d.reason, dp.paper_id, sp.paper_id FROM deliveries d
         LEFT JOIN delivery_papers dp ON dp.delivery_id = d.id
         LEFT JOIN shown_papers sp ON sp.delivery_id = dp.delivery_id AND sp.position = dp.position
         WHERE d.subscriber_id = ? ORDER BY d.id, dp.position`,
      )
      .raw()
      .all(subscriberId);

  it('holds the one that is left; what was shown stays on record', async () => {
    const { store, archived, titled } = await twoRows();
    const sentTitled = await plan(store, 'a@example.org', ['sent', titled]);
    const sentArchived = await plan(store, 'b@example.org', ['sent', archived]);
    const sentBoth = await plan(store, 'c@example.org', ['sent', titled], ['sent', archived]);
    const pending = await plan(store, 'd@example.org', ['pending', titled]);
    const none = await plan(store, 'e@example.org');
    await tell(store, 'arxiv', 5000, second());
    for (const one of [sentTitled, sentArchived, pending]) expect(await held(store, one)).toEqual([archived]);
    expect(await held(store, sentBoth)).toEqual([archived, titled].sort());
    expect(await held(store, none)).toEqual([]);
    expect(rows(store, sentTitled)).toEqual([['sent', null, archived, titled]]);
    expect(rows(store, sentArchived)).toEqual([['sent', null, archived, null]]);
    expect(rows(store, pending)).toEqual([['pending', null, archived, null]]);
  });

  it('is not sent the other that was planned already', async () => {
    const { store, archived, titled } = await twoRows();
    await tell(store, 'arxiv', 4500, arxiv({ key: 'arxiv:2601.00010', title: 'Another', abstract: billing }));
    const other = (await findPaper(store.db, 'arxiv:2601.00010'))?.id as number;
    const first = await plan(store, 'a@example.org', ['sent', titled], ['pending', archived, other]);
    const later = await plan(store, 'b@example.org', ['sent', archived], ['pending', titled]);
    const both = await plan(store, 'c@example.org', ['pending', titled, archived]);
    await tell(store, 'arxiv', 5000, second());
    expect(rows(store, first)).toEqual([
      ['sent', null, archived, titled],
      ['pending', null, other, null],
    ]);
    expect(rows(store, later)).toEqual([
      ['sent', null, archived, null],
      ['skipped', 'nothing_new', null, null],
    ]);
    expect(rows(store, both)).toEqual([['pending', null, archived, null]]);
  });
});
