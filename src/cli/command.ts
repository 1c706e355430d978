import { type Command, CommanderError } from 'commander';
import { type App, type AppOptions, openApp } from '../app.ts';
import { fixedClock, systemClock } from '../clock.ts';
import { actingAs } from '../store/acting.ts';
import { explainSqliteFailure } from '../store/sqlite-failure.ts';
import { StoreError } from '../store/store.ts';
import { readInstant } from './arguments.ts';
import { createOutput, type Output, type Streams } from './output.ts';

/** What a command cannot do, said to whoever typed it: exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError';
}

export interface Surroundings extends Streams {
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** What a command's action gets. */
export interface Invocation {
  app: App;
  out: Output;
  surroundings: Surroundings;
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

/** Gives a command `--json`, and `--at` where a clock matters, and the frame its action runs in. */
export function define(
  command: Command,
  surroundings: Surroundings,
  clockMatters: boolean,
  act: (invocation: Invocation, options: Options, args: string[]) => Promise<void>,
  opening: Opening = {},
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
    let app: App | null = null;
    let failureCode = 1;
    try {
      const at = options.at as number | undefined;
      app = await openApp({
        env: surroundings.env,
        cwd: surroundings.cwd,
        clock: at === undefined ? systemClock : fixedClock(at),
        ...(opening.acceptKey === undefined ? {} : { acceptKey: opening.acceptKey }),
      });
      for (const warning of app.config.warnings) out.note(`warning: ${warning}`);
      const invocation = { app, out, surroundings };
      await actingAs({ kind: 'cli' }, () => act(invocation, options, args));
    } catch (error) {
      if (error instanceof CommanderError) throw error;
      tellError(out, error, app?.store.file);
      failureCode = opening.errorCode?.(args) ?? 1;
    } finally {
      await app?.close();
    }
    if (out.failures > 0) process.exitCode = failureCode;
  });
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
