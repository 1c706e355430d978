import type BetterSqlite3 from 'better-sqlite3';
import { archiveCategories, archiveNames, archiveText } from '../topics/archive-text.ts';

/** What the triggers below call; a connection that writes papers needs them. */
export function addArchiveFunctions(raw: BetterSqlite3.Database): void {
  const options = { deterministic: true };
  const list = (json: unknown) => JSON.parse(String(json)) as string[];
  raw.function('archive_text', options, (text) => archiveText(String(text ?? '')));
  raw.function('archive_list', options, (json) => archiveText(list(json).join(' ; ')));
  raw.function('archive_categories', options, (json) => archiveCategories(list(json)));
  raw.function('archive_names', options, (json) => archiveNames(list(json)));
}

/** A place's last 32 bits are the paper's id; before them stands the day. */
export const placeBase = 2 ** 32;

const tokenizer = `tokenize = "unicode61 remove_diacritics 0 tokenchars '+#=~@.-'"`;

// Where a paper stands among all: by its day (UTC), then by its id. So the newest come first without sorting.
const place = (row: 'NEW' | 'OLD' | 'papers') =>
  `(max(0, min(65535, coalesce(${row}.announced_at, ${row}.published_at, ${row}.first_seen_at) / 86400000)) * ${placeBase} + ${row}.id)`;

const isListed = (row: string) => `${row}.merged_into IS NULL AND ${row}.withdrawn_at IS NULL`;

const texts = (
  row: 'NEW' | 'papers',
) => `INSERT INTO archive_texts (rowid, title, keywords, abstract, categories)
    SELECT ${place(row)}, archive_text(${row}.title), archive_list(${row}.keywords),
      archive_text(coalesce(${row}.abstract, ${row}.tldr)), archive_categories(${row}.categories)`;
const names = (row: 'NEW' | 'papers') => `INSERT INTO archive_names (rowid, names)
    SELECT ${place(row)}, archive_names(${row}.authors)`;
const removal = `DELETE FROM archive_texts WHERE rowid = ${place('OLD')};
  DELETE FROM archive_names WHERE rowid = ${place('OLD')};`;

const indexed = [
  ...['title', 'abstract', 'tldr', 'authors', 'categories', 'keywords', 'withdrawn_at', 'merged_into'],
  ...['announced_at', 'published_at', 'first_seen_at'],
];

/**
 * Full text of every paper that may be shown, whoever writes it and in the same transaction; they hold no text, only the
 * index. Filling them takes some tenths of a millisecond a paper.
 */
export const archiveTables = `
CREATE VIRTUAL TABLE archive_texts USING fts5(
  title, keywords, abstract, categories, content = '', contentless_delete = 1, ${tokenizer});
CREATE VIRTUAL TABLE archive_names USING fts5(
  names, content = '', contentless_delete = 1, detail = none, ${tokenizer});

${texts('papers')} FROM papers WHERE ${isListed('papers')} ORDER BY 1;
${names('papers')} FROM papers WHERE ${isListed('papers')} ORDER BY 1;

CREATE TRIGGER archive_insert AFTER INSERT ON papers WHEN ${isListed('NEW')} BEGIN
  ${texts('NEW')};
  ${names('NEW')};
END;

CREATE TRIGGER archive_update AFTER UPDATE OF ${indexed.join(', ')} ON papers
WHEN ${indexed.map((column) => `NEW.${column} IS NOT OLD.${column}`).join(' OR ')} BEGIN
  ${removal}
  ${texts('NEW')} WHERE ${isListed('NEW')};
  ${names('NEW')} WHERE ${isListed('NEW')};
END;

CREATE TRIGGER archive_delete AFTER DELETE ON papers BEGIN
  ${removal}
END;
`;
