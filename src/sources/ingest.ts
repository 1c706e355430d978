import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '../clock.ts';
import type { PaperRecord } from '../papers/paper.ts';
import { finishIngestRun, type IngestOutcome, startIngestRun } from '../store/ingest-runs.ts';
import { findArxivIdsWithoutCategories } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { type Freshness, findMissedSince, recordPoll } from './freshness.ts';
import { type Http, HttpError } from './http.ts';
import { type Batch, type Problem, type Source, SourceError } from './source.ts';
import { upsertPapers } from './upsert.ts';

export interface IngestOptions {
  db: Db;
  /** Asked in this order; those that look up what others do not tell come last. */
  sources: readonly Source[];
  clock: Clock;
  /** Needed unless `file` is given. */
  http?: Http;
  /** Backfill from this day on, `YYYY-MM-DD` (UTC). */
  sinceDate?: string | null;
  /** A saved payload, read instead of asking; with exactly one source. */
  file?: string | null;
  /** Categories whose freshness is judged one by one. */
  arxivCategories?: readonly string[];
  /** Stops after the batch that is being stored. */
  signal?: AbortSignal;
  /** Records stored, and records received so far. */
  onProgress?: (done: number, total: number) => void;
  /** Told the id of a source's run as soon as it has a row. */
  onRun?: (source: string, runId: number) => void;
  /** Told how a source's run ended, before the next is asked. */
  onReport?: (report: IngestReport) => Promise<void>;
}

export interface IngestReport extends IngestOutcome {
  source: string;
  runId: number;
  problems: Problem[];
  /** How the source stands now, by category; empty for a file. */
  freshness: Freshness[];
}

const recordsPerTransaction = 500;
const dayMs = 86_400_000;
/** Bounds of one run's look-ups, 100 ids a request. */
const lookups = { withinMs: 7 * dayMs, limit: 500 };

/**
 * Pulls from each source and stores what comes, observed at the clock's now. One run row a source, with its
 * counts and errors; a source that fails does not stop the next, and what it told before is kept. A source
 * whose batches were missed is backfilled. Never throws for what a source or a file does; throws SourceError
 * for a `sinceDate` that is no date or in the future.
 */
export async function ingest(options: IngestOptions): Promise<IngestReport[]> {
  if (options.file && options.sources.length !== 1)
    throw new Error('a file is read as one source; name exactly one');
  checkSinceDate(options.sinceDate ?? null, options.clock.now());
  const inOrder = [...options.sources].sort((a, b) => Number(!!a.lookup) - Number(!!b.lookup));
  const reports: IngestReport[] = [];
  for (const source of inOrder) {
    if (!options.file && !source.fetch) continue;
    if (options.signal?.aborted) break;
    reports.push(await ingestOne(source, options));
  }
  return reports;
}

async function ingestOne(source: Source, options: IngestOptions): Promise<IngestReport> {
  const { db, clock } = options;
  const at = clock.now();
  const startedAt = performance.now();
  const runId = await startIngestRun(db, source.name, at);
  options.onRun?.(source.name, runId);
  const outcome = { records: 0, newPapers: 0, changedPapers: 0, newSignals: 0, rejected: 0 };
  const problems: Problem[] = [];
  const unseen: string[][] = [];
  let error: string | null = null;
  try {
    for await (const batch of batchesOf(source, options, at)) {
      const received = outcome.records + batch.records.length;
      for (const records of runsOf(batch.records)) {
        const stored = await upsertPapers(db, source.name, records, at);
        outcome.records += records.length;
        outcome.newPapers += stored.newPapers;
        outcome.changedPapers += stored.changedPapers;
        outcome.newSignals += stored.newSignals;
        if (batch.isCurrent) unseen.push(...stored.unseen.map((paper) => paper.categories));
        options.onProgress?.(outcome.records, received);
      }
      outcome.rejected += batch.problems.length;
      problems.push(...batch.problems.slice(0, Math.max(0, 50 - problems.length)));
      await batch.acknowledge?.();
      if (options.signal?.aborted) throw new SourceError(`${source.name} was interrupted.`);
    }
  } catch (cause) {
    // A bug in reading one source is that source's failure; the next is still asked.
    const expected = cause instanceof SourceError || cause instanceof HttpError;
    error = expected ? cause.message : `Unexpected ${cause}`;
  }
  if (error === null && outcome.records === 0 && outcome.rejected > 0)
    error = `None of the ${outcome.rejected} records could be read; the first: ${problems[0]?.where}: ${problems[0]?.message}.`;
  const status = statusOf(error, outcome);
  const tookMs = performance.now() - startedAt;
  await finishIngestRun(db, runId, { ...outcome, status, error, problems }, { at: clock.now(), tookMs });
  const freshness =
    options.file || options.signal?.aborted
      ? []
      : await recordPoll(db, {
          source: source.name,
          at,
          categories: source.name === 'arxiv' ? (options.arxivCategories ?? []) : [],
          error,
          unseen,
        });
  const report: IngestReport = { source: source.name, runId, ...outcome, status, error, problems, freshness };
  await options.onReport?.(report);
  return report;
}

function statusOf(
  error: string | null,
  outcome: { records: number; rejected: number },
): IngestOutcome['status'] {
  if (error !== null) return outcome.records > 0 ? 'partial' : 'failed';
  return outcome.rejected > 0 ? 'partial' : 'ok';
}

function checkSinceDate(sinceDate: string | null, now: number): void {
  if (sinceDate === null) return;
  const begin = /^\d{4}-\d{2}-\d{2}$/.test(sinceDate) ? Date.parse(sinceDate) : Number.NaN;
  if (Number.isNaN(begin))
    throw new SourceError(`"${sinceDate.slice(0, 40)}" is no date to backfill from; give one as 2026-06-22.`);
  if (begin > now) throw new SourceError(`${sinceDate} is in the future; there is nothing to backfill.`);
}

async function* batchesOf(source: Source, options: IngestOptions, at: number): AsyncIterable<Batch> {
  if (options.file) {
    yield source.parse(await readSaved(options.file), { fileName: basename(options.file), at });
    return;
  }
  const { http, db } = options;
  if (!http) throw new Error('asking a source needs http');
  const sinceDate = options.sinceDate ?? (await findMissedSince(db, source.name, at));
  if (source.fetch) yield* source.fetch({ at, sinceDate }, http);
  if (!source.lookup) return;
  const ids = await findArxivIdsWithoutCategories(db, { since: at - lookups.withinMs, limit: lookups.limit });
  if (ids.length > 0) yield* source.lookup(ids, at, http);
}

async function readSaved(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SourceError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function* runsOf(records: readonly PaperRecord[]): Iterable<PaperRecord[]> {
  for (let begin = 0; begin < records.length; begin += recordsPerTransaction)
    yield records.slice(begin, begin + recordsPerTransaction);
}
