import type { Candidate } from '../papers/candidate.ts';
import { type CompiledTerm, indexText, textColumns } from './compile.ts';

/** What this folder needs of an open SQLite database with FTS5; better-sqlite3's `Database` is one. */
export interface SqliteHandle {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...parameters: (string | number)[]): unknown;
    all(...parameters: (string | number)[]): unknown[];
  };
}

/** Documents that hold something, ascending, and how well each does (BM25, higher is better). */
export interface Postings {
  documents: Int32Array;
  scores: Float64Array;
}

/** Full text of the candidates; a document is a candidate's position in the list, 0… */
export interface TextIndex {
  search(term: CompiledTerm): Postings;
  /** Drops the tables. */
  close(): void;
}

let tables = 0;

/**
 * Fills two FTS5 tables (stems, words) of their own names in `handle`. They hold no text (`content=''`),
 * only the index; `+` and `#` belong to words because of `C++` and `C#`.
 */
export function buildTextIndex(handle: SqliteHandle, candidates: readonly Candidate[]): TextIndex {
  const suffix = ++tables;
  const names = { stems: `topic_stems_${suffix}`, words: `topic_words_${suffix}` };
  const columns = Object.keys(textColumns);
  const drop = () =>
    handle.exec(
      Object.values(names)
        .map((name) => `DROP TABLE IF EXISTS ${name};`)
        .join(''),
    );
  drop();
  handle.exec('BEGIN');
  try {
    const insert = (table: keyof typeof names) => {
      handle.exec(
        `CREATE VIRTUAL TABLE ${names[table]} USING fts5(${columns.join(', ')}, content='', tokenize="unicode61 remove_diacritics 0 tokenchars '+#'")`,
      );
      return handle.prepare(`INSERT INTO ${names[table]} (rowid, ${columns.join(', ')}) VALUES (?, ?, ?, ?)`);
    };
    const inserts = { stems: insert('stems'), words: insert('words') };
    candidates.forEach(({ paper }, document) => {
      const texts = [paper.title, paper.keywords.join(' ; '), paper.abstract ?? paper.tldr ?? ''].map(
        (text) => indexText(text.slice(0, maxTextLength)),
      );
      inserts.stems.run(document, ...texts.map(({ stems }) => stems));
      inserts.words.run(document, ...texts.map(({ words }) => words));
    });
    handle.exec('COMMIT');
  } catch (error) {
    handle.exec('ROLLBACK');
    throw error;
  }

  const search = (name: string) =>
    handle.prepare(
      `SELECT rowid AS document, -bm25(${name}, ${Object.values(textColumns).join(', ')}) AS score FROM ${name} WHERE ${name} MATCH ? ORDER BY rowid`,
    );
  const searches = { stems: search(names.stems), words: search(names.words) };
  return {
    search({ table, match }) {
      const rows = searches[table].all(match) as { document: number; score: number }[];
      return {
        documents: Int32Array.from(rows, (row) => row.document),
        scores: Float64Array.from(rows, (row) => row.score),
      };
    },
    close: drop,
  };
}

/** UTF-16 units of a title, keywords or abstract that are indexed; longer ones are no abstracts. */
const maxTextLength = 20_000;
