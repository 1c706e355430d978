import type { Command } from 'commander';
import { countSuppressions } from '../store/suppressions.ts';
import { define, type Surroundings } from './command.ts';
import { counted } from './output.ts';

export function addRekeyCommand(program: Command, surroundings: Surroundings): void {
  define(
    program
      .command('rekey')
      .description(
        'go on with another secret key when the old one is lost: suppressions made with it match nobody any more',
      ),
    surroundings,
    false,
    async ({ app, out }) => {
      const standing = (await countSuppressions(app.store.db)).reduce((sum, { count }) => sum + count, 0);
      out.answer({ suppressions: standing }, () => [
        `The database goes on with the secret key of ${app.config.secretKeyFile ?? 'SECRET_KEY'}.`,
        ...(standing === 0
          ? []
          : [
              `${counted(standing, 'suppression')} may have been made with another key and then match nobody: import your list of addresses again with \`paperboy suppressions import\`.`,
            ]),
      ]);
    },
    { acceptKey: true },
  );
}
