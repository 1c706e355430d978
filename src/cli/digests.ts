import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { PlanReport } from '../delivery/plan.ts';
import type { SendReport } from '../delivery/run.ts';
import { readHeaders } from '../mail/open-message.ts';
import { runIngest, runPlan, runRank, runSend, runWatch } from '../stages.ts';
import { describeSuppression } from '../subscribers/suppressed.ts';
import type { Log } from '../watch/log-lines.ts';
import { readCount, readDate } from './arguments.ts';
import { CommandError, define, defineAtDesk, type Invocation, type Surroundings } from './command.ts';
import { tellDryRun } from './dry-run.ts';
import { explainLines } from './explain.ts';
import { ingestDocument, ingestLines, tellIngestFailures } from './ingest.ts';
import { findSubscriberOrFail } from './local/find-subscriber.ts';
import { withLook } from './local/with-look.ts';
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

  define(
    program
      .command('preview')
      .description("one subscriber's digest as it was frozen, or as it would be now")
      .argument('<email>')
      .option('--out <file>', 'where to: .html, .txt or .eml; stdout shows headers and text when not given')
      .option('--html', 'show the HTML instead of the text')
      .option('--spam', 'have SpamAssassin score it, where that is installed'),
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

  define(
    program
      .command('send-test')
      .description("send one subscriber's digest as it would be now, marked as a test and recorded nowhere")
      .argument('<email>'),
    surroundings,
    true,
    sendTest,
  );
}

async function preview(
  { app, out }: Invocation,
  options: Record<string, unknown>,
  [email]: string[],
): Promise<void> {
  await withLook(app, await findSubscriberOrFail(app, email ?? ''), async (look) => {
    if (!look.digest)
      throw new CommandError(
        `${look.subscriber.email} gets no digest on ${look.edition.date}; \`paperboy explain\` says why.`,
      );
    const mail = (await app.renderer())(look.digest);
    const message = await (await app.composer())(look.addressed, look.digest);
    const file = options.out as string | undefined;
    if (file) writeOrFail(file, { '.html': mail.html, '.txt': mail.text, '.eml': message.raw });
    const bytes = Buffer.byteLength(mail.html);
    const headers = readHeaders(message.raw);
    const spam = options.spam ? await (await import('./spam-score.ts')).estimateSpam(message.raw) : null;
    if (spam?.ok === false) out.note(`No spam score: ${spam.message}.`);
    out.answer(
      {
        editionDate: look.edition.date,
        frozen: look.delivery !== null,
        subject: mail.subject,
        preheader: mail.preheader,
        headers,
        messageBytes: message.raw.length,
        htmlBytes: bytes,
        textBytes: Buffer.byteLength(mail.text),
        ...(spam ? { spam } : {}),
        html: mail.html,
        text: mail.text,
        papers: look.digest.papers.map(({ paper }) => ({ key: paper.key, title: paper.title })),
      },
      () =>
        file
          ? [
              `Wrote ${file}: "${mail.subject}", ${counted(look.digest?.papers.length ?? 0, 'paper')}, ${bytes.toLocaleString('en')} bytes of HTML.`,
              ...spamLines(spam),
            ]
          : [
              ...headers.map(
                ({ name, value }) => `${name}: ${oneLine(name === 'Subject' ? mail.subject : value)}`,
              ),
              '',
              options.html ? mail.html : mail.text,
              `-- ${counted(message.raw.length, 'byte')} in all, ${bytes.toLocaleString('en')} of HTML, ${Buffer.byteLength(mail.text).toLocaleString('en')} of text.`,
              ...spamLines(spam),
            ],
    );
  });
}

function spamLines(spam: SpamEstimate | null): string[] {
  if (!spam?.ok) return [];
  return [
    `-- Spam score ${spam.score} by SpamAssassin without the network; 5 is spam. ${spam.rules.join(' ')}`,
  ];
}

/** Writes what the file's name asks for. Throws CommandError. */
function writeOrFail(file: string, contents: Record<string, string | Buffer>): void {
  const content = contents[extname(file).toLowerCase()];
  if (content === undefined)
    throw new CommandError(`${file} is named like none of ${Object.keys(contents).join(', ')}.`);
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new CommandError(`${file} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

async function sendTest(
  { app, out }: Invocation,
  _options: Record<string, unknown>,
  [email]: string[],
): Promise<void> {
  await withLook(app, await findSubscriberOrFail(app, email ?? ''), async (look) => {
    const { subscriber, suppression } = look;
    if (subscriber.status !== 'active')
      throw new CommandError(`${subscriber.email} is ${subscriber.status} and gets no mail.`);
    if (suppression)
      throw new CommandError(`${subscriber.email} must not be mailed (${describeSuppression(suppression)}).`);
    if (!look.digest)
      throw new CommandError(
        `${subscriber.email} would get no digest on ${look.edition.date}; \`paperboy explain\` says why.`,
      );
    // A Message-ID of its own: mail programs would otherwise take the real one for a copy.
    const messageId = look.addressed.messageId.replace('<', `<test-${Date.now().toString(36)}-`);
    const message = await (await app.composer())({ ...look.addressed, messageId }, look.digest, '[Test] ');
    const transport = await app.transport();
    const outcome = await transport.send(message);
    const reply = outcome.reply.text;
    out.answer({ outcome: outcome.kind, reply, messageId, to: message.to }, () =>
      outcome.kind === 'sent' ? `Sent to ${message.to} through ${transport.description}: ${reply}` : '',
    );
    if (outcome.kind !== 'sent') out.fail(`Not sent (${outcome.kind}, ${outcome.reply.phase}): ${reply}`);
  });
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
