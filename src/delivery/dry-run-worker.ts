import { parentPort, workerData } from 'node:worker_threads';
import { makeHashAddress } from '../mail/address-hash.ts';
import { findLastIngest } from '../store/ingest-runs.ts';
import { openReader, openScratch } from '../store/reader.ts';
import { type LoadedCandidates, loadCandidateSet } from './candidate-set.ts';
import { type DryRunDeps, type DryRunSummary, readDryRunPage, summariseDryRun } from './dry-run.ts';
import type { DryRunAnswer, DryRunQuestion, DryRunSettings } from './dry-runs.ts';
import { loadMissedForDue, type MissedSet } from './missed.ts';
import { createSteeringReader } from './steering.ts';

/** The thread of dry-runs.ts: loading candidates and choosing for everybody takes seconds, in which the pages go on. */

const port = parentPort;
if (!port) throw new Error('this is a thread of dry-runs.ts');
const { databaseFile, windowMs, secretKey } = workerData as DryRunSettings;
const reader = openReader(databaseFile);
const hashAddress = makeHashAddress(secretKey);
const tell = (answer: DryRunAnswer) => port.postMessage(answer);

interface Loaded {
  until: number;
  ingestId: number | null;
  candidates: LoadedCandidates;
  missed: MissedSet | null;
}
/** Of the instant that was asked for last; a new ingest run brings new papers. */
let loaded: Loaded | null = null;

async function depsFor({ now, until }: DryRunQuestion): Promise<DryRunDeps> {
  const ingestId = await findLastIngest(reader.db);
  if (!loaded || loaded.until !== until || loaded.ingestId !== ingestId) {
    const candidates = await loadCandidateSet(reader.db, openScratch(), { now: until, windowMs });
    const missed = await loadMissedForDue(reader.db, candidates, until);
    const before = loaded;
    loaded = { until, ingestId, candidates, missed };
    // A count that is under way ends with what it began with.
    counting?.abort();
    await counted;
    before?.missed?.close();
    before?.candidates.close();
  }
  const { candidates, missed } = loaded;
  const readSteering = createSteeringReader(candidates);
  return { db: reader.db, candidates, missed, hashAddress, readSteering, now, until };
}

let counting: AbortController | null = null;
let counted: Promise<unknown> = Promise.resolve();

async function answer(question: DryRunQuestion): Promise<void> {
  const { id, page } = question;
  const deps = await depsFor(question);
  if (page) return tell({ id, kind: 'page', page: await readDryRunPage(deps, page) });
  counting?.abort();
  await counted;
  const stop = new AbortController();
  counting = stop;
  // Not waited for: pages are answered between its own.
  const tellUnlessStopped = (summary: DryRunSummary, finished: boolean) => {
    if (!stop.signal.aborted) tell({ id, kind: 'summary', summary, finished });
  };
  // Not waited for: pages are answered between its own.
  counted = summariseDryRun(deps, {
    signal: stop.signal,
    onProgress: (summary) => tellUnlessStopped(summary, false),
  })
    .then((summary) => tellUnlessStopped(summary, true))
    .catch((error: unknown) => fail(id, error));
}

function fail(id: number, error: unknown): void {
  tell({ id, kind: 'failed', message: (error as Error).stack ?? String(error) });
}

// One after the other: what comes second finds what the first had loaded.
let last: Promise<unknown> = Promise.resolve();
port.on('message', (question: DryRunQuestion) => {
  last = last.then(() => answer(question)).catch((error: unknown) => fail(question.id, error));
});
