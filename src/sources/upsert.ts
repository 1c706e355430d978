import type { PaperKey, PaperRecord, StoredPaper } from '../papers/paper.ts';
import { absorbPaper } from '../store/paper-absorb.ts';
import {
  addTitles,
  findLastLooks,
  insertPapers,
  insertSignals,
  loadSignals,
  markSeen,
  type SignalObservation,
  updatePaper,
} from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { openShelf, type Work } from './shelf.ts';

export interface Upserted {
  newPapers: number;
  changedPapers: number;
  newSignals: number;
  /** Papers no source had told of, in the order they came. */
  newKeys: PaperKey[];
  /** Papers this source had not told of. */
  unseen: { key: PaperKey; categories: string[] }[];
}

/**
 * Stores what a source says at `at` (epoch ms), in one transaction: new papers added, known ones merged field
 * by field with first-seen kept, signals appended where they differ from the last observation of this source.
 * A record with only a title finds the paper that has, or had, this title; a paper known by its title alone
 * takes the key of the arXiv, DOI or OpenReview record that turns out to be the same work and keeps its row; when
 * that record has a row already, it absorbs the other. So nobody is sent it twice.
 */
export async function upsertPapers(
  db: Db,
  source: string,
  records: readonly PaperRecord[],
  at: number,
): Promise<Upserted> {
  if (records.length === 0) return { newPapers: 0, changedPapers: 0, newSignals: 0, newKeys: [], unseen: [] };
  const run = (tx: Db): Promise<Upserted> => upsertWithin(tx, source, records, at);
  return db.isTransaction ? run(db) : db.transaction().execute(run);
}

async function upsertWithin(
  tx: Db,
  source: string,
  records: readonly PaperRecord[],
  at: number,
): Promise<Upserted> {
  const shelf = await openShelf(tx, records);
  for (const { paper, signals } of records) {
    const work = await shelf.take(paper, source);
    for (const { kind, value } of signals) work.signals.set(kind, value);
  }
  const works = shelf.taken();

  for (const { stored, absorbs } of works)
    for (const { id } of absorbs) await absorbPaper(tx, { id, into: stored?.id as number, at });
  // A key that a known paper gives up may be a new one's.
  const changed = works.filter((work) => work.stored !== null && work.changed);
  for (const work of changed) await updatePaper(tx, (work.stored as StoredPaper).id, work.paper);
  const added = works.filter((work) => work.stored === null);
  const newIds = await insertPapers(
    tx,
    added.map((work) => work.paper),
    at,
  );
  const idOf = (work: Work): number => work.stored?.id ?? (newIds.get(work.paper.key) as number);
  const ids = works.map(idOf);
  const lastLooks = await findLastLooks(tx, source, ids);
  await markSeen(tx, source, ids, at);
  await addTitles(
    tx,
    works.flatMap((work) => [...work.titles].map((title) => ({ titleKey: title, paperId: idOf(work) }))),
  );
  const newSignals = await appendSignals(tx, source, works, idOf, lastLooks, at);
  return {
    newPapers: added.length,
    changedPapers: changed.length,
    newSignals,
    newKeys: added.map((work) => work.paper.key),
    unseen: works
      .filter((work) => !work.stored?.sources.includes(source))
      .map((work) => ({ key: work.paper.key, categories: work.paper.categories })),
  };
}

/**
 * Appends what changed; before it, what still stood when this source was last looked at, so that a gain can be
 * told from one that took days. Returns how many changed.
 */
async function appendSignals(
  tx: Db,
  source: string,
  works: readonly Work[],
  idOf: (work: Work) => number,
  lastLooks: ReadonlyMap<number, number>,
  at: number,
): Promise<number> {
  const observing = works.filter((work) => work.signals.size > 0);
  const before = await loadSignals(
    tx,
    observing.flatMap((work) => work.stored?.id ?? []),
    at,
  );
  const stood: SignalObservation[] = [];
  const changed: SignalObservation[] = [];
  for (const work of observing) {
    const paperId = idOf(work);
    const own = (before.get(paperId) ?? []).filter((one) => one.source === source);
    const last = new Map(own.map((one) => [one.kind, one]));
    const lookedAt = lastLooks.get(paperId);
    for (const [kind, value] of work.signals) {
      const known = last.get(kind);
      if (known?.value === value) continue;
      if (known && lookedAt !== undefined && known.observedAt < lookedAt && lookedAt < at)
        stood.push({ paperId, kind, value: known.value, observedAt: lookedAt });
      changed.push({ paperId, kind, value, observedAt: at });
    }
  }
  await insertSignals(tx, source, [...stood, ...changed]);
  return changed.length;
}
