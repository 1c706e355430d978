import type { Paper, PaperKey, SignalKind, StoredPaper } from '../papers/paper.ts';
import { loadPapersByKeys } from './paper-reads.ts';
import { chunksOf, toColumns, toStoredPapers } from './paper-rows.ts';
import type { Db } from './store.ts';

export { type CandidateRow, loadCandidates, loadSendable, wasCandidate } from './candidates.ts';
export { findKeysByIds, loadPapersByIds, loadPapersByKeys, loadSignals } from './paper-reads.ts';

/** Null: no paper has this key. */
export async function findPaper(db: Db, key: PaperKey): Promise<StoredPaper | null> {
  return (await loadPapersByKeys(db, [key])).get(key) ?? null;
}

export interface PaperFilter {
  /** At most so many. */
  limit: number;
  /** First seen at or after, epoch ms. */
  since?: number;
  /** First seen before, epoch ms. */
  before?: number;
  /** Only papers that came before this one: the last of the page before. */
  beforeId?: number;
  source?: string;
}

/** Papers, the last that came first. */
export async function listPapers(db: Db, filter: PaperFilter): Promise<StoredPaper[]> {
  let query = db
    .selectFrom('papers')
    .selectAll()
    .where('merged_into', 'is', null)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.since !== undefined) query = query.where('first_seen_at', '>=', filter.since);
  if (filter.before !== undefined) query = query.where('first_seen_at', '<', filter.before);
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
  const { source } = filter;
  if (source !== undefined)
    query = query.where('id', 'in', (told) =>
      told.selectFrom('paper_sources').select('paper_id').where('source', '=', source),
    );
  return toStoredPapers(db, await query.execute());
}

export async function countPapers(db: Db): Promise<number> {
  const row = await db
    .selectFrom('papers')
    .select((count) => count.fn.countAll<number>().as('papers'))
    .where('merged_into', 'is', null)
    .executeTakeFirstOrThrow();
  return row.papers;
}

/** arXiv ids of papers first seen at or after `since` of which no categories are known, the latest first. */
export async function findArxivIdsWithoutCategories(
  db: Db,
  { since, limit }: { since: number; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('papers')
    .select('key')
    .where('first_seen_at', '>=', since)
    .where('categories', '=', '[]')
    .where('key', 'like', 'arxiv:%')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.key.slice('arxiv:'.length));
}

/** For each of these categories, how many papers that `source` told of were first seen at or after `since`. */
export async function countByCategory(
  db: Db,
  source: string,
  categories: readonly string[],
  since: number,
): Promise<Map<string, number>> {
  const counts = new Map(categories.map((category) => [category, 0]));
  const rows = await db
    .selectFrom('papers')
    .innerJoin('paper_sources', 'paper_sources.paper_id', 'papers.id')
    .select('papers.categories')
    .where('paper_sources.source', '=', source)
    .where('papers.first_seen_at', '>=', since)
    .execute();
  for (const row of rows)
    for (const category of JSON.parse(row.categories) as string[]) {
      const count = counts.get(category);
      if (count !== undefined) counts.set(category, count + 1);
    }
  return counts;
}

/** Ids of the papers that have ever had one of these titles, lowest first. */
export async function findPaperIdsByTitles(
  db: Db,
  titleKeys: readonly string[],
): Promise<{ titleKey: string; paperId: number }[]> {
  const found: { titleKey: string; paperId: number }[] = [];
  for (const some of chunksOf([...new Set(titleKeys)])) {
    const rows = await db
      .selectFrom('paper_titles')
      .selectAll()
      .where('title_key', 'in', some)
      .orderBy('paper_id')
      .execute();
    found.push(...rows.map((row) => ({ titleKey: row.title_key, paperId: row.paper_id })));
  }
  return found;
}

/** Adds papers first seen at `at`; returns their ids by key. Their keys must be new. */
export async function insertPapers(
  db: Db,
  papers: readonly Paper[],
  at: number,
): Promise<Map<PaperKey, number>> {
  const ids = new Map<PaperKey, number>();
  for (const some of chunksOf(papers, 400)) {
    const rows = await db
      .insertInto('papers')
      .values(some.map((paper) => ({ ...toColumns(paper), first_seen_at: at, last_seen_at: at })))
      .returning(['id', 'key'])
      .execute();
    for (const row of rows) ids.set(row.key, row.id);
  }
  return ids;
}

/** Writes a paper's facts, its key included (a paper known by its title alone may get an arXiv id). */
export async function updatePaper(db: Db, id: number, paper: Paper): Promise<void> {
  await db.updateTable('papers').set(toColumns(paper)).where('id', '=', id).execute();
}

/** Notes that the source told of these papers at `at`, epoch ms. First seen stays. */
export async function markSeen(
  db: Db,
  source: string,
  paperIds: readonly number[],
  at: number,
): Promise<void> {
  for (const ids of chunksOf(paperIds)) {
    await db
      .updateTable('papers')
      .set({ last_seen_at: at })
      .where('id', 'in', ids)
      .where('last_seen_at', '<', at)
      .execute();
    await db
      .insertInto('paper_sources')
      .values(ids.map((id) => ({ paper_id: id, source, first_seen_at: at, last_seen_at: at })))
      .onConflict((conflict) =>
        conflict
          .columns(['paper_id', 'source'])
          .doUpdateSet({ last_seen_at: at })
          .where('paper_sources.last_seen_at', '<', at),
      )
      .execute();
  }
}

/** Adds the titles that are not yet known to be the papers'. */
export async function addTitles(
  db: Db,
  titles: readonly { titleKey: string; paperId: number }[],
): Promise<void> {
  for (const some of chunksOf(titles))
    await db
      .insertInto('paper_titles')
      .values(some.map((one) => ({ title_key: one.titleKey, paper_id: one.paperId })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** One number about a paper at an instant, as a source told it. */
export interface SignalObservation {
  paperId: number;
  kind: SignalKind;
  value: number;
  /** Epoch ms. */
  observedAt: number;
}

/** Keeps observations; one of the same instant is replaced. */
export async function insertSignals(
  db: Db,
  source: string,
  observations: readonly SignalObservation[],
): Promise<void> {
  for (const some of chunksOf(observations))
    await db
      .insertInto('paper_signals')
      .values(
        some.map((one) => ({
          paper_id: one.paperId,
          source,
          kind: one.kind,
          value: one.value,
          observed_at: one.observedAt,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['paper_id', 'source', 'kind', 'observed_at'])
          .doUpdateSet((told) => ({ value: told.ref('excluded.value') })),
      )
      .execute();
}

/** When the source last told of these papers, by paper id, epoch ms; absent: never. */
export async function findLastLooks(
  db: Db,
  source: string,
  paperIds: readonly number[],
): Promise<Map<number, number>> {
  const looks = new Map<number, number>();
  for (const ids of chunksOf(paperIds)) {
    const rows = await db
      .selectFrom('paper_sources')
      .select(['paper_id', 'last_seen_at'])
      .where('source', '=', source)
      .where('paper_id', 'in', ids)
      .execute();
    for (const row of rows) looks.set(row.paper_id, row.last_seen_at);
  }
  return looks;
}

/** Which of these papers are withdrawn. */
export async function findWithdrawnIds(db: Db, paperIds: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  for (const ids of chunksOf(paperIds)) {
    const rows = await db
      .selectFrom('papers')
      .select('id')
      .where('id', 'in', ids)
      .where('withdrawn_at', 'is not', null)
      .execute();
    found.push(...rows.map((row) => row.id));
  }
  return found;
}
