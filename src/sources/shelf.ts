import { titleKey } from '../papers/key.ts';
import { mergePapers } from '../papers/merge.ts';
import type { Paper, PaperKey, PaperRecord, SignalKind, StoredPaper } from '../papers/paper.ts';
import { isKeyTaken, loadAbsorbed } from '../store/paper-absorb.ts';
import { findPaperIdsByTitles, loadPapersByIds, loadPapersByKeys } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { isSameWork } from './same-work.ts';

/** `Erratum`, `Untitled`: beyond so many works of one title, the key alone decides. */
const maxNamesakes = 20;

/** A work as a batch tells of it. */
export interface Work {
  stored: StoredPaper | null;
  /** Sources that have told of it so far. */
  sources: Set<string>;
  paper: Paper;
  changed: boolean;
  signals: Map<SignalKind, number>;
  titles: Set<string>;
  /** Stored rows that turned out to be this work. */
  absorbs: StoredPaper[];
}

/** The works of a batch: what is stored of them and what the batch has told so far. */
export interface Shelf {
  /** The work that the paper is about, made when there is none, with what the paper says merged into it. */
  take(paper: Paper, source: string): Promise<Work>;
  /** Works taken, in order, each once. */
  taken(): Work[];
}

/** The stored papers that the records may be about, found by key and by title. */
export async function openShelf(tx: Db, records: readonly PaperRecord[]): Promise<Shelf> {
  const taken = new Set<Work>();
  const byKey = new Map<PaperKey, Work>();
  const byTitle = new Map<string, Set<Work>>();
  /** Keys of absorbed rows, with what was told under them. */
  const aliases = new Map<PaperKey, { facts: Paper; work: Work }>();

  const keys = records.map(({ paper }) => paper.key);
  const titled = await findPaperIdsByTitles(
    tx,
    records.flatMap(({ paper }) => titleKey(paper.title) ?? []),
  );
  const byId = new Map<number, StoredPaper>();
  for (const paper of (await loadPapersByKeys(tx, keys)).values()) byId.set(paper.id, paper);
  const more = titled.map(({ paperId }) => paperId).filter((id) => !byId.has(id));
  for (const [id, paper] of await loadPapersByIds(tx, more)) byId.set(id, paper);
  const works = new Map([...byId].map(([id, paper]) => [id, storedWork(paper)]));
  for (const work of works.values()) byKey.set(work.paper.key, work);
  for (const { titleKey: title, paperId } of titled) shelve(title, works.get(paperId) as Work);
  for (const { mergedInto, ...facts } of await loadAbsorbed(tx, keys.filter(isByTitle)))
    aliases.set(facts.key, { facts, work: works.get(mergedInto) as Work });

  function shelve(title: string, work: Work): void {
    const known = byTitle.get(title);
    if (known) known.add(work);
    else byTitle.set(title, new Set([work]));
  }

  function find(paper: Paper): Work | null {
    const exact = byKey.get(paper.key);
    const all = byTitle.get(titleKey(paper.title) ?? '');
    const namesakes = [...(all ?? [])].slice(0, maxNamesakes);
    if (!isByTitle(paper.key))
      // Two archives' keys are two papers, whatever their titles.
      return (
        exact ?? namesakes.find((work) => isByTitle(work.paper.key) && isSameWork(work.paper, paper)) ?? null
      );
    const alias = aliases.get(paper.key);
    if (alias && isSameWork(alias.facts, paper)) return alias.work;
    // A title is no archive's key: even a row that bears it may be another work of that title.
    const possible = [...namesakes, ...(exact ? [exact] : [])].filter((work) =>
      isSameWork(work.paper, paper),
    );
    const crowded = namesakes.length === maxNamesakes;
    return (
      possible.find((work) => !isByTitle(work.paper.key)) ?? possible[0] ?? (crowded ? exact : null) ?? null
    );
  }

  async function add(paper: Paper): Promise<Work> {
    let key = paper.key;
    for (let n = 2; byKey.has(key) || (isByTitle(key) && (await isTakenByOther(key))); n++)
      key = `${paper.key}-${n}`;
    return startWork({ ...paper, key });
  }

  /** Another work's; a row whose key is about to become an archive's gives its own up. */
  async function isTakenByOther(key: PaperKey): Promise<boolean> {
    const renamed = [...works.values()].some((work) => work.stored?.key === key && work.paper.key !== key);
    return !renamed && (await isKeyTaken(tx, key));
  }

  function merge(work: Work, incoming: Paper, source: string): void {
    // A key of an archive replaces the key of a title; merging keeps the stored one's.
    const strong = isByTitle(work.paper.key) && !isByTitle(incoming.key);
    const stored = strong ? { ...work.paper, key: incoming.key } : work.paper;
    const sources = { incomingSource: source, knownSources: [...work.sources] };
    const merged = mergePapers(stored, incoming, sources);
    if (!strong && merged.changed.length === 0) return;
    if (strong) byKey.delete(work.paper.key);
    work.paper = merged.paper;
    work.changed = true;
  }

  /** Makes one of two works: the archive's absorbs what was known by its title alone. */
  function absorb(work: Work, other: Work, source: string): void {
    const { paper } = mergePapers({ ...other.paper, key: work.paper.key }, work.paper, {
      incomingSource: source,
      knownSources: [...other.sources],
    });
    work.paper = paper;
    work.changed = true;
    for (const one of other.sources) work.sources.add(one);
    for (const [kind, value] of other.signals) if (!work.signals.has(kind)) work.signals.set(kind, value);
    for (const title of other.titles) work.titles.add(title);
    if (other.stored && work.stored) {
      work.absorbs.push(other.stored);
      aliases.set(other.stored.key, { facts: other.paper, work });
    } else work.stored ??= other.stored;
    byKey.delete(other.paper.key);
    for (const same of byTitle.values()) if (same.delete(other)) same.add(work);
    taken.delete(other);
  }

  return {
    async take(paper, source) {
      let work = find(paper);
      if (work) merge(work, paper, source);
      else work = await add(paper);
      work.sources.add(source);
      byKey.set(work.paper.key, work);
      taken.add(work);
      const title = titleKey(paper.title);
      if (!title) return work;
      work.titles.add(title);
      shelve(title, work);
      if (isByTitle(work.paper.key)) return work;
      for (const other of [...(byTitle.get(title) as Set<Work>)].slice(0, maxNamesakes))
        if (isByTitle(other.paper.key) && isSameWork(other.paper, work.paper)) absorb(work, other, source);
      return work;
    },
    taken: () => [...taken],
  };
}

function storedWork(stored: StoredPaper): Work {
  const { id: _id, firstSeenAt: _first, lastSeenAt: _last, sources, ...paper } = stored;
  return { ...startWork(paper), stored, sources: new Set(sources) };
}

function startWork(paper: Paper): Work {
  return {
    stored: null,
    sources: new Set(),
    paper,
    changed: false,
    signals: new Map(),
    titles: new Set(),
    absorbs: [],
  };
}

function isByTitle(key: PaperKey): boolean {
  return key.startsWith('title:');
}
