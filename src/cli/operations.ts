import { randomUUID } from 'node:crypto';
import * as systemLookups from 'node:dns/promises';
import type { Command } from 'commander';
import { version } from '../app.ts';
import { actingAs } from '../store/acting.ts';
import { lockWorker } from '../store/worker-lock.ts';
import { define, type Invocation, type Surroundings } from './command.ts';
import { onStop } from './stop.ts';

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

  define(
    program.command('doctor').description('show the settings and check what they lead to'),
    surroundings,
    true,
    async ({ app, out }) => {
      const { formatDoctor, runDoctor } = await import('../doctor.ts');
      const result = await runDoctor({
        config: app.config,
        store: app.store,
        clock: app.clock,
        transport: () => app.transport(),
        lookups: systemLookups,
      });
      out.answer(result, () => formatDoctor(result));
      const failed = result.checks.filter((check) => check.status === 'fail').length;
      if (failed > 0) out.fail(`${failed} of ${result.checks.length} checks failed.`);
    },
  );

  define(
    program.command('serve').description('run the scheduler and the web pages until SIGTERM'),
    surroundings,
    false,
    // What the scheduler and the pages do is not done by whoever started them.
    (invocation) => actingAs({ kind: 'system' }, () => serve(invocation)),
  );
}

/** After the start, when whoever waited for it has been answered. */
const warmAfterMs = 10_000;

async function serve({ app, out }: Invocation): Promise<void> {
  await app.tryMail();
  const [{ pino }, { startScheduler }, { createMetrics }, { startWeb }] = await Promise.all([
    import('pino'),
    import('../scheduler.ts'),
    import('../watch/metrics.ts'),
    import('../web/start.ts'),
  ]);
  const log = pino({ level: app.config.logLevel, base: null }, pino.destination(2));
  const { config } = app;
  // Lets `restore` see us, whatever has become of the database.
  const lock = lockWorker(app.store.file, `serve-${randomUUID()}`);
  const metrics = { ...createMetrics({ ...app, version }), token: config.watch.metricsToken };
  const webhooks = { settings: config.bounces.webhooks, recordReturns: app.recordReturns };
  const web = await startWeb({ ...app, log, metrics, webhooks });
  app.templates.onTaken(() => log.info('the mail templates were changed and are in use'));
  const scheduler = startScheduler(app, log);
  // Loading mjml takes a second or two: better now than when somebody asks for the first mail.
  const warming = setTimeout(() => {
    app.composer().catch((error: unknown) => log.error({ err: error }, 'mails cannot be made'));
  }, warmAfterMs).unref();
  const transport = (await app.transport()).description;
  out.note(`Paperboy ${version} serves http://${config.web.host}:${web.port}`);
  out.note(
    `  mail      ${transport}${config.mail.smtpUrl === null ? ' (no SMTP_URL is set: nothing leaves this machine)' : ''}`,
  );
  out.note(
    `  sources   ${config.sources.enabled.join(', ') || 'none'}, asked at ${config.sources.ingestCron} (UTC)`,
  );
  out.note(`  database  ${config.databaseFile}`);
  await new Promise<void>((resolve) => onStop(resolve));
  log.info('stopping: what is on its way is ended first');
  clearTimeout(warming);
  await web.close();
  await scheduler.stop();
  lock.release();
}
