import type { TemplatesState } from '../digest/follow-templates.ts';
import { tellPlace } from '../digest/template-files.ts';
import type { StopCause } from '../mail/transport.ts';
import { endAlert, listAlerts, raiseAlert } from '../store/alerts.ts';
import type { Db } from '../store/store.ts';
import { writeMessage } from './alert-mail.ts';
import { type Log, withoutAddresses } from './log-lines.ts';
import { stamp, type Trouble } from './troubles.ts';

/** Causes that somebody raises and ends; the others stand as long as the facts say so. */
export const isReported = (cause: string) =>
  /^(?:sending_stopped:|stage_failed:|templates_refused$)/.test(cause);

/** Keeps that it stands; says so in the log when it did not before. */
export async function raise(db: Db, trouble: Trouble, now: number, log: Log): Promise<void> {
  if (await raiseAlert(db, trouble.cause, writeMessage(trouble), now))
    log.warn({ cause: trouble.cause, more: trouble.command }, trouble.headline);
}

/** Keeps that it does not stand any more. */
export async function end(db: Db, cause: string, now: number, log: Log): Promise<void> {
  if (await endAlert(db, cause, now)) log.info({ cause }, 'well again');
}

interface Report {
  db: Db;
  now: number;
  log: Log;
}

/** Notes that sending was cut short, or that it was not. */
export async function noteSending(
  { db, now, log }: Report,
  stopped: { cause: StopCause | 'unavailable' | 'signal'; message: string } | null,
): Promise<void> {
  if (stopped?.cause === 'signal') return;
  const cause = stopped && `sending_stopped:${stopped.cause}`;
  if (stopped && cause) await raise(db, { cause, ...tellStop(stopped.cause, stopped.message) }, now, log);
  for (const one of await listAlerts(db, { standing: true }))
    if (one.cause.startsWith('sending_stopped:') && one.cause !== cause) await end(db, one.cause, now, log);
}

const stopAdvice: Record<string, string> = {
  unreachable: 'See that the mail server runs and that SMTP_URL names it.',
  unavailable: 'The mail server lets nobody in or does not answer: see its log.',
  auth: 'See that user and password in SMTP_URL are right and that the account may send.',
  tls: 'See that the mail server offers TLS with a certificate that is valid for its name.',
  config: 'See that SMTP_URL leads to a mail server and that it may send for MAIL_FROM.',
  policy: 'The mail server or those it hands mail to refuse us: see its log, block lists, SPF and DKIM.',
};

function tellStop(cause: string, message: string): Omit<Trouble, 'cause'> {
  return {
    headline: `Sending stopped (${cause})`,
    lines: [
      `The mail server said: ${withoutAddresses(message)}`,
      `${stopAdvice[cause] ?? ''} What is left stays in the queue and is tried again by itself as long as it is of its day.`,
    ],
    command: 'paperboy doctor',
  };
}

/** Notes that a stage of the scheduler failed with `error`, or (null) that it went well. */
export async function noteStage({ db, now, log }: Report, stage: string, error: unknown): Promise<void> {
  const cause = `stage_failed:${stage}`;
  if (error === null) return await end(db, cause, now, log);
  const message = error instanceof Error ? error.message : String(error);
  const trouble: Trouble = {
    cause,
    headline: `A stage of Paperboy fails: ${stage}`,
    lines: [
      `It said: ${withoutAddresses(message.slice(0, 500))}`,
      'The log has more. It is tried again by itself when its time comes.',
    ],
    command: 'paperboy doctor',
  };
  await raise(db, trouble, now, log);
}

/** Notes why changed templates are not taken up; empty: those on disk are in use. `since`: when those in use were read. */
export async function noteTemplates(
  { db, now, log }: Report,
  { since, problems }: TemplatesState,
): Promise<void> {
  const cause = 'templates_refused';
  if (problems.length === 0) return await end(db, cause, now, log);
  const wrong = problems.length === 1 ? 'something is' : `${problems.length} things are`;
  const trouble: Trouble = {
    cause,
    headline: `The mail templates were changed and cannot be used: ${wrong} wrong`,
    lines: [
      problems
        .slice(0, 5)
        .map((one) => `${tellPlace(one)}: ${one.message}`)
        .join('; '),
      `${since === null ? 'No mail goes out' : `Mails go on with those of ${stamp(since)}`}. Put them right, and they are taken up by themselves; until then Paperboy would not start again.`,
    ],
    command: 'paperboy templates check',
  };
  await raise(db, trouble, now, log);
}
