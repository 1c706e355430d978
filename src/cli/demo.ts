import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type App,
  ingestPapers,
  openApp,
  planDigests,
  projectFolder,
  rankPapers,
  sendDigests,
} from '../app.ts';
import type { Clock } from '../clock.ts';
import { localDateAt } from '../digest/schedule.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { addSubscriber } from '../subscribers/subscribers.ts';
import { readDate, readInstant } from './arguments.ts';
import { CommandError, type Surroundings, tellError } from './command.ts';
import { tellAccount } from './demo-account.ts';
import { type Account, readers } from './demo-readers.ts';
import { createOutput, instantWords, type Output } from './output.ts';

const sampleFolder = join(projectFolder, 'data', 'sample');
const demoFolder = join(projectFolder, 'data', 'demo');
/** How far the clock was moved, an ISO instant. */
const clockFile = join(demoFolder, 'clock.txt');
/** By then it was breakfast everywhere. */
const evening = 'T20:00:00Z';
const hourMs = 3_600_000;

/** A weekday of the sample with four days of papers before it. */
const defaultDate = '2026-06-26';

export function addDemoCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('demo')
    .description('the whole pipeline on the sample papers, on a simulated clock; nothing leaves this machine')
    .option(
      '--at <instant>',
      `play up to this instant or the evening of this date; default ${defaultDate}, later where it was left`,
      readDemoInstant,
    )
    .option('--reset', 'begin anew')
    .option('--json', 'print one JSON document on stdout and nothing else there')
    .action(async (options: { at?: number; reset?: boolean; json?: boolean }) => {
      const out = createOutput(options.json === true, surroundings);
      try {
        if (options.reset) rmSync(demoFolder, { recursive: true, force: true });
        const played = readPlayed();
        const until = options.at ?? played ?? readDemoInstant(defaultDate);
        if (played !== null && until < played)
          throw new CommandError(
            `The demo was played up to ${instantWords(played)} already, and its clock does not go back to ${instantWords(until)}. To begin anew: npm run demo -- --reset`,
          );
        await play(out, until);
      } catch (error) {
        tellError(out, error);
      }
      if (out.failures > 0) process.exitCode = 1;
    });
}

/** An instant, or a date: then its evening, when it was breakfast everywhere. */
function readDemoInstant(text: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? readInstant(`${readDate(text)}${evening}`)
    : readInstant(text);
  const days = sampleDays();
  const first = days[1] ?? '';
  if (instant < Date.parse(`${first}T00:00:00Z`))
    throw new InvalidArgumentError(
      `the sample has papers of ${days[0]} to ${days.at(-1)}; expected an instant from ${first} on.`,
    );
  return instant;
}

function sampleDays(): string[] {
  return readdirSync(sampleFolder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, 10))
    .sort();
}

/** How far it was played, epoch ms; null: not yet. */
function readPlayed(): number | null {
  if (!existsSync(clockFile)) return null;
  const instant = Date.parse(readFileSync(clockFile, 'utf8').trim());
  return Number.isNaN(instant) ? null : instant;
}

/** The first day of the sample whose evening comes after that instant; null: the sample is over. */
function nextSampleDay(until: number): string | null {
  return sampleDays().find((day) => Date.parse(`${day}${evening}`) > until) ?? null;
}

async function play(out: Output, until: number): Promise<void> {
  mkdirSync(demoFolder, { recursive: true });
  const clock = movableClock(until);
  const began = !existsSync(join(demoFolder, 'paperboy.db'));
  // Nothing of the surroundings' settings: the demo must not mail anybody.
  const app = await openApp({
    cwd: demoFolder,
    clock,
    env: {
      DATABASE_URL: `sqlite:${join(demoFolder, 'paperboy.db')}`,
      OUTBOX_DIR: join(demoFolder, 'outbox'),
      MAIL_FROM: 'Paperboy <paperboy@example.org>',
      SOURCES: 'huggingface',
    },
  });
  try {
    const days = sampleDays();
    const head = [
      'Paperboy demo: real papers, a simulated clock, and nothing leaves this machine.',
      `The sample holds papers of ${days[0]} to ${days.at(-1)}; the clock plays up to ${instantWords(until)}.`,
      '',
    ];
    if (!out.json) out.answer(null, () => head);
    // Readers join the day before, when the first papers are in already.
    const start = Date.parse(`${localDateAt(until, 'UTC')}T00:00:00Z`) - 8 * hourMs;
    if (began) await addReaders(app, clock, start);
    const account = await playDays(app, clock, until, out);
    writeFileSync(clockFile, `${new Date(until).toISOString()}\n`);
    await tellAccount(app, out, account, until);
  } finally {
    await app.close();
  }
}

function movableClock(at: number): Clock & { at: number } {
  const clock = { at, now: () => clock.at };
  return clock;
}

async function addReaders(app: App, clock: { at: number }, start: number): Promise<void> {
  clock.at = start;
  for (const reader of readers) {
    const added = await addSubscriber(app.store.db, reader, app.config.digest, start, app.hashAddress);
    if (!added.ok) throw new Error(added.problems.map((one) => one.message).join(' '));
  }
}

/** Moves the clock from due instant to due instant, reading each day's papers when their day begins. */
async function playDays(app: App, clock: { at: number }, until: number, out: Output): Promise<Account> {
  const account: Account = {
    sentIds: [],
    skipped: {},
    records: 0,
    nextDay: nextSampleDay(until),
  };
  const progress = out.progress('Playing');
  for (;;) {
    const next = await app.store.db
      .selectFrom('subscribers')
      .select((eb) => eb.fn.min('next_due_at').as('at'))
      .where('status', '=', 'active')
      .executeTakeFirst();
    const at = next?.at ?? null;
    clock.at = at === null || at > until ? until : at;
    account.records += await readSample(app, clock);
    if (at === null || at > until) break;
    const { skipped } = await planDigests(app);
    for (const [reason, count] of Object.entries(skipped))
      account.skipped[reason] = (account.skipped[reason] ?? 0) + count;
    const before = new Set(
      (await listDeliveries(app.store.db, { limit: 10_000, status: 'sent' })).map((one) => one.id),
    );
    await sendDigests(app);
    for (const one of await listDeliveries(app.store.db, { limit: 10_000, status: 'sent' }))
      if (!before.has(one.id)) account.sentIds.push(one.id);
    progress(account.sentIds.length, account.sentIds.length + readers.length);
  }
  return account;
}

/** Ingests the sample's days that have begun by now (06:00 UTC) and were not read yet, each at its own instant. */
async function readSample(app: App, clock: { at: number }): Promise<number> {
  const now = clock.at;
  const read = await app.store.db
    .selectFrom('ingest_runs')
    .select('started_at')
    .where('source', '=', 'file')
    .execute();
  const done = new Set(read.map((row) => row.started_at));
  let records = 0;
  for (const day of sampleDays()) {
    const instant = Date.parse(`${day}T06:00:00Z`);
    if (instant > now || done.has(instant)) continue;
    clock.at = instant;
    const [report] = await ingestPapers(app, { file: join(sampleFolder, `${day}.jsonl`) });
    if (report?.error) throw new Error(report.error);
    await rankPapers(app);
    records += report?.records ?? 0;
  }
  clock.at = now;
  return records;
}
