import { Argument, type Command, Option } from 'commander';
import { findRun, listRuns, type RunsOf } from '../store/run-history.ts';
import { listRunLogLines, type RunLogLine } from '../store/run-logs.ts';
import { type RunKind, runKinds } from '../store/schema.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { instantWords, oneLine, shortened, table } from './output.ts';

type AnyRun = RunsOf[RunKind];

export function addRunsCommands(program: Command, surroundings: Surroundings): void {
  const runs = program.command('runs').description('what ran: ingest, plan and send, with what each came to');

  define(
    runs
      .command('list')
      .description('runs, newest first')
      .addOption(new Option('--kind <kind>', 'only these').choices(runKinds))
      .option('--limit <count>', 'how many of each kind', readCount(1, 10_000), 10),
    surroundings,
    false,
    async ({ app, out }, options) => {
      // The last of a day first, also where a simulated clock gives all of them one instant.
      const kinds = options.kind ? [options.kind as RunKind] : runKinds.toReversed();
      const listed: AnyRun[] = [];
      for (const kind of kinds)
        listed.push(...(await listRuns(app.store, kind, { limit: options.limit as number })));
      listed.sort((a, b) => b.startedAt - a.startedAt || b.id - a.id);
      out.answer(listed.map(runDocument), () =>
        listed.length === 0
          ? 'Nothing has run yet.'
          : table([
              ['RUN', 'STARTED', 'TOOK', 'CAME TO'],
              ...listed.map((run) => [
                `${run.kind} ${run.id}`,
                instantWords(run.startedAt),
                tookWords(run),
                shortened(sayRun(run), 100),
              ]),
            ]),
      );
    },
  );

  define(
    runs
      .command('show')
      .description('one run with the lines it wrote to the log')
      .addArgument(new Argument('<kind>').choices(runKinds))
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ app, out }, _options, [kind, id]) => {
      const run = await findRun(app.store, kind as RunKind, Number(id));
      if (!run) throw new CommandError(`There is no ${kind} run ${id}.`);
      const lines = await listRunLogLines(app.store.db, run.kind, run.id);
      const log = lines.map(({ at, ...line }) => ({ ...line, at: new Date(at).toISOString() }));
      out.answer({ ...runDocument(run), log }, () => [
        `The ${run.kind} run ${run.id}, ${instantWords(run.startedAt)}, took ${tookWords(run)}: ${sayRun(run)}`,
        ...(run.kind === 'ingest'
          ? run.problems.map((one) => `  passed over ${one.where}: ${one.message}`)
          : []),
        ...(lines.length === 0 ? ['Nothing of its log is kept.'] : ['', ...logLines(lines)]),
      ]);
    },
  );
}

/** What a run came to, in a line. */
export function sayRun(run: AnyRun): string {
  if (run.state !== 'ended') return run.state === 'running' ? 'under way' : 'interrupted: its process ended';
  switch (run.kind) {
    case 'ingest':
      return `${run.source} ${run.status}: ${[
        `${run.records} records`,
        `${run.newPapers} new`,
        `${run.changedPapers} changed`,
        ...(run.rejected > 0 ? [`${run.rejected} passed over`] : []),
        ...(run.error === null ? [] : [oneLine(run.error)]),
      ].join(', ')}`;
    case 'plan':
      return [
        `${run.due} due`,
        `${run.planned} planned`,
        ...Object.entries(run.skipped).map(([reason, count]) => `${count} skipped (${reason})`),
      ].join(', ');
    case 'send':
      return [
        ...(['sent', 'retry', 'failed', 'uncertain', 'skipped'] as const)
          .filter((count) => count === 'sent' || run[count] > 0)
          .map((count) => `${run[count]} ${count === 'retry' ? 'to retry' : count}`),
        ...(run.stopped ? [`stopped (${run.stopped.cause}): ${oneLine(run.stopped.message)}`] : []),
      ].join(', ');
  }
}

function runDocument(run: AnyRun) {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    ...run,
    startedAt: iso(run.startedAt),
    finishedAt: iso(run.finishedAt),
    ...(run.kind === 'plan' ? { at: iso(run.at) } : {}),
  };
}

function tookWords({ tookMs }: AnyRun): string {
  return tookMs === null ? '-' : tookMs < 1000 ? `${tookMs} ms` : `${(tookMs / 1000).toFixed(1)} s`;
}

/** In order, and where lines were left out it says so. */
function logLines(lines: readonly RunLogLine[]): string[] {
  let expected = 1;
  return lines.flatMap(({ line, at, level, message, facts }) => {
    const missing = line - expected;
    expected = line + 1;
    const text = `${new Date(at).toISOString().slice(11, 19)}  ${level.padEnd(5)}  ${oneLine(message)}  ${oneLine(JSON.stringify(facts))}`;
    return missing > 0 ? [`… ${missing} lines left out`, text] : [text];
  });
}
