import { setTimeout as sleep } from 'node:timers/promises';
import cron, { type ScheduledTask } from 'node-cron';
import type { App } from './app.ts';
import { recoverDead } from './delivery/recover.ts';
import { keepHouse } from './housekeeping/keep-house.ts';
import { runIngest, runPlan, runRank, runSend, runWatch } from './stages.ts';
import { listIngestRuns } from './store/ingest-runs.ts';
import { countReady } from './store/ledger.ts';
import { countDueSubscribers } from './store/plan-runs.ts';
import { hashAddresses } from './store/subscriber-hashes.ts';
import { forgetStagedLists } from './subscribers/staged-lists.ts';
import type { Log } from './watch/log-lines.ts';
import { noteStage } from './watch/reports.ts';

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
/** How long the pages wait for digests that are being sent. */
const rankPatienceMs = 2 * 60_000;
/** After the admin could not be mailed. */
const alertPauseMs = 30 * 60_000;
/** How long an end waits for a mail to the admin that is on its way. */
const alertDrainMs = 2_000;

/**
 * Starts the stages by the clock. Which digest is due is in the database, not in the cron: a tick that is
 * late, missed or doubled changes nothing. Cron expressions are read in UTC, which has no hour twice.
 */
export function startScheduler(app: App, log: Log, { watchCron = '*/5 * * * *' } = {}): Scheduler {
  const stopping = new AbortController();
  const ingest = exclusive('ingest', app, log, async () => {
    await runIngest(app, log, { signal: stopping.signal });
    // Nothing waits for it.
    void rank();
  });
  const rank = exclusive('rank', app, log, async () => {
    // Digests go first, unless they take long.
    const sent = firstDelivery.then(() => deliver.running());
    await Promise.race([sent, pause(rankPatienceMs, stopping.signal)]);
    if (!stopping.signal.aborted) await runRank(app, log, { apart: true, signal: stopping.signal });
  });
  const deliver = exclusive('deliver', app, log, makeDeliver(app, log, stopping.signal));
  const housekeeping = exclusive('housekeeping', app, log, async () => {
    const startedAt = performance.now();
    log.info({ stage: 'housekeeping' }, 'housekeeping begins');
    await recoverDead(app.store, app.clock.now(), app.config.mail.uncertain);
    const { store, config } = app;
    await forgetStagedLists(store.file);
    const report = await keepHouse({
      store,
      now: app.clock.now(),
      retention: config.retention,
      // Digests go first.
      between: () => deliver.running(),
      signal: stopping.signal,
    });
    log.info({ durationMs: Math.round(performance.now() - startedAt), ...report }, 'kept house');
  });

  const signUps = exclusive('sign-ups', app, log, async () => {
    if (stopping.signal.aborted) return;
    const report = await app.signUps.mail();
    if (report.mailed + report.putOff + report.notMailed > 0) log.info(report, 'mailed who signed up');
  });
  // So that no page has to when an admin asks who is suppressed: a minute for a large list that came from elsewhere.
  const hashing = exclusive('address hashes', app, log, () =>
    hashAddresses(app.store.db, app.hashAddress, stopping.signal),
  );
  const bounces = exclusive('bounces', app, log, makePoll(app, log, stopping.signal));
  const watch = exclusive('watch', app, log, makeWatch(app, log, stopping.signal));

  const first = isIngestOld(app).then((old) => (old ? ingest() : void rank()));
  const tasks: ScheduledTask[] = [
    schedule(app.config.sources.ingestCron, ingest),
    // Digests of the first minute wait for the papers of the first ingest, not for ever.
    schedule('* * * * *', () => Promise.race([first, pause(2 * 60_000, stopping.signal)]).then(deliver)),
    // What trends changes with the hour, and a new day begins at midnight (UTC).
    schedule('7 * * * *', rank),
    // Those whose mail the server did not take at once.
    schedule('* * * * *', signUps),
    schedule('17 4 * * *', housekeeping),
    schedule('37 * * * *', hashing),
    schedule('*/5 * * * *', bounces),
    // What was due while the program did not run is no news until the first digests went out.
    schedule(watchCron, () => Promise.race([firstDelivery, pause(10 * 60_000, stopping.signal)]).then(watch)),
  ];
  bounces();
  const firstDelivery = first.then(deliver);
  void firstDelivery.then(hashing);
  return {
    async stop() {
      stopping.abort();
      for (const task of tasks) await task.stop();
      await Promise.allSettled([
        ...[firstDelivery, ingest.running(), deliver.running(), housekeeping.running()],
        bounces.running(),
        signUps.running(),
        hashing.running(),
        rank.running(),
        Promise.race([watch.running(), sleep(alertDrainMs, undefined, { ref: false })]),
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

function makeDeliver(app: App, log: Log, signal: AbortSignal): () => Promise<void> {
  let pauseMs = 0;
  let notBefore = 0;
  return async () => {
    if (signal.aborted) return;
    const { store, clock } = app;
    if ((await countDueSubscribers(store.db, clock.now())) > 0) await runPlan(app, log);
    if (performance.now() < notBefore || (await countReady(store.db, clock.now())) === 0) return;
    const { stopped } = await runSend(app, log, { signal });
    if (stopped && stopped.cause !== 'signal') {
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
      notBefore = performance.now() + pauseMs;
      log.warn({ cause: stopped.cause, pauseMs }, 'the mail server is left alone for a while');
    } else pauseMs = 0;
  };
}

/** Looks at how things go; after a mail to the admin that failed, mail is left alone for a while. */
function makeWatch(app: App, log: Log, signal: AbortSignal): () => Promise<void> {
  let notBefore = 0;
  return async () => {
    if (signal.aborted || performance.now() < notBefore) return;
    if ((await runWatch(app, log)) === 'failed') notBefore = performance.now() + alertPauseMs;
  };
}

/** Reads the bounce mailbox, where there is one. */
function makePoll({ config, store, recordReturns, clock }: App, log: Log, signal: AbortSignal) {
  const { imapUrl: url, imapDone: done } = config.bounces;
  return async () => {
    if (url === null || signal.aborted) return;
    const { MailboxError, pollMailbox } = await import('./bounces/ingest/poll-mailbox.ts');
    try {
      const deps = { db: store.db, secret: config.secretKey, recordReturns, url, done, signal };
      const { read, classes, ...counts } = await pollMailbox(deps);
      if (read > 0) log.info({ read, ...classes, ...counts }, 'read the bounce mailbox');
      await noteStage({ db: store.db, now: clock.now(), log }, 'bounce_mailbox', null);
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error;
      // Its cause holds what the server said, addresses perhaps among it.
      log.error({ error: error.message }, 'the bounce mailbox cannot be read');
      await noteStage({ db: store.db, now: clock.now(), log }, 'bounce_mailbox', error);
    }
  };
}

interface Exclusive {
  (): Promise<void>;
  running(): Promise<void>;
}

/**
 * One at a time, whoever starts it; a call while it runs joins it. Errors are logged, told to whoever watches, and end
 * only this run.
 */
function exclusive(stage: string, { store, clock }: App, log: Log, act: () => Promise<void>): Exclusive {
  let current: Promise<void> | null = null;
  // Of a process before this one it may be known to fail.
  let failing = true;
  const note = async (error: unknown) => {
    if (error !== null) log.error({ stage, err: error }, 'stage failed');
    if (error === null && !failing) return;
    failing = error !== null;
    await noteStage({ db: store.db, now: clock.now(), log }, stage, error);
  };
  const start = () => {
    current ??= act()
      .then(
        () => note(null),
        (error: unknown) => note(error ?? new Error('it failed without a word')),
      )
      .catch((error: unknown) => log.error({ stage, err: error }, 'it could not be noted how a stage ended'))
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
