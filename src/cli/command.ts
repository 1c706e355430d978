import { type Command, CommanderError } from 'commander';
import { type App, type AppOptions, openApp } from '../app.ts';
import { fixedClock, systemClock } from '../clock.ts';
import { actingAs } from '../store/acting.ts';
import { explainSqliteFailure } from '../store/sqlite-failure.ts';
import { StoreError } from '../store/store.ts';
import { readInstant } from './arguments.ts';
import type { Desk } from './desk.ts';
import { createOutput, type Output, type Streams } from './output.ts';
import { serverOf, worksElsewhere } from './server.ts';
import { UsageError } from './usage.ts';

/** What a command cannot do, said to whoever typed it: exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError';
}

export interface Surroundings extends Streams {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Where `-` reads from. */
  stdin?: AsyncIterable<Uint8Array>;
  /** Lets time pass before something is tried again. */
  wait?: (ms: number) => Promise<void>;
}

/** What a command's action gets. */
export interface Invocation {
  app: App;
  out: Output;
  surroundings: Surroundings;
}

/** What the action of a command gets that works here and elsewhere. */
export interface DeskInvocation extends Omit<Invocation, 'app'> {
  desk: Desk;
  /** Null where the work is done elsewhere. */
  app: App | null;
}

type Options = Record<string, unknown>;

/** Errors of the runtime and of bugs: their stack is what whoever mends them needs. */
const bugs = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'AssertionError',
  'SqliteError',
]);

interface Opening extends Pick<AppOptions, 'acceptKey'> {
  /** The exit code when an error ends the command, for who reads more out of it; 1 when absent. */
  errorCode?: (args: string[]) => number;
}

type Act<Given> = (given: Given, options: Options, args: string[]) => Promise<void>;

/** Gives a command `--json`, and `--at` where a clock matters, and the frame its action runs in. */
export function define(
  command: Command,
  surroundings: Surroundings,
  clockMatters: boolean,
  act: Act<Invocation>,
  opening: Opening = {},
): Command {
  return frame(command, surroundings, { clockMatters, ...opening }, async (run) => {
    await withApp(surroundings, run, opening, (app) =>
      act({ app, out: run.out, surroundings }, run.options, run.args),
    );
  });
}

/** As `define`, for a command that does the same here and at a Paperboy that runs elsewhere. */
export function defineAtDesk(
  command: Command,
  surroundings: Surroundings,
  clockMatters: boolean,
  act: Act<DeskInvocation>,
  /** Whether --at tells something else than the clock. */
  { atIsNoClock = () => false }: { atIsNoClock?: (options: Options) => boolean } = {},
): Command {
  worksElsewhere(command);
  return frame(command, surroundings, { clockMatters }, async (run) => {
    const { out, options, args } = run;
    const server = serverOf(command, surroundings.env);
    if (server === null) {
      const { openLocalDesk } = await import('./local/desk.ts');
      await withApp(surroundings, run, {}, (app) =>
        act({ desk: openLocalDesk(app), app, out, surroundings }, options, args),
      );
      return;
    }
    if (options.at !== undefined && !atIsNoClock(options))
      throw new UsageError("--at is for this machine alone: elsewhere the server's own clock counts");
    const { openRemoteDesk } = await import('./remote/desk.ts');
    await act({ desk: openRemoteDesk(server, surroundings), app: null, out, surroundings }, options, args);
  });
}

/** One run of a command. */
interface Run {
  out: Output;
  options: Options;
  args: string[];
  /** The database that was opened, for what is told when it fails. */
  file: string | null;
}

function frame(
  command: Command,
  surroundings: Surroundings,
  { clockMatters, errorCode }: { clockMatters: boolean } & Opening,
  act: (run: Run) => Promise<void>,
): Command {
  command.option('--json', 'print one JSON document on stdout and nothing else there');
  if (clockMatters)
    command.option(
      '--at <instant>',
      'the clock of this command, an ISO instant such as 2026-06-22T08:00:00Z',
      readInstant,
    );
  return command.action(async (...given: unknown[]) => {
    const options = command.opts() as Options;
    const args = given.slice(0, -2).flat() as string[];
    const out = createOutput(options.json === true, surroundings);
    const run: Run = { out, options, args, file: null };
    let failureCode = 1;
    try {
      await act(run);
    } catch (error) {
      if (error instanceof CommanderError) throw error;
      tellError(out, error, run.file);
      failureCode = errorCode?.(args) ?? 1;
    }
    if (out.failures > 0) process.exitCode = failureCode;
  });
}

async function withApp(
  surroundings: Surroundings,
  run: Run,
  { acceptKey }: Opening,
  act: (app: App) => Promise<void>,
): Promise<void> {
  const at = run.options.at as number | undefined;
  const app = await openApp({
    env: surroundings.env,
    cwd: surroundings.cwd,
    clock: at === undefined ? systemClock : fixedClock(at),
    ...(acceptKey === undefined ? {} : { acceptKey }),
  });
  run.file = app.store.file;
  try {
    for (const warning of app.config.warnings) run.out.note(`warning: ${warning}`);
    await actingAs({ kind: 'cli' }, () => act(app));
  } finally {
    await app.close();
  }
}

/**
 * Says what ended a command: an error of ours by its message, one of the database `file` with what to do, and a
 * bug with its stack.
 */
export function tellError(out: Output, error: unknown, file: string | null = null): void {
  const { name, message, stack } = error as Error;
  const failure = error instanceof StoreError ? null : explainSqliteFailure(error, file);
  const told = failure
    ? `${failure.wrong} ${failure.remedy} What was committed before stays; the command can be run again.`
    : message;
  if (out.json) out.answer({ error: { name, message: told } }, () => '');
  out.fail(!failure && bugs.has(name) ? `Paperboy failed unexpectedly. ${stack}` : told);
}
