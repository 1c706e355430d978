import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { PlanReport } from '../delivery/plan.ts';
import type { SendReport } from '../delivery/run.ts';
import { runIngest, runPlan, runRank, runSend, runWatch } from '../stages.ts';
import { describeSuppression } from '../subscribers/suppressed.ts';
import type { Log } from '../watch/log-lines.ts';
import { readCount, readDate } from './arguments.ts';
import { CommandError, type DeskInvocation, define, defineAtDesk, type Surroundings } from './command.ts';
import { tellDryRun } from './dry-run.ts';
import { explainLines } from './explain.ts';
import { ingestDocument, ingestLines, tellIngestFailures } from './ingest.ts';
import { openCommandLog } from './log.ts';
import { counted, type Output, oneLine } from './output.ts';
import type { SpamEstimate } from './spam-score.ts';
import { onStop } from './stop.ts';
import { UsageError } from './usage.ts';
import { whyDocument, whyLines } from './why.ts';

export function addDigestCommands(program: Command, surroundings: Surroundings): void {
  define(
    program
      .command('run')
      .description('ingest, plan the digests that are due, send them; the whole day of a paper once')
      .option('--no-ingest', 'do not ask the sources'),
    surroundings,
    true,
    async ({ app, out }, options) => {
      const log = await openCommandLog(app.config, surroundings);
      await app.tryMail();
      const ingested =
        options.ingest === false
          ? null
          : await runIngest(app, log, { onProgress: out.progress('Ingesting') });
      const planned = await runPlan(app, log, out.progress('Planning'));
      const sent = await sendUntilSignal(app, log, out, undefined);
      // The pages come after the mail.
      await runRank(app, log);
      // Where a cron calls us, nobody else looks after how things go.
      const told = await runWatch(app, log);
      const transport = (await app.transport()).description;
      out.answer(
        {
          ...(ingested ? { ingest: ingestDocument(ingested) } : {}),
          plan: planDocument(planned),
          send: sendDocument(sent),
        },
        () => [...(ingested ? ingestLines(ingested) : []), planLine(planned), sendLine(sent, transport)],
      );
      tellIngestFailures(ingested ?? [], out);
      tellSendFailures(sent, out);
      if (told === 'failed')
        out.note('The admin could not be told of what is wrong: `paperboy alerts list` shows it.');
    },
  );

  defineAtDesk(
    program
      .command('plan')
      .description('choose and freeze the papers of every digest that is due')
      .option(
        '--dry-run',
        'plan nothing: tell who would get what until the instant of --at, or else tomorrow at 08:00',
      )
      .option('--limit <count>', 'with --dry-run: tell of so many subscribers', readCount(1, 10_000), 20),
    surroundings,
    true,
    async ({ desk, app, out }, options) => {
      if (options.dryRun) {
        const until = (options.at as number | undefined) ?? null;
        return await tellDryRun(desk, out, { until, limit: options.limit as number });
      }
      if (!app) throw new UsageError('`paperboy plan` works on this machine alone, but for --dry-run');
      const log = await openCommandLog(app.config, surroundings);
      const report = await runPlan(app, log, out.progress('Planning'));
      out.answer(planDocument(report), () => planLine(report));
    },
    { atIsNoClock: (options) => options.dryRun === true },
  );

  define(
    program
      .command('send')
      .description('send the planned digests whose time has come')
      .option('--limit <count>', 'at most so many', readCount(1, 10_000_000)),
    surroundings,
    true,
    async ({ app, out }, options) => {
      const log = await openCommandLog(app.config, surroundings);
      const report = await sendUntilSignal(app, log, out, options.limit as number | undefined);
      const transport = (await app.transport()).description;
      out.answer(sendDocument(report), () => sendLine(report, transport));
      tellSendFailures(report, out);
    },
  );

  defineAtDesk(
    program
      .command('preview')
      .description("one subscriber's digest as it was frozen, or as it would be now")
      .argument('<email>')
      .option('--out <file>', 'where to: .html, .txt or .eml; stdout shows headers and text when not given')
      .option('--html', 'show the HTML instead of the text')
      .option('--spam', 'have SpamAssassin score it, where that is installed on this machine'),
    surroundings,
    true,
    preview,
  );

  defineAtDesk(
    program
      .command('explain')
      .description('which papers are in a digest and which just missed, and why; or why there is no digest')
      .argument('<email>')
      .option(
        '--date <date>',
        'what became of the digest of this day of theirs, such as 2026-06-23, and why',
        readDate,
      ),
    surroundings,
    true,
    async ({ desk, out }, options, [email = '']) => {
      if (options.date) {
        const why = await desk.subscribers.why(email, options.date as string);
        out.answer(whyDocument(why), () => whyLines(why));
        return;
      }
      const told = await desk.subscribers.explain(email);
      out.answer(told, () => explainLines(told, desk.now()));
    },
  );

  defineAtDesk(
    program
      .command('send-test')
      .description(
        "send one subscriber's digest as it would be now, marked as a test that counts as no digest",
      )
      .argument('<email>'),
    surroundings,
    true,
    sendTest,
  );
}

async function preview(
  { desk, out }: DeskInvocation,
  options: Record<string, unknown>,
  [email = '']: string[],
): Promise<void> {
  const { mail, read } = await desk.mails.preview(email);
  const { date, deliveryId, subject, preheader, headers, bytes, html, text, papers } = mail;
  const file = options.out as string | undefined;
  if (file) await writeOrFail(file, { '.html': async () => html, '.txt': async () => text, '.eml': read });
  const spam = options.spam ? await (await import('./spam-score.ts')).estimateSpam(await read()) : null;
  if (spam?.ok === false) out.note(`No spam score: ${spam.message}.`);
  out.answer(
    {
      editionDate: date,
      frozen: deliveryId !== null,
      ...{ subject, preheader, headers },
      ...{ messageBytes: bytes.message, htmlBytes: bytes.html, textBytes: bytes.text },
      ...(spam ? { spam } : {}),
      ...{ html, text, papers },
    },
    () =>
      file
        ? [
            `Wrote ${file}: "${subject}", ${counted(papers.length, 'paper')}, ${bytes.html.toLocaleString('en')} bytes of HTML.`,
            ...spamLines(spam),
          ]
        : [
            ...headers.map(({ name, value }) => `${name}: ${oneLine(name === 'Subject' ? subject : value)}`),
            '',
            options.html ? html : text,
            `-- ${counted(bytes.message, 'byte')} in all, ${bytes.html.toLocaleString('en')} of HTML, ${bytes.text.toLocaleString('en')} of text.`,
            ...spamLines(spam),
          ],
  );
}

function spamLines(spam: SpamEstimate | null): string[] {
  if (!spam?.ok) return [];
  return [
    `-- Spam score ${spam.score} by SpamAssassin without the network; 5 is spam. ${spam.rules.join(' ')}`,
  ];
}

/** Writes what the file's name asks for. Throws CommandError. */
async function writeOrFail(
  file: string,
  contents: Record<string, () => Promise<string | Buffer>>,
): Promise<void> {
  const read = contents[extname(file).toLowerCase()];
  if (read === undefined)
    throw new CommandError(`${file} is named like none of ${Object.keys(contents).join(', ')}.`);
  const content = await read();
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new CommandError(`${file} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

async function sendTest(
  { desk, out }: DeskInvocation,
  _options: Record<string, unknown>,
  [given = '']: string[],
): Promise<void> {
  const { subscriber, suppressed } = await desk.subscribers.show(given);
  const { email, status } = subscriber;
  if (status !== 'active') throw new CommandError(`${email} is ${status} and gets no mail.`);
  if (suppressed) {
    const { reason, since } = suppressed;
    const why = describeSuppression({ reason, createdAt: Date.parse(since) });
    throw new CommandError(`${email} must not be mailed (${why}).`);
  }
  const { to, through, reply, messageId } = await desk.mails.sendTest(email, email);
  out.answer({ outcome: 'sent', reply, messageId, to }, () => `Sent to ${to} through ${through}: ${reply}`);
}

/** Sends; being told to stop ends it after what is on its way. */
async function sendUntilSignal(
  app: App,
  log: Log,
  out: Output,
  limit: number | undefined,
): Promise<SendReport> {
  const stop = new AbortController();
  const unwatch = onStop(() => stop.abort());
  try {
    return await runSend(app, log, {
      signal: stop.signal,
      onProgress: out.progress('Sending'),
      ...(limit === undefined ? {} : { limit }),
    });
  } finally {
    unwatch();
  }
}

function planDocument({ planRunId, due, planned, skipped }: PlanReport) {
  return { planRunId, due, planned, skipped };
}

function sendDocument({ sent, retry, failed, uncertain, skipped, recovered, stopped }: SendReport) {
  return { sent, retry, failed, uncertain, skipped, recovered, stopped };
}

export function planLine({ due, planned, skipped }: PlanReport): string {
  if (due === 0) return 'Planned   nobody is due.';
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} skipped (${reason})`);
  return `Planned   ${[`${due} due`, counted(planned, 'digest'), ...reasons].join(', ')}.`;
}

export function sendLine(report: SendReport, transport: string): string {
  const { sent, retry, failed, uncertain, skipped } = report;
  const rest = Object.entries({ 'to retry': retry, failed, uncertain, skipped }).filter(
    ([, count]) => count > 0,
  );
  if (sent + retry + failed + uncertain + skipped === 0) return 'Sent      nothing was waiting.';
  const parts = [`${sent} sent to ${transport}`, ...rest.map(([name, count]) => `${count} ${name}`)];
  return `Sent      ${parts.join(', ')}.`;
}

export function tellSendFailures(report: SendReport, out: Output): void {
  if (report.recovered.uncertain > 0)
    out.fail(
      `${counted(report.recovered.uncertain, 'delivery', 'deliveries')} of a process that died may or may not have been accepted: \`paperboy deliveries list --status uncertain\`.`,
    );
  if (report.failed > 0)
    out.fail(
      `${counted(report.failed, 'delivery', 'deliveries')} failed: \`paperboy deliveries list --status failed\` says why.`,
    );
  if (report.uncertain > 0)
    out.fail(
      `${counted(report.uncertain, 'delivery', 'deliveries')} got no reply after the message: \`paperboy deliveries list --status uncertain\`.`,
    );
  if (report.retry > 0)
    out.note(
      `${counted(report.retry, 'delivery', 'deliveries')} will be tried again later, as the mail server asked.`,
    );
  if (report.stopped?.cause === 'signal') out.note('Stopped as asked; what is left is sent the next time.');
  else if (report.stopped)
    out.fail(
      `Sending stopped (${report.stopped.cause}): ${report.stopped.message}. What is left stays in the queue.`,
    );
}
