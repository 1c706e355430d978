import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { audit } from './audit.ts';
import { everyDay } from './calendar.ts';
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { runInHost } from './hosts.ts';
import { type LedgerDelivery, readLedger, withDatabase } from './ledger.ts';
import { type Ended, type Home, iso, makeHome, type RunAnswer, untilEnded } from './paperboy.ts';
import { type Sink, type SinkOptions, startSink } from './sink.ts';
import { writeSubscribers } from './synthetic.ts';

/** The whole program against a real mail server, with one thing going wrong between them. */

const hourMs = 3_600_000;
const at = Date.parse('2026-06-22T08:00:00Z');
let template: Home;

/** One paper, and `count` people who get it at `at`. */
async function makeTemplate(count: number): Promise<Home> {
  const home = makeHome({}, undefined, runInHost);
  const before = ['--at', iso(at - hourMs)];
  await home.answer(['ingest', '--file', paperFile, ...before]);
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...before]);
  const wishes = Array.from({ length: count }, (_none, n) => ({
    ...{ email: readerOf(n), timezone: 'UTC', time: '08:00', days: everyDay },
    ...{ maxPapers: 10, topics: ['all-of-it'] },
  }));
  const file = writeSubscribers(join(home.dir, 'readers.csv'), wishes);
  await home.answer(['subscribers', 'import', file, ...before]);
  return home;
}
const readerOf = (n: number) => `reader${n}@example.org`;
const paperFile = new URL('../fixtures/e2e/one-paper.jsonl', import.meta.url).pathname;

beforeAll(async () => {
  template = await makeTemplate(1);
});
afterAll(() => template.remove());

interface Stage {
  home: Home;
  sink: Sink;
  proxy: FaultProxy;
  run(when?: number, env?: Record<string, string>): Promise<Ended>;
}

interface StageOptions extends SinkOptions {
  /** Between `smtp://` and the host. */
  credentials?: string;
  from?: Home;
}

async function setStage(
  { onTestFinished }: TestContext,
  fault: Fault | null,
  options: StageOptions = {},
): Promise<Stage> {
  const { credentials = '', from = template, ...sinkOptions } = options;
  const sink = await startSink(sinkOptions);
  const proxy = await startFaultProxy(sink.port, fault);
  const home = makeHome(
    { SMTP_URL: proxy.url.replace('//', `//${credentials}`), SMTP_CONNECTIONS: '2' },
    from,
    runInHost,
  );
  onTestFinished(async () => {
    await proxy.close();
    await sink.close();
    home.remove();
  });
  const run = (when = at, env = {}) => home.run(['run', '--no-ingest', '--json', '--at', iso(when)], env);
  return { home, sink, proxy, run };
}

type Outcome = 'retry' | 'stop' | 'failed' | 'uncertain' | 'sent';

interface Expected {
  outcome: Outcome;
  /** Of the row. */
  reason: string | RegExp | null;
  /** Whether the mail server took the message, whatever the program knows of it. */
  accepted?: boolean;
}

const exitCodes: Record<Outcome, number> = { sent: 0, retry: 0, failed: 1, uncertain: 1, stop: 1 };
const statusOf = {
  sent: 'sent',
  retry: 'pending',
  stop: 'pending',
  failed: 'failed',
  uncertain: 'uncertain',
};

/** What the design says of an outcome, in the answer, on stderr, in the ledger and at the server. */
function checkOutcome(ended: Ended, { home, sink }: Stage, { outcome, reason, accepted }: Expected) {
  const answer = JSON.parse(ended.stdout) as RunAnswer & { send: { stopped: { cause: string } | null } };
  const counts = { sent: 0, retry: 0, failed: 0, uncertain: 0, skipped: 0 };
  if (outcome !== 'stop') counts[outcome] = 1;
  expect(answer.send, ended.stderr).toMatchObject(counts);
  expect(answer.plan).toMatchObject({ due: 1, planned: 1, skipped: {} });
  expect(ended.code, ended.stderr).toBe(exitCodes[outcome]);
  if (exitCodes[outcome] !== 0) expect(ended.stderr.trim()).not.toBe('');
  expect(ended.stderr).not.toMatch(/\n\s+at /);

  const ledger = readLedger(home.database);
  const [row] = ledger.deliveries as [LedgerDelivery];
  expect(ledger.deliveries).toHaveLength(1);
  expect(row.status).toBe(statusOf[outcome]);
  if (reason === null) expect(row.reason).toBeNull();
  else expect(row.reason).toMatch(reason);
  // A refusal of us says nothing about the delivery: it has not been tried.
  expect(row.attempts).toBe(outcome === 'stop' ? 0 : 1);
  expect(row.papers.map((paper) => paper.releasedAt !== null)).toEqual([outcome === 'failed']);
  if (outcome === 'retry') expect(row.nextAttemptAt).toBeGreaterThan(at);
  if (outcome === 'stop') expect(row.nextAttemptAt).toBeLessThanOrEqual(at);
  expect(sink.caught).toHaveLength(outcome === 'sent' || accepted ? 1 : 0);
  expect(audit(ledger, sink.caught)).toEqual([]);
  expect(subscriberStatuses(home)).toEqual(['active']);
  return { row, stopped: answer.send.stopped };
}

function subscriberStatuses(home: Home): string[] {
  return withDatabase(home.database, (raw) =>
    (raw.prepare('SELECT status FROM subscribers').all() as { status: string }[]).map((one) => one.status),
  );
}

const reply = (stage: Fault['stage'], text: string): Fault => ({ stage, act: { reply: text } });

describe.concurrent('a mail server that refuses', () => {
  const login = { user: 'paperboy', pass: 'right' };
  const credentials = 'paperboy:right@';
  const cases: [string, Fault, Expected, StageOptions?][] = [
    [
      '421 at the greeting',
      reply('greeting', '421 4.3.2 try later'),
      { outcome: 'retry', reason: 'deferred' },
    ],
    ['554 at the greeting', reply('greeting', '554 5.7.1 not you'), { outcome: 'stop', reason: 'policy' }],
    ['421 at EHLO', reply('ehlo', '421 4.7.0 busy'), { outcome: 'retry', reason: 'deferred' }],
    ['550 at EHLO and HELO', reply('ehlo', '550 5.7.1 bad name'), { outcome: 'stop', reason: 'policy' }],
    [
      '454 at the login',
      reply('auth', '454 4.7.0 try later'),
      { outcome: 'retry', reason: 'deferred' },
      { login, credentials },
    ],
    [
      '535 at the login',
      reply('auth', '535 5.7.8 wrong'),
      { outcome: 'stop', reason: 'auth' },
      { login, credentials },
    ],
    ['451 at MAIL', reply('mail', '451 4.3.0 later'), { outcome: 'retry', reason: 'deferred' }],
    ['550 of the sender', reply('mail', '550 5.1.8 sender rejected'), { outcome: 'stop', reason: 'config' }],
    ['552 of the size', reply('mail', '552 5.3.4 too big'), { outcome: 'failed', reason: 'message_refused' }],
    [
      '554 of relaying',
      reply('rcpt', '554 5.7.1 Relay access denied'),
      { outcome: 'stop', reason: 'config' },
    ],
  ];
  test.for(cases)('%s', async ([, fault, expected, options], context) => {
    const stage = await setStage(context, fault, options);
    checkOutcome(await stage.run(), stage, expected);
    expect(stage.proxy.struck).toBeGreaterThan(0);
  });

  test('a password that the server does not take stops the run and is not told', async (context) => {
    const stage = await setStage(context, null, { login, credentials: 'paperboy:not-this-one@' });
    const ended = await stage.run();
    const { stopped } = checkOutcome(ended, stage, { outcome: 'stop', reason: 'auth' });
    expect(stopped).toMatchObject({ cause: 'auth' });
    expect(stage.sink.refusedLogins).toBeGreaterThan(0);
    for (const secret of ['not-this-one', Buffer.from('\0paperboy\0not-this-one').toString('base64')])
      expect(ended.stderr + ended.stdout + JSON.stringify(readLedger(stage.home.database))).not.toContain(
        secret,
      );
  });

  test('nobody listens', async (context) => {
    const stage = await setStage(context, null);
    const port = await closedPort();
    const ended = await stage.run(at, { SMTP_URL: `smtp://127.0.0.1:${port}` });
    checkOutcome(ended, stage, { outcome: 'stop', reason: 'unreachable' });
    expect(ended.stderr).toContain('unreachable');
  });

  test('one recipient refused is one delivery failed, on a connection that goes on', async (context) => {
    const from = await makeTemplate(3);
    context.onTestFinished(() => from.remove());
    const fault: Fault = { ...reply('rcpt', '550 5.1.1 unknown'), recipient: readerOf(1) };
    const stage = await setStage(context, fault, { from });
    const ended = await stage.run(at, { SMTP_CONNECTIONS: '1' });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ send: { sent: 2, failed: 1, retry: 0, uncertain: 0 } });
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries.map((one) => one.status)).toEqual(['sent', 'failed', 'sent']);
    expect(stage.sink.caught.map((mail) => mail.to[0])).toEqual([readerOf(0), readerOf(2)]);
    expect(audit(ledger, stage.sink.caught)).toEqual([]);
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.concurrent('a mail server that is gone in the middle', () => {
  const cases: [string, Fault, Expected][] = [
    ['at the greeting', { stage: 'greeting', act: 'drop' }, { outcome: 'retry', reason: 'deferred' }],
    ['at EHLO', { stage: 'ehlo', act: 'drop' }, { outcome: 'retry', reason: 'deferred' }],
    ['at MAIL', { stage: 'mail', act: 'drop' }, { outcome: 'retry', reason: 'deferred' }],
  ];
  test.for(cases)('%s', async ([, fault, expected], context) => {
    const stage = await setStage(context, fault);
    checkOutcome(await stage.run(), stage, expected);
  });
});

describe('from RCPT on, each recipient for themselves', () => {
  const retry: Expected = { outcome: 'retry', reason: 'deferred' };
  const uncertain: Expected = { outcome: 'uncertain', reason: 'no_reply' };
  const failed = (reason: string): Expected => ({ outcome: 'failed', reason });
  const cases: [Fault, Expected][] = [
    [reply('rcpt', '450 4.2.0 greylisted'), retry],
    [reply('rcpt', '550 5.1.1 unknown'), failed('recipient_refused')],
    [reply('data', '451 4.3.0 later'), retry],
    [reply('data', '554 5.5.1 no'), failed('message_refused')],
    [reply('dot', '451 4.3.0 later'), retry],
    [reply('dot', '421 4.3.2 leaving'), retry],
    [reply('dot', '554 5.6.0 no'), failed('message_refused')],
    [reply('dot', '550 5.7.1 looks like spam'), failed('policy_refused')],
    [{ stage: 'rcpt', act: 'drop' }, retry],
    [{ stage: 'data', act: 'drop' }, retry],
    [{ stage: 'dot', act: 'drop' }, uncertain],
    [
      { stage: 'reply', act: 'drop' },
      { ...uncertain, accepted: true },
    ],
    [{ stage: 'rcpt', act: 'hang' }, retry],
    [{ stage: 'data', act: 'hang' }, retry],
    // It reads no more, but the whole message fits into the socket's buffers: its end may have come.
    [{ stage: 'body', act: 'hang' }, uncertain],
    [{ stage: 'dot', act: 'hang' }, uncertain],
    [
      { stage: 'reply', act: 'hang' },
      { ...uncertain, accepted: true },
    ],
  ];
  const lostInBody = cases.length;
  const lucky = lostInBody + 1;
  let rows: LedgerDelivery[];
  let caught: string[];
  let ended: Ended;

  beforeAll(async () => {
    const home = await makeTemplate(cases.length + 2);
    const sink = await startSink();
    const faults = cases.map(([fault], n) => ({ ...fault, recipient: readerOf(n) }));
    const lost: Fault = { stage: 'body', act: 'drop', recipient: readerOf(lostInBody) };
    const proxy = await startFaultProxy(sink.port, [...faults, lost]);
    const env = { SMTP_URL: proxy.url, SMTP_CONNECTIONS: '4', SMTP_TIMEOUT: '1' };
    ended = await home.run(['run', '--no-ingest', '--json', '--at', iso(at)], env);
    const ledger = readLedger(home.database);
    rows = ledger.deliveries;
    caught = sink.caught.map((mail) => mail.to[0] as string);
    expect(audit(ledger, sink.caught)).toEqual([]);
    await proxy.close();
    await sink.close();
    home.remove();
  });

  test.for(cases.map(([fault, expected], n) => [fault, expected, n] as const))(
    '%j: %j',
    ([, expected, n]) => {
      const row = rows.find((one) => one.email === readerOf(n)) as LedgerDelivery;
      expect(row.status, row.detail ?? '').toBe(statusOf[expected.outcome]);
      expect(row.reason).toBe(expected.reason);
      expect(row.attempts).toBe(1);
      expect(row.papers.map((paper) => paper.releasedAt !== null)).toEqual([expected.outcome === 'failed']);
      if (expected.outcome === 'retry') expect(row.nextAttemptAt).toBeGreaterThan(at);
      expect(caught.filter((email) => email === row.email)).toHaveLength(expected.accepted ? 1 : 0);
    },
  );

  test('lost in the body: retried when its end certainly never left, uncertain otherwise', () => {
    const row = rows.find((one) => one.email === readerOf(lostInBody));
    expect(['pending deferred', 'uncertain no_reply']).toContain(`${row?.status} ${row?.reason}`);
    expect(caught).not.toContain(readerOf(lostInBody));
  });

  test('who is refused takes nobody along, and the answer counts each', () => {
    expect(rows.find((one) => one.email === readerOf(lucky))?.status).toBe('sent');
    expect(caught).toContain(readerOf(lucky));
    const count = (status: string) => rows.filter((one) => one.status === status).length;
    expect(JSON.parse(ended.stdout)).toMatchObject({
      plan: { due: rows.length, planned: rows.length },
      send: {
        ...{ sent: count('sent'), retry: count('pending'), failed: count('failed') },
        ...{ uncertain: count('uncertain'), skipped: 0, stopped: null },
      },
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/failed/);
    expect(ended.stderr).toMatch(/no reply/);
  });
});

describe.concurrent('what comes after', () => {
  test('a deferred digest is sent at its next attempt, not before, under the same Message-ID', async (context) => {
    const stage = await setStage(context, reply('rcpt', '450 4.2.0 greylisted'));
    const { row } = checkOutcome(await stage.run(), stage, { outcome: 'retry', reason: 'deferred' });
    stage.proxy.heal();
    expect(JSON.parse((await stage.run((row.nextAttemptAt as number) - 1)).stdout)).toMatchObject({
      plan: { due: 0 },
      send: { sent: 0, retry: 0 },
    });
    expect(stage.sink.caught).toEqual([]);
    await stage.run(row.nextAttemptAt as number);
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries).toMatchObject([{ status: 'sent', attempts: 2, messageId: row.messageId }]);
    expect(stage.sink.caught.map((mail) => mail.messageId)).toEqual([row.messageId]);
  });

  test('a digest deferred until its day is over has failed, and its papers come the next day', async (context) => {
    const stage = await setStage(context, reply('dot', '451 4.3.0 later'));
    const { row } = checkOutcome(await stage.run(), stage, { outcome: 'retry', reason: 'deferred' });
    await stage.run(row.expiresAt - 60_000);
    expect(readLedger(stage.home.database).deliveries).toMatchObject([
      {
        status: 'failed',
        reason: 'expired',
        endedAt: row.expiresAt - 60_000,
        attempts: 2,
        papers: [{ releasedAt: row.expiresAt - 60_000 }],
      },
    ]);
    stage.proxy.heal();
    await stage.run(at + 24 * hourMs);
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries.map((one) => one.status)).toEqual(['failed', 'sent']);
    expect(ledger.deliveries[1]?.papers[0]?.key).toBe(row.papers[0]?.key);
    expect(audit(ledger, stage.sink.caught)).toEqual([]);
  });

  test('a stopped run goes on as soon as the server is well again', async (context) => {
    const stage = await setStage(context, reply('greeting', '554 5.7.1 not you'));
    checkOutcome(await stage.run(), stage, { outcome: 'stop', reason: 'policy' });
    stage.proxy.heal();
    expect((await stage.run()).code).toBe(0);
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries).toMatchObject([{ status: 'sent', attempts: 1 }]);
    expect(audit(ledger, stage.sink.caught)).toEqual([]);
    expect(stage.sink.caught).toHaveLength(1);
  });

  test('papers of a failed digest compete again the next day', async (context) => {
    const stage = await setStage(context, reply('dot', '554 5.6.0 no'));
    checkOutcome(await stage.run(), stage, { outcome: 'failed', reason: 'message_refused' });
    stage.proxy.heal();
    expect((await stage.run(at + hourMs)).code).toBe(0);
    expect(stage.sink.caught, 'not again the same day').toEqual([]);
    await stage.run(at + 24 * hourMs);
    const { deliveries } = readLedger(stage.home.database);
    expect(deliveries.map((one) => one.status)).toEqual(['failed', 'sent']);
    expect(stage.sink.caught.map((mail) => mail.messageId)).toEqual([deliveries[1]?.messageId]);
  });

  test('who does not exist is not mailed again', async (context) => {
    const stage = await setStage(context, reply('rcpt', '550 5.1.1 unknown'));
    checkOutcome(await stage.run(), stage, { outcome: 'failed', reason: 'recipient_refused' });
    stage.proxy.heal();
    await stage.run(at + 24 * hourMs);
    expect(stage.sink.caught).toEqual([]);
    expect(readLedger(stage.home.database).deliveries).toMatchObject([
      { status: 'failed' },
      { status: 'skipped', reason: 'suppressed' },
    ]);
  });

  test('an uncertain digest is not sent again, nor are its papers, until somebody says what became of it', async (context) => {
    const stage = await setStage(context, { stage: 'reply', act: 'drop' });
    const { row } = checkOutcome(await stage.run(), stage, {
      outcome: 'uncertain',
      reason: 'no_reply',
      accepted: true,
    });
    stage.proxy.heal();
    await stage.run(at + 3 * hourMs);
    const next = JSON.parse((await stage.run(at + 24 * hourMs)).stdout) as RunAnswer;
    expect(next.plan).toMatchObject({ due: 1, planned: 0, skipped: { nothing_new: 1 } });
    expect(stage.sink.caught).toHaveLength(1);
    await stage.home.answer(['deliveries', 'resolve', String(row.id), 'sent', '--at', iso(at + 25 * hourMs)]);
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries.map((one) => one.status)).toEqual(['sent', 'skipped']);
    expect(audit(ledger, stage.sink.caught)).toEqual([]);
  });
});

describe.concurrent('a mail server that falls silent', () => {
  const hang = (stage: Fault['stage']): Fault => ({ stage, act: 'hang' });
  const deferred: Expected = { outcome: 'retry', reason: 'deferred' };
  const login = { login: { user: 'u', pass: 'p' }, credentials: 'u:p@' };
  test.for<[string, Fault, Expected, StageOptions?]>([
    ['before its greeting', hang('greeting'), deferred],
    ['at EHLO', hang('ehlo'), deferred],
    ['at the login', hang('auth'), deferred, login],
    ['at MAIL', hang('mail'), deferred],
  ])('%s', async ([, fault, expected, options], context) => {
    const stage = await setStage(context, fault, options);
    checkOutcome(await stage.run(at, { SMTP_TIMEOUT: '1' }), stage, expected);
  });
});

describe.concurrent('the program killed while it waits for a silent mail server', () => {
  test.for<[Fault['stage'], number]>([
    ['mail', 0],
    ['body', 0],
    ['dot', 0],
    ['reply', 1],
  ])('at the %s: uncertain, never sent again by itself', async ([stageName, accepted], context) => {
    const stage = await setStage(context, { stage: stageName, act: 'hang' });
    const child = stage.home.start(['run', '--no-ingest', '--at', iso(at)]);
    const ended = untilEnded(child);
    await stage.proxy.firstStrike;
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    stage.proxy.heal();
    const next = await stage.run(at + hourMs);
    expect(next.code, 'something is to be looked at').toBe(1);
    const ledger = readLedger(stage.home.database);
    expect(ledger.deliveries).toMatchObject([{ status: 'uncertain', reason: 'crashed' }]);
    expect(stage.sink.caught).toHaveLength(accepted);
    expect(audit(ledger, stage.sink.caught)).toEqual([]);
  });

  test('at the greeting: nothing was begun, so it is sent by the next run', async (context) => {
    const stage = await setStage(context, { stage: 'greeting', act: 'hang' });
    const child = stage.home.start(['run', '--no-ingest', '--at', iso(at)]);
    const ended = untilEnded(child);
    await stage.proxy.firstStrike;
    child.kill('SIGKILL');
    await ended;
    stage.proxy.heal();
    expect((await stage.run(at + hourMs)).code).toBe(0);
    expect(readLedger(stage.home.database).deliveries).toMatchObject([{ status: 'sent' }]);
    expect(stage.sink.caught).toHaveLength(1);
  });

  test('a second SIGTERM ends a program that waits for what is on its way', async (context) => {
    const stage = await setStage(context, { stage: 'reply', act: 'hang' });
    const child = stage.home.start(['run', '--no-ingest', '--at', iso(at)]);
    const ended = untilEnded(child);
    await stage.proxy.firstStrike;
    child.kill('SIGTERM');
    const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    expect(first, 'the first one waits for the reply').toBe('waits');
    child.kill('SIGTERM');
    await ended;
    await stage.run(at + hourMs);
    expect(readLedger(stage.home.database).deliveries).toMatchObject([{ status: 'uncertain' }]);
    expect(stage.sink.caught).toHaveLength(1);
  });
});
