import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { describe, expect, onTestFinished, test } from 'vitest';
import { audit } from './audit.ts';
import { editionsDue, everyDay, instantOf } from './calendar.ts';
import { type Fault, startFaultProxy } from './fault-proxy.ts';
import type { Ledger, LedgerDelivery } from './ledger.ts';
import { type Caught, startSink } from './sink.ts';

const message = {
  from: 'a@example.org',
  to: 'b@example.org',
  subject: 'Ünder test',
  messageId: '<one@example.org>',
  text: 'plain\r\n.\r\ntext',
  html: '<a href="https://arxiv.org/abs/2606.00001v2">x</a> <a href="https://arxiv.org/abs/2606.00001">x</a>',
};

async function sendThrough(url: string): Promise<number | string> {
  const transport = createTransport(url);
  try {
    return (await transport.sendMail(message)).response;
  } catch (error) {
    return (
      (error as { responseCode?: number; code: string }).responseCode ?? (error as { code: string }).code
    );
  } finally {
    transport.close();
  }
}

describe('the sink', () => {
  test('keeps envelope, headers and links of what it accepted, on disk when asked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paperboy-sink-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'accepted.jsonl');
    const sink = await startSink({ file });
    await sendThrough(sink.url);
    await sink.close();
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Caught;
    expect(kept).toMatchObject({
      order: 0,
      from: 'a@example.org',
      to: ['b@example.org'],
      messageId: '<one@example.org>',
      subject: 'Ünder test',
      arxivIds: ['2606.00001'],
    });
    expect(kept.text).toContain('\n.\n');
  });

  test('lets in only who has the password', async () => {
    const sink = await startSink({ login: { user: 'u', pass: 'right' } });
    onTestFinished(() => sink.close());
    expect(await sendThrough(`smtp://u:wrong@127.0.0.1:${sink.port}`)).toBe(535);
    expect(await sendThrough(sink.url)).toBe(530);
    expect(await sendThrough(`smtp://u:right@127.0.0.1:${sink.port}`)).toContain('250');
    expect(sink.caught).toHaveLength(1);
    expect(sink.refusedLogins).toBe(1);
  });
});

describe('the faulty way to it', () => {
  test.each<[Fault | null, number, number | string]>([
    [null, 1, expect.stringContaining('250')],
    [{ stage: 'greeting', act: { reply: '421 4.3.2 later' } }, 0, 421],
    [{ stage: 'mail', act: { reply: '451 4.3.0 later' } }, 0, 451],
    [{ stage: 'rcpt', act: { reply: '550 5.1.1 nobody' } }, 0, 550],
    [{ stage: 'data', act: { reply: '554 5.7.1 no' } }, 0, 554],
    [{ stage: 'dot', act: { reply: '554 5.6.0 no' } }, 0, 554],
    [{ stage: 'body', act: 'drop' }, 0, expect.stringMatching(/^E/)],
    [{ stage: 'dot', act: 'drop' }, 0, expect.stringMatching(/^E/)],
    [{ stage: 'reply', act: 'drop' }, 1, expect.stringMatching(/^E/)],
    [{ stage: 'rcpt', act: 'half' }, 0, expect.stringMatching(/^E/)],
    [{ stage: 'reply', act: 'half' }, 1, expect.stringMatching(/^E/)],
    [{ stage: 'mail', act: 'garbage' }, 0, expect.stringMatching(/^E/)],
    [{ stage: 'reply', act: 'garbage' }, 1, expect.stringMatching(/^E/)],
  ])('%j: the server behind got %i', async (fault, got, answer) => {
    const sink = await startSink();
    const proxy = await startFaultProxy(sink.port, fault);
    onTestFinished(async () => {
      await proxy.close();
      await sink.close();
    });
    expect(await sendThrough(proxy.url)).toEqual(answer);
    expect(sink.caught).toHaveLength(got);
    expect(proxy.struck > 0).toBe(fault !== null);
  });
});

describe('the calendar', () => {
  test.each([
    ['Asia/Tokyo', '08:00', '2026-06-22', '2026-06-21T23:00:00Z'],
    ['Europe/Berlin', '08:00', '2026-06-22', '2026-06-22T06:00:00Z'],
    ['Europe/Berlin', '08:00', '2026-12-22', '2026-12-22T07:00:00Z'],
    ['Europe/Berlin', '02:30', '2026-03-29', '2026-03-29T01:30:00Z'],
    ['Europe/Berlin', '02:30', '2026-10-25', '2026-10-25T00:30:00Z'],
    ['America/Los_Angeles', '08:00', '2026-06-22', '2026-06-22T15:00:00Z'],
    ['Asia/Kathmandu', '08:00', '2026-06-22', '2026-06-22T02:15:00Z'],
    ['Pacific/Kiritimati', '00:00', '2026-06-22', '2026-06-21T10:00:00Z'],
  ])('%s %s on %s is %s', (timezone, time, date, instant) => {
    expect(instantOf({ timezone, time }, date)).toBe(Date.parse(instant));
  });

  test('tells only the wished days, of the local calendar', () => {
    const wish = { timezone: 'Asia/Tokyo', time: '08:00', days: ['mon'] };
    const due = editionsDue(wish, Date.parse('2026-06-21T00:00Z'), Date.parse('2026-06-29T00:00Z'));
    expect(due).toEqual([
      { date: '2026-06-22', dueAt: Date.parse('2026-06-21T23:00Z') },
      { date: '2026-06-29', dueAt: Date.parse('2026-06-28T23:00Z') },
    ]);
    expect(editionsDue({ ...wish, days: everyDay }, 0, 14 * 86_400_000)).toHaveLength(14);
  });
});

describe('the audit', () => {
  const row = (facts: Partial<LedgerDelivery>): LedgerDelivery => ({
    id: 1,
    planRunId: 1,
    subscriberId: 1,
    email: 'b@example.org',
    timezone: 'UTC',
    editionDate: '2026-06-22',
    status: 'sent',
    reason: null,
    detail: null,
    messageId: '<1@x>',
    dueAt: 0,
    plannedAt: 0,
    nextAttemptAt: null,
    expiresAt: 1,
    attempts: 1,
    sendingAt: 0,
    endedAt: 0,
    papers: [{ id: 1, key: 'arxiv:1', title: 'One', rising: false, releasedAt: null }],
    ...facts,
  });
  const mail = (facts: Partial<Caught>): Caught => ({
    order: 0,
    acceptedAt: 0,
    from: 'a@example.org',
    to: ['b@example.org'],
    messageId: '<1@x>',
    subject: '',
    date: 0,
    headers: [],
    text: '',
    htmlBytes: 0,
    arxivIds: [],
    ...facts,
  });
  const ledger = (...deliveries: LedgerDelivery[]): Ledger => ({
    deliveries,
    plans: [{ id: 1, at: 0, finishedAt: 0, due: deliveries.length, planned: deliveries.length, skipped: {} }],
  });

  test('finds nothing wrong with one row and its mail', () => {
    expect(audit(ledger(row({})), [mail({})])).toEqual([]);
  });

  test.each<[string, Ledger, Caught[], RegExp]>([
    ['a mail that came twice', ledger(row({})), [mail({}), mail({})], /twice: <1@x>/],
    ['a mail lost', ledger(row({})), [], /no server got it/],
    ['a mail nobody knows of', ledger(row({})), [mail({}), mail({ messageId: '<2@x>' })], /without a row/],
    ['a mail to somebody else', ledger(row({})), [mail({ to: ['c@example.org'] })], /went to c@/],
    [
      'a mail of a failed delivery',
      ledger(row({ status: 'failed', reason: 'x', papers: [] })),
      [mail({})],
      /its row says failed/,
    ],
    [
      'a paper sent twice',
      ledger(row({}), row({ id: 2, messageId: '<2@x>', editionDate: '2026-06-23' })),
      [mail({}), mail({ messageId: '<2@x>' })],
      /twice: b@example.org paper arxiv:1/,
    ],
    [
      'two digests of a day',
      ledger(row({}), row({ id: 2, messageId: '<2@x>', papers: [] })),
      [mail({}), mail({ messageId: '<2@x>' })],
      /twice: b@example.org edition/,
    ],
    [
      'a delivery that its plan does not count',
      { deliveries: [row({})], plans: [{ id: 1, at: 0, finishedAt: 0, due: 2, planned: 2, skipped: {} }] },
      [mail({})],
      /2 due, 1 accounted/,
    ],
    ['a reason not told', ledger(row({ status: 'skipped', papers: [] })), [], /without a reason/],
    [
      'papers of a failed delivery that are kept from competing',
      ledger(row({ status: 'failed', reason: 'x' })),
      [],
      /is held/,
    ],
  ])('finds %s', (_what, broken, mails, line) => {
    expect(audit(broken, mails).join('\n')).toMatch(line);
  });
});
