import {
  type App,
  type IngestRequest,
  ingestPapers,
  type PlanRequest,
  planDigests,
  rankPapers,
  type SendRequest,
  sendDigests,
} from './app.ts';
import type { RankReport } from './archive/rank.ts';
import type { PlanReport } from './delivery/plan.ts';
import type { SendReport } from './delivery/run.ts';
import type { IngestReport } from './sources/ingest.ts';
import type { RunKind } from './store/schema.ts';
import { type Log, logEndings, withoutAddresses } from './watch/log-lines.ts';
import { noteSending, noteTemplates } from './watch/reports.ts';
import { createRunLog, type RunLog } from './watch/run-log.ts';
import { type Told, watchOver } from './watch/watch.ts';

/** The stages as the scheduler and the command line run them: each tells the log when it begins and how it ended. */

type Progress = (done: number, total: number) => void;

export async function runIngest(
  app: App,
  log: Log,
  request: Omit<IngestRequest, 'onRun' | 'onReport' | 'onAttempt'> = {},
): Promise<IngestReport[]> {
  const ended = begin(log, 'ingest');
  // Each source's run has lines of its own; sources are asked one after another.
  let own = openRunLog(app, log, 'ingest');
  const reports = await withRunLog(
    () => own,
    'ingest',
    () =>
      ingestPapers(app, {
        ...request,
        onRun(source, runId) {
          own = openRunLog(app, log, 'ingest');
          own.belongTo(runId);
          own.step({ source, ...(request.file ? { file: true } : {}) }, 'source is asked');
        },
        onAttempt({ error, bytes, againInMs, ...attempt }) {
          if (error === null) own.step({ ...attempt, bytes }, bytes === null ? 'not modified' : 'fetched');
          else if (againInMs !== null) own.warn({ ...attempt, error, againInMs }, 'fetch to be tried again');
          else own.step({ ...attempt, error }, 'fetch failed', 'error');
        },
        async onReport({ source, runId, status, records, newPapers, rejected, error, freshness }) {
          const line = { run: runId, source, status, records, newPapers, rejected };
          if (error) own.error({ ...line, error }, 'ingest failed');
          else own.info(line, 'ingested');
          const whole = freshness.find(({ category }) => category === '');
          if (whole) own.step({ state: whole.state, detail: whole.detail }, 'source judged');
          await own.close();
        },
      }),
  );
  log.info(ended(), 'ingest ended');
  return reports;
}

/** Works out what trends, for the pages; see `rankPapers`. Null: it was stopped. */
export async function runRank(
  app: App,
  log: Log,
  request: Parameters<typeof rankPapers>[1] = {},
): Promise<RankReport | null> {
  const ended = begin(log, 'rank');
  const report = await rankPapers(app, request);
  log.info({ ...ended(), ...report }, report ? 'ranked' : 'ranking was stopped');
  return report;
}

export async function runPlan(app: App, log: Log, onProgress?: Progress): Promise<PlanReport> {
  const own = openRunLog(app, log, 'plan');
  const ended = begin(own, 'plan');
  const request: PlanRequest = {
    onRun: (planRunId) => own.belongTo(planRunId),
    onCandidates: (found) => own.step(found, 'candidates loaded'),
    ...(onProgress ? { onProgress } : {}),
  };
  return await withRunLog(
    () => own,
    'plan',
    async () => {
      const report = await planDigests(app, request);
      const { planRunId, due, planned, skipped } = report;
      own.info({ ...ended(), run: planRunId, due, planned, skipped }, 'planned');
      return report;
    },
  );
}

export async function runSend(
  app: App,
  log: Log,
  request: Omit<SendRequest, 'onRun' | 'onEnding'> = {},
): Promise<SendReport> {
  const own = openRunLog(app, log, 'send');
  const ended = begin(own, 'send');
  return await withRunLog(
    () => own,
    'send',
    async () => {
      const report = await sendDigests(app, {
        ...request,
        onRun: (sendRunId) => own.belongTo(sendRunId),
        onEnding: logEndings(own),
      });
      const { stopped, sendRunId: _, ...counts } = report;
      if (stopped && stopped.cause !== 'signal')
        own.error(
          { ...ended(), ...counts, cause: stopped.cause, reply: withoutAddresses(stopped.message) },
          'sending stopped',
        );
      else own.info({ ...ended(), ...counts }, 'sent');
      await noteSending({ db: app.store.db, now: app.clock.now(), log: own }, stopped);
      return report;
    },
  );
}

/** Looks at how things go, and mails the admin when that is due. Never rejects: what watches must stop nothing. */
export async function runWatch(app: App, log: Log): Promise<Told> {
  try {
    const now = app.clock.now();
    await noteTemplates({ db: app.store.db, now, log }, await app.templates.look());
    return await watchOver({ ...app, now, log });
  } catch (error) {
    log.error({ err: error }, 'it could not be seen how things go');
    return 'failed';
  }
}

function begin(log: Log, stage: string): () => { stage: string; durationMs: number } {
  const startedAt = performance.now();
  log.info({ stage }, `${stage} begins`);
  return () => ({ stage, durationMs: Math.round(performance.now() - startedAt) });
}

function openRunLog(app: App, log: Log, kind: RunKind): RunLog {
  return createRunLog(kind, { db: app.store.db, now: app.clock.now, log });
}

/** What ends a run is among its lines; whoever called hears of it as ever. */
async function withRunLog<T>(own: () => RunLog, stage: RunKind, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { name, message } = error as Error;
    own().step({ error: `${name}: ${message}` }, `${stage} failed`, 'error');
    throw error;
  } finally {
    await own().close();
  }
}
