import type { Db, Store } from './store.ts';
import { findLivingWorkers } from './worker-lock.ts';

/** What ran, for who looks. Instants are epoch ms. */
interface Run {
  id: number;
  startedAt: number;
  finishedAt: number | null;
  /** Of the real clock; null: it has not ended, or is from before this was kept. */
  tookMs: number | null;
  /** `interrupted`: its process ended before it did. */
  state: 'running' | 'ended' | 'interrupted';
}

export interface IngestRun extends Run {
  kind: 'ingest';
  source: string;
  status: 'running' | 'ok' | 'partial' | 'failed';
  records: number;
  newPapers: number;
  changedPapers: number;
  newSignals: number;
  rejected: number;
  error: string | null;
  /** The first of the records that could not be read. */
  problems: { where: string; message: string }[];
}

export interface PlanRun extends Run {
  kind: 'plan';
  /** The instant it was planned for. */
  at: number;
  due: number;
  planned: number;
  /** By reason. */
  skipped: Record<string, number>;
}

export interface SendRun extends Run {
  kind: 'send';
  /** How many deliveries waited when it began. */
  ready: number;
  sent: number;
  retry: number;
  failed: number;
  uncertain: number;
  skipped: number;
  /** What processes that died before it had left. */
  recovered: { unclaimed: number; uncertain: number; resent: number };
  /** Why it ended before the queue was empty; null: it did not. */
  stopped: { cause: string; message: string } | null;
}

export interface RunsOf {
  ingest: IngestRun;
  plan: PlanRun;
  send: SendRun;
}

export interface RunFilter {
  id?: number;
  /** Of ingest runs: only of this source. */
  source?: string;
  /** Only ids below this one: the next page. */
  beforeId?: number;
  limit: number;
}

/** Runs of one kind, newest first. */
export async function listRuns<Kind extends keyof RunsOf>(
  store: Pick<Store, 'db' | 'file'>,
  kind: Kind,
  filter: RunFilter,
): Promise<RunsOf[Kind][]> {
  return (await listers[kind](store, filter)) as RunsOf[Kind][];
}

/** Null: there is no such run, or it was forgotten. */
export async function findRun<Kind extends keyof RunsOf>(
  store: Pick<Store, 'db' | 'file'>,
  kind: Kind,
  id: number,
): Promise<RunsOf[Kind] | null> {
  const [run = null] = await listRuns(store, kind, { id, limit: 1 });
  return run;
}

const listers = { ingest: listIngest, plan: listPlan, send: listSend };

async function listIngest({ db }: { db: Db }, filter: RunFilter): Promise<IngestRun[]> {
  let query = db.selectFrom('ingest_runs').selectAll().orderBy('id', 'desc').limit(filter.limit);
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.source !== undefined) query = query.where('source', '=', filter.source);
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
  return (await query.execute()).map((row) => ({
    kind: 'ingest' as const,
    ...timesOf(row),
    // The next run of the same source closes one that was interrupted.
    state: row.status === 'running' ? 'running' : 'ended',
    source: row.source,
    status: row.status,
    records: row.records,
    newPapers: row.new_papers,
    changedPapers: row.changed_papers,
    newSignals: row.new_signals,
    rejected: row.rejected,
    error: row.error,
    problems: JSON.parse(row.problems) as IngestRun['problems'],
  }));
}

async function listPlan({ db }: { db: Db }, filter: RunFilter): Promise<PlanRun[]> {
  let query = db
    .selectFrom('plan_runs as p')
    .selectAll()
    .select((eb) =>
      eb
        .exists(eb.selectFrom('plan_runs as later').select('later.id').whereRef('later.id', '>', 'p.id'))
        .as('hasLater'),
    )
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
  return (await query.execute()).map((row) => ({
    kind: 'plan' as const,
    ...timesOf(row),
    state: row.finished_at !== null ? 'ended' : row.hasLater ? 'interrupted' : 'running',
    at: row.at,
    due: row.due,
    planned: row.planned,
    skipped: JSON.parse(row.skipped) as PlanRun['skipped'],
  }));
}

async function listSend({ db, file }: Pick<Store, 'db' | 'file'>, filter: RunFilter): Promise<SendRun[]> {
  let query = db.selectFrom('send_runs').selectAll().orderBy('id', 'desc').limit(filter.limit);
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
  const rows = await query.execute();
  const isOpen = rows.some((row) => row.finished_at === null);
  const living = new Set(isOpen ? findLivingWorkers(file) : []);
  return rows.map((row) => ({
    kind: 'send' as const,
    ...timesOf(row),
    state: row.finished_at !== null ? 'ended' : living.has(row.worker) ? 'running' : 'interrupted',
    ready: row.ready,
    sent: row.sent,
    retry: row.retry,
    failed: row.failed,
    uncertain: row.uncertain,
    skipped: row.skipped,
    recovered: {
      unclaimed: row.recovered_unclaimed,
      uncertain: row.recovered_uncertain,
      resent: row.recovered_resent,
    },
    stopped: row.stopped === null ? null : { cause: row.stopped, message: row.stopped_message ?? '' },
  }));
}

function timesOf(row: {
  id: number;
  started_at: number;
  finished_at: number | null;
  took_ms: number | null;
}) {
  return { id: row.id, startedAt: row.started_at, finishedAt: row.finished_at, tookMs: row.took_ms };
}
