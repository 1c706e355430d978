import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { everyDay } from '../e2e/calendar.ts';
import { startFaultProxy } from '../e2e/fault-proxy.ts';
import { type Home, iso, makeHome, untilEnded } from '../e2e/paperboy.ts';
import { startSink } from '../e2e/sink.ts';
import { makePapers, writeJsonLines, writeSubscribers } from '../e2e/synthetic.ts';
import { createRandom } from '../support/random.ts';
import { createWatch } from './watch.ts';

export const serveFaults = ['replaced under serve', 'removed under serve', 'cut off under serve'] as const;
export type ServeFault = (typeof serveFaults)[number];

const hourMs = 3_600_000;
const readers = Array.from({ length: 30 }, (_none, n) => `reader${n + 1}@example.org`);

/**
 * The file goes while `serve` sends, by the real clock: it says so, sends nothing more that nobody would know of,
 * and goes on living. Put right and started again, it sends the rest. Returns what was wrong.
 */
export async function faultyServe(fault: ServeFault, seed: number, other: Home): Promise<string[]> {
  const sink = await startSink({ delayMs: 3 });
  const proxy = await startFaultProxy(sink.port, null);
  const home = makeHome({ SMTP_URL: proxy.url, SMTP_CONNECTIONS: '2', PORT: '0' });
  const file = home.database;
  const aside = join(home.dir, 'aside.db');
  const ends = ['', '-wal', '-shm'];
  const papers = makePapers(createRandom(seed), 2);
  const watch = createWatch({ home, sink, titles: papers.map((one) => one.title), connections: 2 });
  try {
    const now = Date.now();
    const before = ['--at', iso(now - 2 * hourMs)];
    await home.answer(['ingest', '--file', writeJsonLines(join(home.dir, 'p.jsonl'), papers), ...before]);
    await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...before]);
    const wishes = readers.map((email) => ({
      ...{ email, ...noonZone(now - hourMs), days: everyDay, maxPapers: 2, topics: ['all-of-it'] },
    }));
    await home.answer([
      'subscribers',
      'import',
      writeSubscribers(join(home.dir, 'r.csv'), wishes),
      ...before,
    ]);
    let caught = -1;
    let begun = 0;
    proxy.fail((stage) => {
      if (stage !== 'mail' || ++begun !== 6) return null;
      caught = sink.caught.length;
      if (fault === 'cut off under serve') truncateSync(file, 0);
      else for (const end of ends) renameSync(file + end, aside + end);
      if (fault === 'replaced under serve') copyFileSync(other.database, file);
      return null;
    });
    const child = home.start(['serve']);
    const ended = untilEnded(child);
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    const told = fault === 'cut off under serve' ? /stage failed|"sent"/ : /moved or replaced/;
    for (let tries = 0; tries < 400 && !told.test(said) && sink.caught.length < readers.length; tries++)
      await sleepMs(25);
    await sleepMs(100);
    if (child.exitCode !== null || child.signalCode !== null)
      watch.wrong.push(`serve ended: ${said.slice(-500)}`);
    child.kill('SIGTERM');
    await ended;
    if (caught < 0) return [`serve sent nothing (${fault}): ${said.slice(0, 500)}`];
    const ids = sink.caught.map((mail) => mail.messageId);
    if (new Set(ids).size < ids.length) watch.wrong.push('twice: by one serve');
    if (fault === 'cut off under serve') {
      const next = await home.run(['run', '--no-ingest']);
      if (sink.caught.length > ids.length)
        watch.wrong.push('twice: mail went out from a database that was cut off');
      if (next.code === 0 && statSync(file).size === 0)
        watch.wrong.push('a database that was cut off was taken for a new one');
    } else {
      if (!told.test(said) || !said.includes(file))
        watch.wrong.push(`serve did not tell: ${said.slice(-500)}`);
      if (sink.caught.length - caught > 4)
        watch.wrong.push(`${sink.caught.length - caught} messages went out after the file was gone`);
      for (const end of ends) {
        rmSync(file + end, { force: true });
        if (statSync(aside + end, { throwIfNoEntry: false })) renameSync(aside + end, file + end);
      }
      watch.look({ what: fault, ended: [], killed: 1 });
      const rest = await home.run(['run', '--no-ingest']);
      watch.look({ what: `after ${fault}`, ended: [rest] });
      if (!watch.settled()) watch.wrong.push(`not all was sent after ${fault}: ${rest.stderr}`);
    }
    return watch.wrong.map((line) => `${line} (${fault})`);
  } finally {
    await proxy.close();
    await sink.close();
    home.remove();
  }
}

/** The hour at `at`, and a zone where that is about noon: the day neither just began nor ends soon. */
function noonZone(at: number): { timezone: string; time: string } {
  const hour = new Date(at).getUTCHours();
  const offset = 12 - hour;
  const timezone = offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
  return { timezone, time: `12:${String(new Date(at).getUTCMinutes()).padStart(2, '0')}` };
}
