/**
 * Kills `run` with SIGKILL at chosen, jittered moments, over and over, while a mail server in a process of its own
 * goes on accepting; then runs to the end and holds mail and ledger against each other. Exits 1 when a rule broke.
 *
 *   npx node test/e2e/kill.ts [--kills 50] [--seed 1] [--subscribers 700]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type BetterSqlite3 from 'better-sqlite3';
import { audit, bare } from './audit.ts';
import { everyDay, localDate } from './calendar.ts';
import { type LedgerDelivery, openReadonly, readLedger } from './ledger.ts';
import { type Home, iso, makeHome, root, untilEnded } from './paperboy.ts';
import type { Caught } from './sink.ts';
import { createRandom, makePapers, pick, writeJsonLines, writeSubscribers } from './synthetic.ts';

export interface KillOptions {
  kills: number;
  seed: number;
  subscribers: number;
  connections?: number;
  /** Told of each kill. */
  onKill?: (line: string) => void;
}

export interface KillFigures {
  kills: number;
  /** Kills by what the ledger showed afterwards. */
  moments: Record<string, number>;
  editions: number;
  mails: number;
  uncertain: number;
  /** Of the uncertain ones, those that the server has. */
  uncertainAccepted: number;
  mostUncertainOfOneKill: number;
}

const dayMs = 86_400_000;
const firstEdition = Date.parse('2026-06-22T08:00:00Z');
const aims = ['start', 'plan', 'claim', 'send', 'send', 'send', 'end'] as const;
type Aim = (typeof aims)[number];

/** `wrong` is empty when everything held. */
export async function killOften(options: KillOptions): Promise<{ figures: KillFigures; wrong: string[] }> {
  const { kills, subscribers, connections = 4 } = options;
  const random = createRandom(options.seed);
  const home = makeHome({ SMTP_CONNECTIONS: String(connections) });
  const accepted = join(home.dir, 'accepted.jsonl');
  const sink = await startSinkProcess(accepted);
  home.env.SMTP_URL = `smtp://127.0.0.1:${sink.port}`;
  const figures = { kills: 0, moments: {} as Record<string, number>, mostUncertainOfOneKill: 0 };
  const wrong: string[] = [];
  const titles: string[] = [];
  /** Deliveries that some kill left on their way. */
  const left = new Set<number>();
  let edition = -1;
  try {
    await subscribe(home, subscribers);
    const raw = openReadonly(home.database);
    while (figures.kills < kills) {
      if (edition < 0 || isOver(raw, edition, subscribers)) {
        edition++;
        titles.push(...(await ingestPapers(home, edition, random)));
      }
      const at = iso(firstEdition + edition * dayMs);
      const aim = pick(random, aims);
      // Now and then another process is at work at the same time, and lives.
      const bystander = random() < 0.2 ? untilEnded(home.start(['send', '--at', at])) : null;
      const child = home.start(['run', '--no-ingest', '--at', at]);
      const killed = await killWhen(child, aim, random, raw, accepted);
      await bystander;
      if (!killed) continue;
      figures.kills++;
      const open = openIds(raw).filter((id) => !left.has(id));
      for (const id of open) left.add(id);
      figures.mostUncertainOfOneKill = Math.max(figures.mostUncertainOfOneKill, open.length);
      if (open.length > connections)
        wrong.push(`kill ${figures.kills} left ${open.length} on their way over ${connections} connections`);
      const moment = momentOf(raw, edition, subscribers);
      figures.moments[moment] = (figures.moments[moment] ?? 0) + 1;
      options.onKill?.(`${figures.kills}: aimed at ${aim}, found ${moment}, ${open.length} on their way`);
    }
    raw.close();
    for (let tries = 0; tries < 2; tries++)
      await home.run(['run', '--no-ingest', '--at', iso(firstEdition + edition * dayMs)]);
    const ledger = readLedger(home.database);
    const mails = readCaught(accepted);
    const got = new Set(mails.map((mail) => mail.messageId));
    const uncertain = ledger.deliveries.filter((one) => one.status === 'uncertain');
    wrong.push(
      ...uncertain
        .filter((one) => !left.has(one.id))
        .map((one) => `delivery ${one.id} is uncertain, unkilled`),
      ...audit(ledger, mails),
      ...auditMailsAlone(mails, titles),
      ...auditEverybody(ledger.deliveries, subscribers, edition + 1),
    );
    return {
      wrong,
      figures: {
        ...figures,
        editions: edition + 1,
        mails: mails.length,
        uncertain: uncertain.length,
        uncertainAccepted: uncertain.filter((one) => got.has(one.messageId)).length,
      },
    };
  } finally {
    sink.process.kill('SIGTERM');
    await sink.ended;
    home.remove();
  }
}

async function startSinkProcess(file: string) {
  const args = [join(root, 'test/e2e/sink.ts'), '--file', file, '--delay-ms', '4'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = untilEnded(child);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: string) => resolve((JSON.parse(line) as { port: number }).port));
    child.once('close', () => reject(new Error('the mail server did not start')));
  });
  return { port, process: child, ended };
}

async function subscribe(home: Home, count: number): Promise<void> {
  const at = ['--at', iso(firstEdition - dayMs / 2)];
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...at]);
  const wishes = Array.from({ length: count }, (_none, n) => ({
    ...{ email: `reader${n + 1}@example.org`, timezone: 'UTC', time: '08:00' },
    ...{ days: everyDay, maxPapers: 3, topics: ['all-of-it'] },
  }));
  const file = writeSubscribers(join(home.dir, 'subscribers.csv'), wishes);
  await home.answer(['subscribers', 'import', file, ...at]);
}

async function ingestPapers(home: Home, edition: number, random: () => number): Promise<string[]> {
  const papers = makePapers(random, 5);
  const file = writeJsonLines(join(home.dir, `papers-${edition}.jsonl`), papers);
  await home.answer(['ingest', '--file', file, '--at', iso(firstEdition + edition * dayMs - 3_600_000)]);
  return papers.map((one) => one.title);
}

/** Kills the process shortly after its aim is reached; false when it ended by itself first. */
async function killWhen(
  child: ChildProcess,
  aim: Aim,
  random: () => number,
  raw: BetterSqlite3.Database,
  accepted: string,
): Promise<boolean> {
  let alive = true;
  const ended = untilEnded(child).finally(() => {
    alive = false;
  });
  const plans = count(raw, 'SELECT count(*) FROM plan_runs');
  const bytes = sizeOf(accepted);
  const more = 1 + random() * 300_000;
  const reached: Record<Aim, () => boolean> = {
    start: () => true,
    plan: () => count(raw, 'SELECT count(*) FROM plan_runs') > plans,
    claim: () => count(raw, "SELECT count(*) FROM deliveries WHERE status = 'claimed'") > 0,
    send: () => sizeOf(accepted) > bytes + more,
    end: () =>
      sizeOf(accepted) > bytes &&
      count(raw, "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'claimed')") === 0,
  };
  const jitterMs: Record<Aim, number> = { start: 900, plan: 60, claim: 20, send: 12, end: 40 };
  while (alive && !reached[aim]()) await sleepMs(1);
  const until = performance.now() + random() * jitterMs[aim];
  while (alive && performance.now() < until) await sleepMs(1);
  child.kill('SIGKILL');
  return (await ended).signal === 'SIGKILL';
}

function count(raw: BetterSqlite3.Database, sql: string, ...values: unknown[]): number {
  return raw
    .prepare(sql)
    .pluck()
    .get(...values) as number;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function dateOf(edition: number): string {
  return localDate(firstEdition + edition * dayMs, 'UTC');
}

/** Everybody has a row of this edition, and none waits. */
function isOver(raw: BetterSqlite3.Database, edition: number, subscribers: number): boolean {
  const settled =
    "SELECT count(*) FROM deliveries WHERE edition_date = ? AND status NOT IN ('pending', 'claimed')";
  return count(raw, settled, dateOf(edition)) === subscribers;
}

function openIds(raw: BetterSqlite3.Database): number[] {
  return raw
    .prepare("SELECT id FROM deliveries WHERE status IN ('sending', 'uncertain')")
    .pluck()
    .all() as number[];
}

function momentOf(raw: BetterSqlite3.Database, edition: number, subscribers: number): string {
  const of = (status: string) =>
    count(
      raw,
      'SELECT count(*) FROM deliveries WHERE edition_date = ? AND status = ?',
      dateOf(edition),
      status,
    );
  const rows = count(raw, 'SELECT count(*) FROM deliveries WHERE edition_date = ?', dateOf(edition));
  if (rows === 0) return 'before the plan';
  if (rows < subscribers) return 'within the plan';
  if (of('sending') > 0) return 'sending';
  if (of('claimed') > 0) return 'claimed';
  if (of('pending') > 0) return of('sent') > 0 ? 'between two runs' : 'planned';
  return 'after the last';
}

function readCaught(file: string): Caught[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Caught);
}

/** From the mails alone, whatever the ledger says: nobody got two of a date, nor a title twice. */
function auditMailsAlone(mails: readonly Caught[], titles: readonly string[]): string[] {
  const wrong: string[] = [];
  const seen = new Set<string>();
  const bares = titles.map(bare);
  for (const mail of mails) {
    const text = bare(mail.text);
    const shown = bares.filter((title) => text.includes(title));
    if (shown.length < 1 || shown.length > 3) wrong.push(`${mail.messageId} shows ${shown.length} papers`);
    for (const what of [localDate(mail.date, 'UTC'), ...shown]) {
      const name = `${mail.to.join()} ${what}`;
      if (seen.has(name)) wrong.push(`got twice: ${name}`);
      seen.add(name);
    }
  }
  return wrong;
}

/** Nobody is lost: one row for each subscriber and edition, sent or uncertain. */
function auditEverybody(
  deliveries: readonly LedgerDelivery[],
  subscribers: number,
  editions: number,
): string[] {
  const rows = Map.groupBy(deliveries, (one) => `${one.email} ${one.editionDate}`);
  const wrong: string[] = [];
  for (let edition = 0; edition < editions; edition++)
    for (let n = 1; n <= subscribers; n++) {
      const name = `reader${n}@example.org ${dateOf(edition)}`;
      const statuses = (rows.get(name) ?? []).map((one) => one.status).join();
      if (statuses !== 'sent' && statuses !== 'uncertain') wrong.push(`${name}: ${statuses || 'no row'}`);
    }
  return wrong;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      subscribers: { type: 'string', default: '700' },
    },
  });
  const { figures, wrong } = await killOften({
    kills: Number(values.kills),
    seed: Number(values.seed),
    subscribers: Number(values.subscribers),
    onKill: (line) => console.error(line),
  });
  const { moments, ...rest } = figures;
  console.table({ ...rest, ...moments });
  for (const line of wrong.slice(0, 50)) console.error(`BROKEN  ${line}`);
  console.log(wrong.length === 0 ? 'Everything held.' : `${wrong.length} rules broken.`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
