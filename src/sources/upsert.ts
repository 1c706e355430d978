import { titleKey } from '../papers/key.ts';
import { mergePapers } from '../papers/merge.ts';
import type { Paper, PaperKey, PaperRecord, SignalKind, StoredPaper } from '../papers/paper.ts';
import {
  addTitles,
  findLastLooks,
  findPaperIdsByTitles,
  insertPapers,
  insertSignals,
  loadPapersByIds,
  loadPapersByKeys,
  loadSignals,
  markSeen,
  type SignalObservation,
  updatePaper,
} from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { isSameWork } from './same-work.ts';

export interface Upserted {
  newPapers: number;
  changedPapers: number;
  newSignals: number;
  /** Papers no source had told of, in the order they came. */
  newKeys: PaperKey[];
  /** Papers this source had not told of. */
  unseen: { key: PaperKey; categories: string[] }[];
}

/** A work as this batch tells of it. */
interface Work {
  stored: StoredPaper | null;
  /** Sources that have told of it so far. */
  sources: Set<string>;
  paper: Paper;
  changed: boolean;
  signals: Map<SignalKind, number>;
  titles: Set<string>;
}

/**
 * Stores what a source says at `at` (epoch ms), in one transaction: new papers added, known ones merged field
 * by field with first-seen kept, signals appended where they differ from the last observation of this source.
 * A record with only a title finds the paper that has, or had, this title; a paper known by its title alone
 * takes the key of the arXiv, DOI or OpenReview record that turns out to be the same work and keeps its row,
 * so that nobody is sent it twice.
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
  const works = new Set<Work>();
  for (const { paper, signals } of records) {
    const work = shelf.find(paper) ?? shelf.add(paper);
    if (work.paper !== paper) mergeInto(work, paper, source);
    work.sources.add(source);
    shelf.know(work, paper);
    for (const { kind, value } of signals) work.signals.set(kind, value);
    works.add(work);
  }

  const added = [...works].filter((work) => work.stored === null);
  const changed = [...works].filter((work) => work.stored !== null && work.changed);
  const newIds = await insertPapers(
    tx,
    added.map((work) => work.paper),
    at,
  );
  for (const work of changed) await updatePaper(tx, (work.stored as StoredPaper).id, work.paper);
  const idOf = (work: Work): number => work.stored?.id ?? (newIds.get(work.paper.key) as number);
  const ids = [...works].map(idOf);
  const lastLooks = await findLastLooks(tx, source, ids);
  await markSeen(tx, source, ids, at);
  await addTitles(
    tx,
    [...works].flatMap((work) => [...work.titles].map((title) => ({ titleKey: title, paperId: idOf(work) }))),
  );
  const newSignals = await appendSignals(tx, source, works, idOf, lastLooks, at);
  return {
    newPapers: added.length,
    changedPapers: changed.length,
    newSignals,
    newKeys: added.map((work) => work.paper.key),
    unseen: [...works]
      .filter((work) => !work.stored?.sources.includes(source))
      .map((work) => ({ key: work.paper.key, categories: work.paper.categories })),
  };
}

function mergeInto(work: Work, incoming: Paper, source: string): void {
  // A key of an archive replaces the key of a title; merging keeps the stored one's.
  const strong = isByTitle(work.paper.key) && !isByTitle(incoming.key);
  const stored = strong ? { ...work.paper, key: incoming.key } : work.paper;
  const knownSources = [...work.sources];
  const merged = mergePapers(stored, incoming, { incomingSource: source, knownSources });
  if (!strong && merged.changed.length === 0) return;
  work.paper = merged.paper;
  work.changed = true;
}

interface Shelf {
  find(paper: Paper): Work | null;
  add(paper: Paper): Work;
  /** Lets later records of the batch find the work by this paper's key and title. */
  know(work: Work, paper: Paper): void;
}

/** The stored papers that the records may be about, found by key and by title. */
async function openShelf(tx: Db, records: readonly PaperRecord[]): Promise<Shelf> {
  const byKey = new Map<PaperKey, Work>();
  const byTitle = new Map<string, Set<Work>>();
  const stored = await loadPapersByKeys(
    tx,
    records.map(({ paper }) => paper.key),
  );
  const titles = records.flatMap(({ paper }) => titleKey(paper.title) ?? []);
  const titled = await findPaperIdsByTitles(tx, titles);
  const more = await loadPapersByIds(
    tx,
    titled.map(({ paperId }) => paperId),
  );
  for (const paper of more.values()) stored.set(paper.key, paper);
  const byId = new Map<number, Work>();
  for (const paper of stored.values()) {
    const { id: _id, firstSeenAt: _first, lastSeenAt: _last, sources, ...facts } = paper;
    const work = { ...startWork(facts), stored: paper, sources: new Set(sources) };
    byKey.set(paper.key, work);
    byId.set(paper.id, work);
  }
  const shelve = (title: string, work: Work): void => {
    const known = byTitle.get(title);
    if (known) known.add(work);
    else byTitle.set(title, new Set([work]));
  };
  for (const { titleKey: title, paperId } of titled) shelve(title, byId.get(paperId) as Work);
  return {
    find(paper) {
      const exact = byKey.get(paper.key);
      if (exact) return exact;
      const title = titleKey(paper.title);
      const namesakes = [...((title && byTitle.get(title)) || [])];
      // Two archives' keys are two papers, whatever their titles.
      const possible = isByTitle(paper.key)
        ? namesakes
        : namesakes.filter((work) => isByTitle(work.paper.key));
      return possible.find((work) => isSameWork(work.paper, paper)) ?? null;
    },
    add: startWork,
    know(work, paper) {
      byKey.set(paper.key, work);
      const title = titleKey(paper.title);
      if (!title) return;
      work.titles.add(title);
      shelve(title, work);
    },
  };
}

function startWork(paper: Paper): Work {
  return { stored: null, sources: new Set(), paper, changed: false, signals: new Map(), titles: new Set() };
}

/**
 * Appends what changed; before it, what still stood when this source was last looked at, so that a gain can be
 * told from one that took days. Returns how many changed.
 */
async function appendSignals(
  tx: Db,
  source: string,
  works: ReadonlySet<Work>,
  idOf: (work: Work) => number,
  lastLooks: ReadonlyMap<number, number>,
  at: number,
): Promise<number> {
  const observing = [...works].filter((work) => work.signals.size > 0);
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

function isByTitle(key: PaperKey): boolean {
  return key.startsWith('title:');
}
