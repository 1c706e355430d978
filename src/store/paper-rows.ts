import type { Selectable } from 'kysely';
import type { Paper, StoredPaper } from '../papers/paper.ts';
import type { PapersTable } from './schema.ts';
import type { Db } from './store.ts';

/** How many ids one statement carries, well under SQLite's limit of variables. */
export const chunkSize = 900;

/** The list in runs of `size`, in order. */
export function* chunksOf<T>(list: readonly T[], size: number = chunkSize): Iterable<T[]> {
  for (let begin = 0; begin < list.length; begin += size) yield list.slice(begin, begin + size);
}

/** The columns that hold a paper's facts. */
export function toColumns(
  paper: Paper,
): Omit<PapersTable, 'id' | 'first_seen_at' | 'last_seen_at' | 'merged_into'> {
  return {
    key: paper.key,
    title: paper.title,
    abstract: paper.abstract,
    tldr: paper.tldr,
    authors: JSON.stringify(paper.authors),
    categories: JSON.stringify(paper.categories),
    keywords: JSON.stringify(paper.keywords),
    organization: paper.organization,
    comment: paper.comment,
    published_at: paper.publishedAt,
    updated_at: paper.updatedAt,
    announced_at: paper.announcedAt,
    version: paper.version,
    withdrawn_at: paper.withdrawnAt,
    paper_url: paper.paperUrl,
    pdf_url: paper.pdfUrl,
    code_url: paper.codeUrl,
    project_url: paper.projectUrl,
  };
}

/** Rows to papers, in the order of the rows, with the sources that told of each. */
export async function toStoredPapers(
  db: Db,
  rows: readonly Selectable<PapersTable>[],
): Promise<StoredPaper[]> {
  const sources = new Map<number, string[]>();
  for (const ids of chunksOf(rows.map((row) => row.id))) {
    const told = await db
      .selectFrom('paper_sources')
      .select(['paper_id', 'source'])
      .where('paper_id', 'in', ids)
      .orderBy('first_seen_at')
      .orderBy('source')
      .execute();
    for (const { paper_id, source } of told) {
      const known = sources.get(paper_id);
      if (known) known.push(source);
      else sources.set(paper_id, [source]);
    }
  }
  return rows.map((row) => ({
    id: row.id,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    sources: sources.get(row.id) ?? [],
    ...toPaper(row),
  }));
}

/** A row's facts. */
export function toPaper(row: Selectable<PapersTable>): Paper {
  return {
    key: row.key,
    title: row.title,
    abstract: row.abstract,
    tldr: row.tldr,
    authors: JSON.parse(row.authors),
    categories: JSON.parse(row.categories),
    keywords: JSON.parse(row.keywords),
    organization: row.organization,
    comment: row.comment,
    publishedAt: row.published_at,
    updatedAt: row.updated_at,
    announcedAt: row.announced_at,
    version: row.version,
    withdrawnAt: row.withdrawn_at,
    paperUrl: row.paper_url,
    pdfUrl: row.pdf_url,
    codeUrl: row.code_url,
    projectUrl: row.project_url,
  };
}
