import cron, { type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import { type App, ingestPapers, planDigests, sendDigests } from './app.ts';
import { recoverDead } from './delivery/recover.ts';
import { keepHouse } from './housekeeping/keep-house.ts';
import { listIngestRuns } from './store/ingest-runs.ts';
import { countReady } from './store/ledger.ts';
import { countDueSubscribers } from './store/plan-runs.ts';

/** The program's own day: it asks every minute who is due, and the sources when INGEST_CRON says. */
export interface Scheduler {
  /** Stops starting anything, lets what is under way end, and resolves when it has. */
  stop(): Promise<void>;
}

/** Sources that were asked within this time are not asked again just because the program starts. */
const freshEnoughMs = 50 * 60_000;
/** After a mail server refused to work with us: the first wait before it is tried again, and the longest. */
const firstPauseMs = 60_000;
const longestPauseMs = 30 * 60_000;

/**
 * Starts the stages by the clock. Which digest is due is in the database, not in the cron: a tick that is
 * late, missed or doubled changes nothing. Cron expressions are read in UTC, which has no hour twice.
 */
export function startScheduler(app: App, log: Logger): Scheduler {
  const stopping = new AbortController();
  const ingest = exclusive('ingest', log, async () => {
    for (const report of await ingestPapers(app, { signal: stopping.signal })) {
      const { source, runId, status, records, newPapers, rejected, error } = report;
      const line = { run: runId, source, status, records, newPapers, rejected, ...(error ? { error } : {}) };
      if (error) log.error(line, 'ingest failed');
      else log.info(line, 'ingested');
    }
  });
  const deliver = exclusive('deliver', log, makeDeliver(app, log, stopping.signal));
  const housekeeping = exclusive('housekeeping', log, async () => {
    await recoverDead(app.store, app.clock.now());
    const { store, config } = app;
    const report = await keepHouse({
      store,
      now: app.clock.now(),
      retention: config.retention,
      // Digests go first.
      between: () => deliver.running(),
      signal: stopping.signal,
    });
    log.info(report, 'kept house');
  });

  const bounces = exclusive('bounces', log, makePoll(app, log, stopping.signal));

  const first = isIngestOld(app).then((old) => (old ? ingest() : undefined));
  const tasks: ScheduledTask[] = [
    schedule(app.config.sources.ingestCron, ingest),
    // Digests of the first minute wait for the papers of the first ingest, not for ever.
    schedule('* * * * *', () => Promise.race([first, pause(2 * 60_000, stopping.signal)]).then(deliver)),
    schedule('17 4 * * *', housekeeping),
    schedule('*/5 * * * *', bounces),
  ];
  bounces();
  const firstDelivery = first.then(deliver);
  return {
    async stop() {
      stopping.abort();
      for (const task of tasks) await task.stop();
      await Promise.allSettled([
        ...[firstDelivery, ingest.running(), deliver.running(), housekeeping.running()],
        bounces.running(),
      ]);
    },
  };

  function schedule(expression: string, act: () => Promise<void>): ScheduledTask {
    return cron.schedule(expression, act, { timezone: 'Etc/UTC', noOverlap: true });
  }
}

async function isIngestOld(app: App): Promise<boolean> {
  const [latest] = await listIngestRuns(app.store.db, { limit: 1 });
  return !latest || app.clock.now() - latest.started_at > freshEnoughMs;
}

function makeDeliver(app: App, log: Logger, signal: AbortSignal): () => Promise<void> {
  let pauseMs = 0;
  let notBefore = 0;
  return async () => {
    if (signal.aborted) return;
    const { store, clock } = app;
    if ((await countDueSubscribers(store.db, clock.now())) > 0) {
      const { planRunId, due, planned, skipped } = await planDigests(app);
      log.info({ run: planRunId, due, planned, skipped }, 'planned');
    }
    if (performance.now() < notBefore || (await countReady(store.db, clock.now())) === 0) return;
    const report = await sendDigests(app, { signal });
    const { stopped, ...counts } = report;
    if (stopped && stopped.cause !== 'signal') {
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
      notBefore = performance.now() + pauseMs;
      log.error({ ...counts, cause: stopped.cause, reply: stopped.message, pauseMs }, 'sending stopped');
    } else {
      pauseMs = 0;
      log.info(counts, 'sent');
    }
  };
}

/** Reads the bounce mailbox, where there is one. */
function makePoll({ config, store, recordReturns }: App, log: Logger, signal: AbortSignal) {
  const { imapUrl: url, imapDone: done } = config.bounces;
  return async () => {
    if (url === null || signal.aborted) return;
    const { MailboxError, pollMailbox } = await import('./bounces/poll-mailbox.ts');
    try {
      const deps = { db: store.db, secret: config.secretKey, recordReturns, url, done, signal };
      const { read, classes, ...counts } = await pollMailbox(deps);
      if (read > 0) log.info({ read, ...classes, ...counts }, 'read the bounce mailbox');
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error;
      // Its cause holds what the server said, addresses perhaps among it.
      log.error({ error: error.message }, 'the bounce mailbox cannot be read');
    }
  };
}

interface Exclusive {
  (): Promise<void>;
  running(): Promise<void>;
}

/** One at a time, whoever starts it; a call while it runs joins it. Errors are logged and end only this run. */
function exclusive(stage: string, log: Logger, act: () => Promise<void>): Exclusive {
  let current: Promise<void> | null = null;
  const start = () => {
    current ??= act()
      .catch((error: unknown) => log.error({ stage, err: error }, 'stage failed'))
      .finally(() => {
        current = null;
      });
    return current;
  };
  return Object.assign(start, { running: () => current ?? Promise.resolve() });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
