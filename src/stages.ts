import { type App, ingestPapers, planDigests, type SendRequest, sendDigests } from './app.ts';
import type { PlanReport } from './delivery/plan.ts';
import type { SendReport } from './delivery/run.ts';
import type { IngestReport } from './sources/ingest.ts';
import { type Log, logEndings, withoutAddresses } from './watch/log-lines.ts';
import { noteSending } from './watch/reports.ts';
import { type Told, watchOver } from './watch/watch.ts';

/** The stages as the scheduler and the command line run them: each tells the log when it begins and how it ended. */

type Progress = (done: number, total: number) => void;

export async function runIngest(
  app: App,
  log: Log,
  request: Parameters<typeof ingestPapers>[1] = {},
): Promise<IngestReport[]> {
  const ended = begin(log, 'ingest');
  const reports = await ingestPapers(app, request);
  for (const { source, runId, status, records, newPapers, rejected, error } of reports) {
    const line = { run: runId, source, status, records, newPapers, rejected };
    if (error) log.error({ ...line, error }, 'ingest failed');
    else log.info(line, 'ingested');
  }
  log.info(ended(), 'ingest ended');
  return reports;
}

export async function runPlan(app: App, log: Log, onProgress?: Progress): Promise<PlanReport> {
  const ended = begin(log, 'plan');
  const report = await planDigests(app, onProgress);
  const { planRunId, due, planned, skipped } = report;
  log.info({ ...ended(), run: planRunId, due, planned, skipped }, 'planned');
  return report;
}

export async function runSend(app: App, log: Log, request: SendRequest = {}): Promise<SendReport> {
  const ended = begin(log, 'send');
  const report = await sendDigests(app, { ...request, onEnding: logEndings(log) });
  const { stopped, ...counts } = report;
  if (stopped && stopped.cause !== 'signal')
    log.error(
      { ...ended(), ...counts, cause: stopped.cause, reply: withoutAddresses(stopped.message) },
      'sending stopped',
    );
  else log.info({ ...ended(), ...counts }, 'sent');
  await noteSending({ db: app.store.db, now: app.clock.now(), log }, stopped);
  return report;
}

/** Looks at how things go, and mails the admin when that is due. Never rejects: what watches must stop nothing. */
export async function runWatch(app: App, log: Log): Promise<Told> {
  try {
    return await watchOver({ ...app, now: app.clock.now(), log });
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
