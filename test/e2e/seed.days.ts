import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { audit } from './audit.ts';
import { editionsDue, everyDay, instantsDue, localDate, type Wish } from './calendar.ts';
import { auditDays, runAtEach } from './days.ts';
import { runInHost } from './hosts.ts';
import { readLedger } from './ledger.ts';
import { type Home, iso, makeHome } from './paperboy.ts';
import { startSink } from './sink.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const start = Date.parse('2026-06-22T00:00:00Z');
const fixture = join(import.meta.dirname, '../fixtures/e2e/papers.jsonl');
const recorded = resolve(process.env.PAPERBOY_RECORDINGS ?? '', 'seed-papers.jsonl');

interface Setting {
  file: string;
  papers: number;
  topics: Record<string, string>;
  wishes: Wish[];
}

const small: Setting = {
  file: fixture,
  papers: 28,
  topics: { all: '*', lowrank: '"low-rank" OR quantization OR pruning OR distillation', robots: 'robot*' },
  wishes: [
    wish('tokyo', 'Asia/Tokyo', '08:00', 10, ['all']),
    wish('berlin', 'Europe/Berlin', '07:30', 4, ['lowrank']),
    wish('angeles', 'America/Los_Angeles', '08:00', 5, ['robots']),
  ],
};

const real: Setting = {
  file: recorded,
  papers: 226,
  topics: {
    all: '*',
    adaptation: '"low-rank adaptation" OR LoRA OR "parameter-efficient"',
    learning: '"in-context learning" OR "reinforcement learning" OR diffusion OR optimi*',
  },
  wishes: [
    wish('tokyo', 'Asia/Tokyo', '08:00', 20, ['all']),
    wish('berlin', 'Europe/Berlin', '07:30', 5, ['adaptation']),
    wish('angeles', 'America/Los_Angeles', '08:00', 14, ['learning', 'adaptation']),
  ],
};

function wish(name: string, timezone: string, time: string, maxPapers: number, topics: string[]): Wish {
  return { email: `${name}@example.org`, timezone, time, days: everyDay, maxPapers, topics };
}

/** A home with the papers (ingested twice) and the subscribers, and a mail server. */
async function prepare({ onTestFinished }: TestContext, { file, papers, topics, wishes }: Setting) {
  const home = makeHome({}, undefined, runInHost);
  const sink = await startSink();
  onTestFinished(async () => {
    await sink.close();
    home.remove();
  });
  const at = ['--at', iso(start)];
  const ingest = () =>
    home.answer<{ records: number; newPapers: number }[]>(['ingest', '--file', file, ...at]);
  expect(await ingest()).toMatchObject([{ records: papers, newPapers: papers }]);
  expect(await ingest()).toMatchObject([{ records: papers, newPapers: 0 }]);
  for (const [slug, query] of Object.entries(topics))
    await home.answer(['topics', 'add', slug, '--name', `On ${slug}`, '--query', query, ...at]);
  for (const one of wishes) await addSubscriber(home, one, at);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const titles = lines.map((line) => (JSON.parse(line) as { title: string }).title);
  return { home, sink, titles };
}

async function addSubscriber(home: Home, one: Wish, at: string[]): Promise<void> {
  await home.answer([
    ...['subscribers', 'add', one.email, '--timezone', one.timezone, '--time', one.time],
    ...['--max-papers', String(one.maxPapers), ...one.topics.flatMap((slug) => ['--topic', slug]), ...at],
  ]);
}

/** Each due instant, now and then one in which nobody is due, and the same one again. */
function instantsOf(wishes: Wish[], days: number): number[] {
  const due = instantsDue(wishes, start, start + days * dayMs);
  const quiet = due.filter((_at, index) => index % 7 === 2).map((at) => at - hourMs / 2);
  const again = due.filter((_at, index) => index % 9 === 4);
  return [...due, ...quiet, ...again].sort((a, b) => a - b);
}

async function checkDays(context: TestContext, setting: Setting, days: number): Promise<void> {
  const { home, sink, titles } = await prepare(context, setting);
  const rans = await runAtEach(home, sink, instantsOf(setting.wishes, days));
  const ledger = readLedger(home.database);
  expect(auditDays(setting.wishes, ledger, rans, start, titles)).toEqual([]);
  for (const one of setting.wishes) {
    const rows = ledger.deliveries.filter((row) => row.email === one.email);
    const sent = rows.filter((row) => row.status === 'sent');
    const lastSent = sent.at(-1)?.editionDate ?? '';
    expect(rows).toHaveLength(editionsDue(one, start, start + days * dayMs).length);
    expect(sent.length, one.email).toBeGreaterThan(1);
    // Papers came on one day: once a digest was not full, nothing is left, and it stays so.
    expect(sent.slice(0, -1).every((row) => row.papers.length === one.maxPapers)).toBe(true);
    expect(rows.filter((row) => row.status === 'skipped').every((row) => row.editionDate > lastSent)).toBe(
      true,
    );
    expect(rows.at(-1), 'the papers run out').toMatchObject({ status: 'skipped', reason: 'nothing_new' });
    if (one.topics.includes('all')) expect(sent.flatMap((row) => row.papers)).toHaveLength(setting.papers);
  }
}

/** A cron that comes once a day at noon UTC, whatever people's hours are. */
async function checkOnceADay(context: TestContext, setting: Setting, days: number): Promise<void> {
  const { home, sink } = await prepare(context, setting);
  const instants = Array.from({ length: days }, (_none, day) => start + (day + 0.5) * dayMs);
  const rans = await runAtEach(home, sink, instants);
  const ledger = readLedger(home.database);
  expect(audit(ledger, sink.caught)).toEqual([]);
  for (const ran of rans) {
    const recipients = ran.mails.map((mail) => mail.to[0]);
    expect(new Set(recipients).size, iso(ran.at)).toBe(recipients.length);
  }
  for (const one of setting.wishes) {
    const rows = ledger.deliveries.filter((row) => row.email === one.email);
    expect(rows.every((row) => row.status === 'sent' || row.status === 'skipped')).toBe(true);
    // Whose hour comes just after noon UTC is late, at the worst by a day, and not forgotten.
    const withoutMail = rows.filter((row) => row.status === 'skipped' && row.reason !== 'nothing_new');
    expect(withoutMail.length, JSON.stringify(withoutMail.map((row) => row.reason))).toBeLessThanOrEqual(1);
    for (const row of rows.filter((each) => each.status === 'sent')) {
      const lateByDays = (row.endedAt as number) - row.dueAt;
      expect(lateByDays).toBeLessThan(dayMs);
      if (one.timezone !== 'America/Los_Angeles')
        expect(localDate(row.endedAt as number, one.timezone)).toBe(row.editionDate);
    }
  }
}

describe.concurrent('days of a few papers', () => {
  test('each is sent at their hour, nothing twice, all accounted for, and the end is told', async (context) => {
    await checkDays(context, small, 4);
  });

  test('a run once a day is late and leaves nobody out', async (context) => {
    await checkOnceADay(context, small, 4);
  });
});

describe.skipIf(!existsSync(recorded)).concurrent('fourteen days of 226 real papers', () => {
  test('each is sent at their hour, nothing twice, all accounted for, and the end is told', async (context) => {
    await checkDays(context, real, 14);
  });

  test('a run once a day is late and leaves nobody out', async (context) => {
    await checkOnceADay(context, real, 14);
  });
});
