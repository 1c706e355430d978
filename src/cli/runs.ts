import { Argument, type Command, Option } from 'commander';
import { type RunKind, runKinds } from '../store/schema.ts';
import { readCount } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import type { RunDocument, RunLogLine } from './desk.ts';
import { isoWords, oneLine, shortened, table } from './output.ts';

export function addRunsCommands(program: Command, surroundings: Surroundings): void {
  const runs = program.command('runs').description('what ran: ingest, plan and send, with what each came to');

  defineAtDesk(
    runs
      .command('list')
      .description('runs, newest first')
      .addOption(new Option('--kind <kind>', 'only these').choices(runKinds))
      .option('--limit <count>', 'how many of each kind', readCount(1, 10_000), 10),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      // The last of a day first, also where a simulated clock gives all of them one instant.
      const kinds = options.kind ? [options.kind as RunKind] : runKinds.toReversed();
      const listed: RunDocument[] = [];
      for (const kind of kinds) listed.push(...(await desk.runs.list(kind, options.limit as number)));
      listed.sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || b.id - a.id);
      out.answer(listed, () =>
        listed.length === 0
          ? 'Nothing has run yet.'
          : table([
              ['RUN', 'STARTED', 'TOOK', 'CAME TO'],
              ...listed.map((run) => [
                `${run.kind} ${run.id}`,
                isoWords(run.startedAt),
                tookWords(run),
                shortened(sayRun(run), 100),
              ]),
            ]),
      );
    },
  );

  defineAtDesk(
    runs
      .command('show')
      .description('one run with the lines it wrote to the log')
      .addArgument(new Argument('<kind>').choices(runKinds))
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ desk, out }, _options, [kind, id]) => {
      const { run, log } = await desk.runs.show(kind as RunKind, Number(id));
      out.answer({ ...run, log }, () => [
        `The ${run.kind} run ${run.id}, ${isoWords(run.startedAt)}, took ${tookWords(run)}: ${sayRun(run)}`,
        ...(run.kind === 'ingest'
          ? run.problems.map((one) => `  passed over ${one.where}: ${one.message}`)
          : []),
        ...(log.length === 0 ? ['Nothing of its log is kept.'] : ['', ...logLines(log)]),
      ]);
    },
  );
}

/** What a run came to, in a line. */
export function sayRun(run: RunDocument): string {
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

function tookWords({ tookMs }: RunDocument): string {
  return tookMs === null ? '-' : tookMs < 1000 ? `${tookMs} ms` : `${(tookMs / 1000).toFixed(1)} s`;
}

/** In order, and where lines were left out it says so. */
function logLines(lines: readonly RunLogLine[]): string[] {
  let expected = 1;
  return lines.flatMap(({ line, at, level, message, facts }) => {
    const missing = line - expected;
    expected = line + 1;
    const text = `${at.slice(11, 19)}  ${level.padEnd(5)}  ${oneLine(message)}  ${oneLine(JSON.stringify(facts))}`;
    return missing > 0 ? [`… ${missing} lines left out`, text] : [text];
  });
}
