/**
 * Plays the recorded days through the program, day by day, for many subscribers in twelve time zones, and works out
 * apart from it what must have come of it. Prints figures; exits 1 when a rule broke.
 *
 *   npx node test/e2e/replay.ts [--days 44] [--subscribers 200] [--from 2026-06-01] [--seed 1]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../support/random.ts';
import { editionsDue, type Wish } from './calendar.ts';
import { type Ran, runAtEach } from './days.ts';
import { runInHost } from './hosts.ts';
import { readLedger, withDatabase } from './ledger.ts';
import { type Home, iso, makeHome } from './paperboy.ts';
import {
  findTold,
  haveRecordings,
  idOf,
  readRecords,
  readSightings,
  recordingsFolder,
  type Told,
} from './recordings.ts';
import { auditReplay, type World } from './replay-audit.ts';
import { makeWishes, ownTopics } from './replay-wishes.ts';
import { startSink } from './sink.ts';
import { writeSubscribers } from './synthetic.ts';

export interface ReplayOptions {
  days: number;
  subscribers: number;
  fromDate: string;
  seed: number;
  /** Hours (UTC) of the runs. */
  hours: readonly number[];
  onDay?: (line: string) => void;
}

export interface ReplayOutcome {
  figures: Record<string, number>;
  /** Empty: everything held. */
  wrong: string[];
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export async function replay(options: ReplayOptions): Promise<ReplayOutcome> {
  if (!haveRecordings)
    throw new Error(`there are no recordings at ${recordingsFolder}; set PAPERBOY_RECORDINGS`);
  const told = findTold(options.fromDate, options.days);
  const start = Date.parse(`${told[0]?.date}T00:00Z`);
  const end = Date.parse(`${told.at(-1)?.date}T00:00Z`) + dayMs;
  const home = makeHome({}, undefined, runInHost);
  const sink = await startSink();
  const startedAt = performance.now();
  try {
    const wishes = await enrol(home, options, start);
    const withdrawals = new Map<string, number>();
    const rans: Ran[] = [];
    for (let day = start; day < end; day += dayMs) {
      const events = told.filter((one) => one.at >= day && one.at < day + dayMs);
      for (const hour of [...Array(24).keys()].map((one) => day + one * hourMs)) {
        for (const one of events.filter((each) => each.at === hour)) {
          await ingest(home, one);
          // On the third recorded day some papers of the first two are withdrawn.
          if (one === told.filter((each) => each.source === one.source)[2])
            await withdraw(home, one, told, withdrawals);
        }
        const isDue = wishes.some((wish) => editionsDue(wish, hour - hourMs + 1, hour + 1).length > 0);
        if (isDue && hour > start) rans.push(...(await runAtEach(home, sink, [hour])));
      }
      options.onDay?.(`${iso(day).slice(0, 10)}: ${sink.caught.length} mails so far`);
    }
    const elapsedMs = performance.now() - startedAt;
    const world: World = {
      wishes,
      rans,
      start,
      withdrawals,
      told,
      sightings: readSightings(told),
      ledger: readLedger(home.database),
      topics: readTopics(home),
      paperKeys: readPaperKeys(home),
    };
    const { figures, wrong } = auditReplay(world);
    return {
      wrong,
      figures: {
        'files ingested': told.length,
        'papers in them': world.sightings.size,
        subscribers: wishes.length,
        'time zones': new Set(wishes.map((wish) => wish.timezone)).size,
        runs: rans.length,
        ...figures,
        'papers withdrawn': withdrawals.size,
        seconds: Math.round(elapsedMs / 1000),
      },
    };
  } finally {
    await sink.close();
    home.remove();
  }
}

async function enrol(home: Home, options: ReplayOptions, start: number): Promise<Wish[]> {
  const { subscribers: count, seed, hours } = options;
  const at = ['--at', iso(start)];
  for (const [slug, query] of Object.entries(ownTopics))
    await home.answer(['topics', 'add', slug, '--name', `Own ${slug}`, '--query', query, ...at]);
  const topics = await home.answer<{ slug: string }[]>(['topics', 'list']);
  const slugs = topics.map((topic) => topic.slug);
  const wishes = makeWishes(createRandom(seed), count, slugs, start, hours);
  await home.answer([
    'subscribers',
    'import',
    writeSubscribers(join(home.dir, 'readers.csv'), wishes),
    ...at,
  ]);
  const listed = await home.answer<unknown[]>(['subscribers', 'list']);
  if (listed.length !== count) throw new Error(`${listed.length} of ${count} subscribers were imported`);
  return wishes;
}

async function ingest(home: Home, { source, file, at }: Told): Promise<void> {
  const [report] = await home.answer<{ rejected: number; records: number }[]>([
    ...['ingest', '--source', source, '--file', file, '--at', iso(at)],
  ]);
  if (!report || report.rejected > 0 || report.records === 0)
    throw new Error(`${file}: ${report?.records} records read, ${report?.rejected} rejected`);
}

/** Ten papers of the two days before are said to be withdrawn, in the way of their source. */
async function withdraw(
  home: Home,
  at: Told,
  told: readonly Told[],
  withdrawals: Map<string, number>,
): Promise<void> {
  const before = told.filter((one) => one.source === at.source && one.at < at.at).slice(-2);
  const chosen = before.flatMap((one) => readRecords(one).slice(0, 5));
  const when = at.at + 600_000;
  const payload = chosen.map((record) =>
    at.source === 'huggingface'
      ? { ...record, paper: { ...(record.paper as object), withdrawnAt: iso(at.at) } }
      : { ...record, comment: 'This paper has been withdrawn by the author due to an error in Section 3' },
  );
  const file = join(home.dir, `withdrawn-${at.source}.json`);
  writeFileSync(file, JSON.stringify(payload));
  await home.answer(['ingest', '--source', at.source, '--file', file, '--at', iso(when)]);
  for (const record of chosen) withdrawals.set(idOf(record), when);
}

function readTopics(home: Home): World['topics'] {
  return withDatabase(home.database, (raw) => {
    const rows = raw
      .prepare(
        `SELECT d.message_id AS messageId, p.key, t.slug FROM delivery_papers dp JOIN deliveries d ON d.id = dp.delivery_id
         JOIN papers p ON p.id = dp.paper_id LEFT JOIN topics t ON t.id = dp.topic_id`,
      )
      .all() as { messageId: string; key: string; slug: string | null }[];
    return new Map(rows.map((row) => [`${row.messageId} ${row.key}`, row.slug]));
  });
}

function readPaperKeys(home: Home): string[] {
  return withDatabase(
    home.database,
    (raw) => raw.prepare('SELECT key FROM papers').pluck().all() as string[],
  );
}

async function main(): Promise<void> {
  const hours = [1, 7, 11, 16, 22];
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '44' },
      subscribers: { type: 'string', default: '200' },
      from: { type: 'string', default: '2026-06-01' },
      seed: { type: 'string', default: '1' },
    },
  });
  const { figures, wrong } = await replay({
    days: Number(values.days),
    subscribers: Number(values.subscribers),
    fromDate: values.from,
    seed: Number(values.seed),
    hours,
    onDay: (line) => console.error(line),
  });
  console.table(figures);
  console.log(`Runs at ${hours.map((hour) => `${hour}:00`).join(', ')} UTC.`);
  for (const line of wrong.slice(0, 200)) console.error(`BROKEN  ${line}`);
  console.log(wrong.length === 0 ? 'Everything held.' : `${wrong.length} rules broken.`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
