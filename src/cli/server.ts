import { type Command, Option } from 'commander';
import { UsageError } from './usage.ts';

/** Commands that can also be done by a Paperboy that runs elsewhere. */
const elsewhere = new WeakSet<Command>();

/** Says of a command that `--server` may lead it to another Paperboy; the option may stand after its name, too. */
export function worksElsewhere(command: Command): void {
  elsewhere.add(command);
  command.addOption(serverOption().hideHelp());
}

export function serverOption(): Option {
  return new Option(
    '--server <url>',
    'do it at the Paperboy that is served there, as the token in PAPERBOY_TOKEN may; also PAPERBOY_SERVER',
  );
}

/**
 * The address of the Paperboy that a command is for, as given; null: this one. Read from the environment itself and not
 * from .env: the file beside a database must not lead its own `serve` elsewhere.
 */
export function serverOf(command: Command, env: NodeJS.ProcessEnv): string | null {
  const given = command.optsWithGlobals().server as string | undefined;
  return (given ?? env.PAPERBOY_SERVER)?.trim() || null;
}

/** Throws UsageError for a command that works on its own machine alone and is told to work elsewhere. */
export function refuseElsewhere(command: Command, env: NodeJS.ProcessEnv): void {
  if (elsewhere.has(command) || serverOf(command, env) === null) return;
  const words: string[] = [];
  for (let one: Command | null = command; one?.parent; one = one.parent) words.unshift(one.name());
  const why = command.optsWithGlobals().server === undefined ? 'unset PAPERBOY_SERVER' : 'leave --server out';
  throw new UsageError(
    `\`paperboy ${words.join(' ')}\` works on this machine alone: ${why}, or run it where Paperboy runs`,
  );
}
