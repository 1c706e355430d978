import { Command, CommanderError } from 'commander';
import { addAdminsCommands } from './admins.ts';
import { addAlertsCommands } from './alerts.ts';
import { addAuditCommands } from './audit.ts';
import { addBackupCommands } from './backup.ts';
import { addBouncesCommands } from './bounces.ts';
import type { Surroundings } from './command.ts';
import { addDeliveriesCommands } from './deliveries.ts';
import { addDemoCommand } from './demo.ts';
import { addDigestCommands } from './digests.ts';
import { addDkimCommands } from './dkim.ts';
import { addDomainsCommands } from './domains.ts';
import { addOperationCommands } from './operations.ts';
import { addPapersCommands } from './papers.ts';
import { addRekeyCommand } from './rekey.ts';
import { addRunsCommands } from './runs.ts';
import { refuseElsewhere, serverOption } from './server.ts';
import { addSubscribersCommands } from './subscribers.ts';
import { addSuppressionsCommands } from './suppressions.ts';
import { addTemplatesCommands } from './templates.ts';
import { addTokensCommands } from './tokens.ts';
import { addTopicsCommands } from './topics.ts';
import { asksForJson, UsageError, usageDocument } from './usage.ts';

const description = `Trending research papers in people's inboxes, once a day.

  paperboy ingest                     read papers from the sources
  paperboy subscribers add EMAIL …    who gets mail, when, about what
  paperboy run                        ingest, plan what is due, send it
  paperboy serve                      do so by itself, all day, with a small web page

Settings come from the environment and from .env; \`paperboy doctor\` shows and checks them.

With --server, these work at a Paperboy that runs elsewhere: papers, topics, subscribers, preview, explain,
send-test, deliveries, runs, plan --dry-run, bounces list and show, suppressions and audit. PAPERBOY_TOKEN holds a
token that \`paperboy tokens add\` made there; it is read from the environment alone, and goes over http:// to this
machine alone unless PAPERBOY_INSECURE=1.`;

/** The command line as a whole. `run` resolves to the exit code: 0 done, 1 something failed, 2 wrong usage. */
export function createProgram(
  surroundings: Surroundings,
  version: string,
): { run(args: string[]): Promise<number> } {
  const program = new Command('paperboy')
    .description(description)
    .version(version)
    .addOption(serverOption())
    .hook('preAction', (_program, command) => refuseElsewhere(command, surroundings.env))
    // Otherwise -V would be found in a query such as -Vision.
    .enablePositionalOptions()
    .showHelpAfterError('(paperboy help COMMAND tells more)')
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .exitOverride();
  addOperationCommands(program, surroundings);
  addPapersCommands(program, surroundings);
  addTopicsCommands(program, surroundings);
  addSubscribersCommands(program, surroundings);
  addDigestCommands(program, surroundings);
  addDeliveriesCommands(program, surroundings);
  addRunsCommands(program, surroundings);
  addAlertsCommands(program, surroundings);
  addDomainsCommands(program, surroundings);
  addBouncesCommands(program, surroundings);
  addSuppressionsCommands(program, surroundings);
  addAdminsCommands(program, surroundings);
  addTokensCommands(program, surroundings);
  addAuditCommands(program, surroundings);
  addRekeyCommand(program, surroundings);
  addBackupCommands(program, surroundings);
  addDkimCommands(program, surroundings);
  addTemplatesCommands(program, surroundings);
  addDemoCommand(program, surroundings);
  return {
    async run(args) {
      try {
        await program.parseAsync(args, { from: 'user' });
        return Number(process.exitCode ?? 0);
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        // Help and the version end the program too, with 0.
        if (error.exitCode === 0) return 0;
        // Commander has told its own already.
        if (error instanceof UsageError) surroundings.stderr.write(`error: ${error.message}\n`);
        if (asksForJson(args))
          surroundings.stdout.write(`${JSON.stringify(usageDocument(error), null, 2)}\n`);
        return 2;
      }
    },
  };
}
