import type { PaperRecord } from '../papers/paper.ts';
import type { Http } from './http.ts';

/** A record that could not be read, or not whole; the rest of its payload was. */
export interface Problem {
  /** File and line, index or entry, with the paper's id when one was found: `daily.json[3] (2606.01234)`. */
  where: string;
  message: string;
}

export interface Parsed {
  records: PaperRecord[];
  problems: Problem[];
}

export interface ParseContext {
  /** Names the payload in problems: a file's name or an address. */
  fileName: string;
  /** The command's now, epoch ms: when a withdrawal without a date was seen. */
  at: number;
}

/** One answer of a source, read. */
export interface Batch extends Parsed {
  /** It is what the source brings now, not a backfill or a look-up: unseen papers in it prove the source fresh. */
  isCurrent?: boolean;
  /** Called once the batch is stored: only then may the source answer "not modified" the next time. */
  acknowledge?: () => Promise<void>;
}

export interface FetchRequest {
  /** The command's now, epoch ms. */
  at: number;
  /** Backfill from this day on, `YYYY-MM-DD` (UTC); null: what is current. */
  sinceDate: string | null;
}

/** Where papers come from. Parsing never fetches, so that every payload can also be read from a file. */
export interface Source {
  readonly name: string;
  /** Reads a saved payload, gzipped or not. Throws SourceError when it is not of this source's format at all. */
  parse(payload: Buffer | string, context: ParseContext): Parsed;
  /** Asks the source. Throws SourceError or HttpError; batches that came before are good. Absent: files only. */
  fetch?(request: FetchRequest, http: Http): AsyncIterable<Batch>;
  /** Asks about these arXiv ids (at most a few hundred), for what other sources do not tell. */
  lookup?(arxivIds: readonly string[], at: number, http: Http): AsyncIterable<Batch>;
}

/** A payload or a source cannot be used: what is wrong, where, and what to do. */
export class SourceError extends Error {
  override name = 'SourceError';
}
