import { CommanderError } from 'commander';

/** What was typed makes no sense; found by a command itself and not by commander. Exit code 2. */
export class UsageError extends CommanderError {
  constructor(message: string) {
    super(2, 'paperboy.usage', message);
    this.name = 'UsageError';
  }
}

/** Whether the words of a command ask for a JSON document, even where commander could not read them. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** A usage error as a document; commander's own messages lose the `error: ` they are printed with. */
export function usageDocument(error: CommanderError) {
  const shown = error.code === 'commander.help' ? 'A command is missing.' : error.message;
  return { error: { name: 'UsageError', message: shown.replace(/^error: /, '') } };
}
