import type { Command } from 'commander';
import { define, type Surroundings } from './command.ts';

export function addOperationCommands(program: Command, surroundings: Surroundings): void {
  define(
    program
      .command('migrate')
      .description('make the database or bring it up to date; every command does so by itself'),
    surroundings,
    false,
    async ({ app, out }) => {
      const current = app.store.raw.pragma('user_version', { simple: true }) as number;
      out.answer(
        { file: app.store.file, version: current },
        () => `${app.store.file} is up to date (version ${current}).`,
      );
    },
  );
}
