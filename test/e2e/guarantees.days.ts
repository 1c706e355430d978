import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { audit } from './audit.ts';
import { everyDay } from './calendar.ts';
import { runInHost } from './hosts.ts';
import { countStatuses, readLedger } from './ledger.ts';
import { type Home, iso, makeHome, type RunAnswer } from './paperboy.ts';
import { type Sink, startSink } from './sink.ts';
import { writeSubscribers } from './synthetic.ts';

/** What must hold when clocks, people and processes do what they do. */

const hourMs = 3_600_000;
const papers = new URL('../fixtures/e2e/papers.jsonl', import.meta.url).pathname;

interface Town {
  home: Home;
  sink: Sink;
  run(at: string | number): Promise<RunAnswer>;
  /** `paperboy ARGS --at AT`. */
  at(at: string | number, ...args: string[]): Promise<unknown>;
}

/** A home with 28 papers, first seen an hour before `at`, and a mail server. */
async function open({ onTestFinished }: TestContext, at: string): Promise<Town> {
  const sink = await startSink();
  const home = makeHome({ SMTP_URL: sink.url, SMTP_CONNECTIONS: '3' }, undefined, runInHost);
  onTestFinished(async () => {
    await sink.close();
    home.remove();
  });
  const town: Town = {
    home,
    sink,
    at: (when, ...args) => home.answer([...args, '--at', iso(new Date(when).getTime())]),
    run: (when) => home.answer(['run', '--no-ingest', '--at', iso(new Date(when).getTime())]),
  };
  await town.at(Date.parse(at) - hourMs, 'ingest', '--file', papers);
  return town;
}

const topic = ['--topic', 'everything', '--max-papers', '3'];

describe.concurrent('the last look', () => {
  test('who left, paused or was erased after the plan gets nothing, with the reason', async (context) => {
    const { home, sink, at } = await open(context, '2026-06-22T06:00Z');
    const start = '2026-06-22T06:00Z';
    for (const name of ['stays', 'leaves', 'pauses', 'erased'])
      await at(start, 'subscribers', 'add', `${name}@example.org`, ...topic);
    const due = '2026-06-22T08:00Z';
    expect(await at(due, 'plan')).toMatchObject({ due: 4, planned: 4 });
    await at(due, 'subscribers', 'edit', 'leaves@example.org', '--status', 'unsubscribed');
    await at(due, 'subscribers', 'edit', 'pauses@example.org', '--status', 'paused');
    await at(due, 'subscribers', 'remove', 'erased@example.org');
    expect(await at(due, 'send')).toMatchObject({ sent: 1 });
    const ledger = readLedger(home.database);
    expect(ledger.deliveries.map((one) => `${one.status} ${one.reason}`)).toEqual([
      'sent null',
      'skipped unsubscribed',
      'skipped paused',
      'skipped erased',
    ]);
    expect(sink.caught.map((mail) => mail.to[0])).toEqual(['stays@example.org']);
    expect(audit(ledger, sink.caught)).toEqual([]);
    expect(JSON.stringify(await home.answer(['subscribers', 'list']))).not.toContain('erased@');
  });
});

describe.concurrent('one digest for one date', () => {
  test('whatever is done to the schedule after it', async (context) => {
    const { home, sink, at, run } = await open(context, '2026-06-22T06:00Z');
    await at('2026-06-22T06:00Z', 'subscribers', 'add', 'a@example.org', ...topic);
    await run('2026-06-22T08:00Z');
    for (const [when, ...change] of [
      ['09', '--time', '10:00'],
      ['11', '--timezone', 'America/Los_Angeles', '--time', '06:00'],
      ['14', '--days', 'mon', '--time', '08:00'],
    ] as [string, ...string[]][]) {
      await at(`2026-06-22T${when}:00Z`, 'subscribers', 'edit', 'a@example.org', ...change);
      await run(`2026-06-22T${Number(when) + 2}:00Z`);
    }
    const { deliveries } = readLedger(home.database);
    expect(deliveries.map((one) => one.editionDate)).toEqual(['2026-06-22']);
    expect(sink.caught).toHaveLength(1);
    await run('2026-06-29T15:00Z');
    expect(sink.caught, 'the next one comes when it is due').toHaveLength(2);
    expect(audit(readLedger(home.database), sink.caught)).toEqual([]);
  });

  test('nobody gets the days of a downtime one by one', async (context) => {
    const { home, sink, at, run } = await open(context, '2026-06-22T06:00Z');
    await at('2026-06-22T06:00Z', 'subscribers', 'add', 'a@example.org', ...topic);
    await run('2026-06-22T08:00Z');
    await run('2026-06-26T11:00Z');
    await run('2026-06-26T11:30Z');
    await run('2026-06-27T08:00Z');
    expect(sink.caught.map((mail) => iso(mail.date).slice(0, 13))).toEqual([
      '2026-06-22T08',
      '2026-06-26T11',
      '2026-06-27T08',
    ]);
    const ledger = readLedger(home.database);
    const sent = ledger.deliveries.filter((one) => one.status === 'sent').map((one) => one.editionDate);
    expect(sent).toEqual(['2026-06-22', '2026-06-26', '2026-06-27']);
    const rest = ledger.deliveries.filter((one) => one.status !== 'sent');
    expect(rest.every((one) => one.status === 'skipped' && one.reason === 'folded')).toBe(true);
    expect(rest.length, 'what was left out is told').toBeGreaterThan(0);
    expect(audit(ledger, sink.caught)).toEqual([]);
  });
});

describe.concurrent('when clocks are changed', () => {
  test.for([
    ['Europe/Berlin', '02:30', '2026-03-28', ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z']],
    ['Europe/Berlin', '02:30', '2026-10-24', ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    [
      'Australia/Lord_Howe',
      '02:00',
      '2026-04-04',
      ['2026-04-03T15:00Z', '2026-04-04T15:30Z', '2026-04-05T15:30Z'],
    ],
  ] as [string, string, string, string[]][])(
    '%s at %s from %s on: one a day, at its hour',
    async ([timezone, time, date, due], context) => {
      const instants = due.map((one) => Date.parse(one));
      const first = instants[0] as number;
      const { home, sink, at, run } = await open(context, iso(first));
      await at(
        first - hourMs / 2,
        'subscribers',
        'add',
        'a@example.org',
        '--timezone',
        timezone,
        '--time',
        time,
        ...topic,
      );
      for (const one of instants) {
        // On the day of the change a minute too early is too early.
        if (one === instants[1]) await run(one - 60_000);
        await run(one);
      }
      expect(sink.caught.map((mail) => mail.date)).toEqual(instants);
      const dates = readLedger(home.database).deliveries.map((one) => one.editionDate);
      const expected = [0, 1, 2].map((days) => Temporal.PlainDate.from(date).add({ days }).toString());
      expect(dates).toEqual(expected);
    },
  );
});

test('processes at the same time share the work and double none of it', async (context) => {
  const { home, sink, at } = await open(context, '2026-06-22T06:00Z');
  const wishes = Array.from({ length: 150 }, (_none, n) => ({
    ...{ email: `reader${n}@example.org`, timezone: 'UTC', time: '08:00', days: everyDay },
    ...{ maxPapers: 4, topics: ['everything'] },
  }));
  await at('2026-06-22T06:00Z', 'subscribers', 'import', writeSubscribers(join(home.dir, 's.csv'), wishes));
  const answers = await Promise.all(
    [1, 2, 3].map(() => home.answer<RunAnswer>(['run', '--no-ingest', '--at', '2026-06-22T08:00:00Z'])),
  );
  const sum = (count: (answer: RunAnswer) => number) => answers.reduce((total, one) => total + count(one), 0);
  expect(sum((one) => one.plan.planned)).toBe(150);
  expect(sum((one) => one.send.sent)).toBe(150);
  expect(countStatuses(home.database)).toEqual({ sent: 150 });
  expect(sink.caught).toHaveLength(150);
  expect(audit(readLedger(home.database), sink.caught)).toEqual([]);
});
