import type { App } from '../../app.ts';
import { iso, systemClock } from '../../clock.ts';
import { type DryRunDeps, readDryRunPage, summariseDryRun, tomorrowAt } from '../../delivery/dry-run.ts';
import { loadMissedForDue } from '../../delivery/missed.ts';
import { createSteeringReader } from '../../delivery/steering.ts';
import { findRun, listRuns } from '../../store/run-history.ts';
import { listRunLogLines } from '../../store/run-logs.ts';
import { runDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { DryRunTold, RunsDesk } from '../desk.ts';

export function localRuns(app: App): RunsDesk {
  const { store } = app;
  return {
    async list(kind, limit) {
      return (await listRuns(store, kind, { limit })).map(runDocument);
    },
    async show(kind, id) {
      const run = await findRun(store, kind, id);
      if (!run) throw new CommandError(`There is no ${kind} run ${id}.`);
      const lines = await listRunLogLines(store.db, kind, id);
      return { run: runDocument(run), log: lines.map(({ at, ...line }) => ({ ...line, at: iso(at) })) };
    },
    dryRun: (given) => dryRun(app, given),
  };
}

async function dryRun(
  app: App,
  { until: given, limit, onProgress }: Parameters<RunsDesk['dryRun']>[0],
): Promise<DryRunTold> {
  // --at says until when; what is due before that is planned when it is due, from the real now on.
  const now = systemClock.now();
  const until = given === null ? tomorrowAt(now, app.config.digest.timezone) : Date.parse(given);
  const candidates = await app.candidates(until);
  const missed = await loadMissedForDue(app.store.db, candidates, until);
  try {
    const deps: DryRunDeps = {
      db: app.store.db,
      candidates,
      missed,
      hashAddress: app.hashAddress,
      readSteering: createSteeringReader(candidates),
      now: Math.min(now, until),
      until,
    };
    const { digests } = await readDryRunPage(deps, { after: null, limit });
    const { done: _, ...summary } = await summariseDryRun(deps, {
      onProgress: ({ done, due }) => onProgress(done, due),
    });
    const first = digests.map(({ dueAt, papers, ...one }) => ({
      ...one,
      dueAt: iso(dueAt),
      papers: papers.map(({ key, title }) => ({ key, title })),
    }));
    return { until: iso(until), summary, first };
  } finally {
    missed?.close();
    candidates.close();
  }
}
