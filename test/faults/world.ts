import { join } from 'node:path';
import { everyDay, localDate } from '../e2e/calendar.ts';
import { type FaultProxy, startFaultProxy } from '../e2e/fault-proxy.ts';
import { withDatabase } from '../e2e/ledger.ts';
import { type Ended, type Env, type Home, iso, makeHome, untilEnded } from '../e2e/paperboy.ts';
import { type Sink, startSink } from '../e2e/sink.ts';
import { makePapers, writeJsonLines, writeSubscribers } from '../e2e/synthetic.ts';
import { createRandom } from '../support/random.ts';
import { createWatch, type Watch } from './watch.ts';

/** One installation with its readers, a mail server that counts, and a way to it on which things go wrong. */
export interface World {
  readonly home: Home;
  readonly sink: Sink;
  readonly proxy: FaultProxy;
  readonly watch: Watch;
  readonly random: () => number;
  readonly connections: number;
  /** The clock of the next command. */
  at: number;
  /** The local date of the edition that is being sent. */
  date(): string;
  /** Runs a command at the world's clock, which then goes on a little. */
  run(args: readonly string[], env?: Env): Promise<Ended>;
  start(args: readonly string[], env?: Env, uid?: number): Promise<Ended>;
  /** How many deliveries could be sent now, those of dead processes among them. */
  ready(): number;
  /** Ends the day and begins the next; `leavePending`: what is not sent by then waits until its day is over. */
  nextEdition(options?: { leavePending?: boolean }): Promise<void>;
  /** Plans the next edition, unless enough of this one are waiting. */
  ensureReady(least: number): Promise<void>;
  /** Runs without faults until nothing is left on its way, and looks whether everybody is accounted for. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

export const login = { user: 'paperboy', pass: 'right' };
const dayMs = 86_400_000;
const minuteMs = 60_000;
const firstEdition = Date.parse('2026-06-22T08:00:00Z');
const readerCount = 24;
const editionsPerIngest = 6;

/** A home with readers and topics and no papers, made once and copied. */
export async function makeTemplate(): Promise<Home> {
  const home = makeHome();
  const at = ['--at', iso(firstEdition - dayMs / 2)];
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...at]);
  const wishes = Array.from({ length: readerCount }, (_none, n) => ({
    ...{ email: readerOf(n), timezone: 'UTC', time: '08:00', days: everyDay },
    ...{ maxPapers: 2, topics: ['all-of-it'] },
  }));
  await home.answer(['subscribers', 'import', writeSubscribers(join(home.dir, 'r.csv'), wishes), ...at]);
  return home;
}

const readerOf = (n: number) => `reader${n + 1}@example.org`;

export async function openWorld(template: Home, seed: number, env: Env = {}): Promise<World> {
  const random = createRandom(seed);
  const connections = 1 + Math.floor(random() * 4);
  const sink = await startSink({ login, tls: true });
  const proxy = await startFaultProxy(sink.port, null);
  if (random() < 0.5) proxy.hidden.push('PIPELINING');
  const url = proxy.url.replace('//', `//${login.user}:${login.pass}@`);
  const home = makeHome(
    { SMTP_URL: `${url}?tls=none`, SMTP_CONNECTIONS: String(connections), SMTP_TIMEOUT: '1', ...env },
    template,
  );
  const titles: string[] = [];
  const watch = createWatch({ home, sink, titles, connections });
  let edition = -1;
  const readers = Array.from({ length: readerCount }, (_none, n) => readerOf(n));
  const world: World = {
    ...{ home, sink, proxy, watch, random, connections },
    at: firstEdition - minuteMs,
    date: () => localDate(firstEdition + edition * dayMs, 'UTC'),
    start: (args, more, uid) => untilEnded(home.start([...args, '--at', iso(world.at)], more, uid)),
    async run(args, more) {
      const ended = await world.start(args, more);
      world.at += 11 * minuteMs;
      return ended;
    },
    ready: () =>
      withDatabase(home.database, (raw) =>
        raw
          .prepare(
            `SELECT count(*) FROM deliveries WHERE expires_at > @at
               AND (status = 'claimed' OR (status = 'pending' AND next_attempt_at <= @at))`,
          )
          .pluck()
          .get({ at: world.at }),
      ) as number,
    async nextEdition({ leavePending = false } = {}) {
      if (edition >= 0) {
        proxy.heal();
        const ended = await world.run(leavePending ? ['plan'] : ['run', '--no-ingest']);
        watch.look({ what: `the end of ${world.date()}`, ended: [ended] });
        watch.everybody(world.date(), readers);
      }
      edition++;
      world.at = firstEdition + edition * dayMs;
      if (edition % editionsPerIngest === 0) await ingest();
    },
    async ensureReady(least) {
      const dayIsOver = world.at > firstEdition + edition * dayMs + 14 * 3_600_000;
      if (edition >= 0 && !dayIsOver && world.ready() >= least) return;
      await world.nextEdition();
      const ended = await world.run(['plan']);
      watch.look({ what: 'a plan', ended: [ended] });
    },
    async finish() {
      proxy.heal();
      for (let tries = 0; tries === 0 || (tries < 6 && !watch.settled()); tries++) {
        const ended = await world.run(['run', '--no-ingest']);
        watch.look({ what: 'the end', ended: [ended] });
        world.at += 3 * 3_600_000;
      }
      if (!watch.settled()) watch.wrong.push('something never came to its end');
      if (edition >= 0) watch.everybody(world.date(), readers);
    },
    async close() {
      await proxy.close();
      await sink.close();
      home.remove();
    },
  };
  const ingest = async () => {
    const papers = makePapers(random, 2 * editionsPerIngest + 4);
    titles.push(...papers.map((one) => one.title));
    const file = writeJsonLines(join(home.dir, `papers-${edition}.jsonl`), papers);
    await home.answer(['ingest', '--file', file, '--at', iso(world.at - 60 * minuteMs)]);
  };
  await world.nextEdition();
  return world;
}

/** Another installation, with readers whom nobody here knows and who are due all the time. */
export async function makeStrangers(): Promise<Home> {
  const home = makeHome();
  const at = ['--at', iso(firstEdition - dayMs / 2)];
  const file = writeJsonLines(join(home.dir, 'papers.jsonl'), makePapers(createRandom(99), 4));
  await home.answer(['ingest', '--file', file, ...at]);
  for (const name of ['one', 'two'])
    await home.answer(['subscribers', 'add', `stranger-${name}@example.org`, '--topic', 'robotics', ...at]);
  return home;
}
