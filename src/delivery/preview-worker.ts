import { parentPort, workerData } from 'node:worker_threads';
import { findLastIngest } from '../store/ingest-runs.ts';
import { openReader, openScratch } from '../store/reader.ts';
import { TopicQueryError } from '../topics/query.ts';
import { loadPastEditions, type PastEditions } from './past-editions.ts';
import type { PreviewAnswer, PreviewQuestion, PreviewSettings } from './previews.ts';

/**
 * The thread that plays past editions: loading weeks of papers takes seconds where there are many, in which the pages
 * go on being served. It ends when it is told to, and everything it held with it.
 */

/** What was loaded is good for so long in any case, and longer while no ingest run ended. */
const freshMs = 10 * 60_000;
/** The latest edition of somebody may have come due since. */
const longestMs = 3 * 3_600_000;
/** After the last question: who types asks again within a second. */
const quietMs = 5_000;

const port = parentPort;
if (!port) throw new Error('this is a thread of previews.ts');
const { databaseFile, windowMs } = workerData as PreviewSettings;
const reader = openReader(databaseFile);

interface Loaded {
  past: PastEditions;
  ingestId: number | null;
}
let loaded: Loaded | null = null;

let refreshing: NodeJS.Timeout | null = null;

/** What was loaded, when it is not too old; nobody waits for newer papers, they are loaded when nobody asks. */
async function current(now: number): Promise<PastEditions> {
  if (refreshing) clearTimeout(refreshing);
  refreshing = null;
  const ageMs = loaded ? now - loaded.past.at : Number.POSITIVE_INFINITY;
  if (loaded && ageMs >= 0 && ageMs < freshMs) return loaded.past;
  if (!loaded || ageMs < 0 || ageMs >= longestMs) return await load(now);
  if ((await findLastIngest(reader.db)) !== loaded.ingestId)
    refreshing = setTimeout(() => {
      last = last.then(() => load(now + quietMs)).catch(() => {});
    }, quietMs);
  return loaded.past;
}

async function load(now: number): Promise<PastEditions> {
  const ingestId = await findLastIngest(reader.db);
  const past = await loadPastEditions(reader.db, openScratch(), { now, windowMs });
  loaded?.past.close();
  loaded = { past, ingestId };
  return past;
}

async function answer({ id, now, wish }: PreviewQuestion): Promise<PreviewAnswer> {
  try {
    const past = await current(now);
    return { id, ok: true, editions: wish ? past.play(wish) : [] };
  } catch (error) {
    if (error instanceof TopicQueryError) return { id, ok: false, reason: 'query' };
    return { id, ok: false, reason: 'failed', message: (error as Error).stack ?? String(error) };
  }
}

// One after the other: what comes second finds what the first had loaded.
let last: Promise<unknown> = Promise.resolve();
port.on('message', (question: PreviewQuestion) => {
  last = last.then(async () => port.postMessage(await answer(question)));
});
