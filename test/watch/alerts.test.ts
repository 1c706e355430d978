import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, openApp } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import { listAlerts } from '../../src/store/alerts.ts';
import type { Log } from '../../src/watch/log-lines.ts';
import { noteSending, noteStage, noteTemplates } from '../../src/watch/reports.ts';
import { type Told, watchOver } from '../../src/watch/watch.ts';
import { type Sink, startSink } from '../e2e/sink.ts';
import { addDelivery, addReaders, end, now as noon } from './deliveries.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

let now = noon;
const clock: Clock = { now: () => now };
let sink: Sink;
let app: App;
let folder: string;
const opened: App[] = [];
let freeBytes: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paperboy-alerts-'));
  sink = await startSink();
  app = await open();
  addReaders(app.store, 20);
});

beforeEach(() => {
  now = noon;
  freeBytes = 50e9;
  sink.caught.length = 0;
  for (const table of ['deliveries', 'tallies', 'alerts', 'source_states'])
    app.store.raw.exec(`DELETE FROM ${table}`);
  app.store.raw.exec(
    `UPDATE plan_runs SET due = 0; UPDATE subscribers SET next_due_at = ${noon + 365 * 24 * hourMs}`,
  );
});

afterAll(async () => {
  for (const one of opened) await one.close();
  await sink.close();
  rmSync(folder, { recursive: true });
});

/** As another process: it works on the same database. */
async function open(smtpUrl = sink.url): Promise<App> {
  const another = await openApp({
    cwd: folder,
    clock,
    env: {
      DATABASE_URL: `sqlite:${join(folder, 'paperboy.db')}`,
      SMTP_URL: smtpUrl,
      MAIL_FROM: 'Paperboy <paperboy@example.org>',
      ADMIN_EMAIL: 'admin@example.org',
      PUBLIC_URL: 'https://papers.example.org',
      SECRET_KEY: 'k'.repeat(32),
    },
  });
  opened.push(another);
  return another;
}

const watch = (by: App = app, log = silent): Promise<Told> =>
  watchOver({ ...by, now, log, freeBytes: () => freeBytes });
const report = () => ({ db: app.store.db, now, log: silent });
const standing = async () => (await listAlerts(app.store.db, { standing: true })).map(({ cause }) => cause);
const subjects = () => sink.caught.map(({ subject }) => subject);

/** A digest that has been ready for three hours. */
const addWaiting = (subscriberId = 1) =>
  addDelivery(app.store, subscriberId, { dueAt: now - 3 * hourMs, nextAttemptAt: now - 3 * hourMs });

describe('the mail to the admin', () => {
  test('comes when digests did not go out: what, since when, how many, what to do, which command', async () => {
    addWaiting(1);
    addWaiting(2);
    app.store.raw.exec(
      "UPDATE deliveries SET reason = 'unreachable', detail = 'connect: refused <x@example.org>'",
    );
    expect(await watch()).toBe('sent');
    const [mail] = sink.caught;
    expect(mail).toMatchObject({
      from: 'paperboy@example.org',
      to: ['admin@example.org'],
      subject: 'Paperboy: Digests are waiting since 2026-06-22 09:00 UTC',
      date: now,
    });
    for (const said of [
      '2 are planned and not sent',
      'connect: refused <>',
      'paperboy deliveries show 1',
      'SEND_RATE',
      'https://papers.example.org',
    ])
      expect(mail?.text).toContain(said);
    expect(mail?.htmlBytes).toBeGreaterThan(500);
  });

  test('is automatic, from MAIL_FROM and no list’s', async () => {
    freeBytes = 10e6;
    await watch();
    const headers = new Map(sink.caught[0]?.headers);
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(headers.get('from')).toContain('paperboy@example.org');
    expect([...headers.keys()].filter((name) => name.startsWith('list-') || name === 'feedback-id')).toEqual(
      [],
    );
  });

  test('does not come where nothing is wrong, or nobody is named', async () => {
    end(app.store, addDelivery(app.store, 1), 'sent', null);
    expect(await watch()).toBe('none');
    addWaiting(2);
    const nobody = { ...app.config, watch: { ...app.config.watch, adminEmail: null } };
    expect(await watch({ ...app, config: nobody })).toBe('none');
    expect(await standing()).toEqual(['digests_waiting']);
    expect(sink.caught).toEqual([]);
  });

  test('comes once in 24 hours for the same cause, across restarts, and again while it stands', async () => {
    freeBytes = 10e6;
    for (let hour = 0; hour < 24; hour++) {
      await watch();
      now += hourMs;
    }
    now -= 1;
    expect(await watch(await open())).toBe('none');
    expect(sink.caught).toHaveLength(1);
    now += 1;
    expect(await watch(await open())).toBe('sent');
  });

  test('comes once however many processes notice it at once', async () => {
    freeBytes = 10e6;
    const others = [await open(), await open(), app];
    const told = await Promise.all(others.map((one) => watch(one)));
    expect(told.toSorted()).toEqual(['none', 'none', 'sent']);
    expect(sink.caught).toHaveLength(1);
  });

  test('tells several causes in one mail, and a new one the same day in another', async () => {
    freeBytes = 10e6;
    addWaiting();
    await watch();
    expect(subjects()).toEqual([expect.stringContaining('2 things are wrong')]);
    now += hourMs;
    await noteStage(report(), 'housekeeping', new Error('disk I/O error'));
    await watch();
    expect(subjects()[1]).toBe('Paperboy: A stage of Paperboy fails: housekeeping');
    expect(sink.caught).toHaveLength(2);
  });

  test('that could not be handed over is tried again, and comes once in the end', async () => {
    freeBytes = 10e6;
    const cutOff = await open('smtp://127.0.0.1:1');
    expect(await watch(cutOff)).toBe('failed');
    now += hourMs;
    expect(await watch(cutOff)).toBe('failed');
    now += minuteMs;
    expect(await watch()).toBe('sent');
    expect(await watch()).toBe('none');
    expect(sink.caught).toHaveLength(1);
  });

  test('that may have arrived counts as mailed', async () => {
    freeBytes = 10e6;
    const reply = { phase: 'reply', code: null, enhanced: null, text: 'connection lost' } as const;
    const lost = { ...app, sendNotice: async () => ({ kind: 'uncertain', reply }) as const };
    expect(await watch(lost)).toBe('uncertain');
    expect(await watch()).toBe('none');
  });

  test('whose making throws is given back', async () => {
    freeBytes = 10e6;
    expect(await watch({ ...app, sendNotice: () => Promise.reject(new Error('no key')) })).toBe('failed');
    expect(await watch()).toBe('sent');
  });

  test('says when it is well again: along with the next mail', async () => {
    freeBytes = 10e6;
    await watch();
    now += hourMs;
    freeBytes = 50e9;
    expect(await watch()).toBe('none');
    addWaiting();
    now += minuteMs;
    await watch();
    expect(sink.caught[1]?.text).toContain('Well again since 2026-06-22 13:00 UTC');
    now += 25 * hourMs;
    app.store.raw.exec("UPDATE deliveries SET status = 'sent', ended_at = 1, next_attempt_at = NULL");
    await watch();
    expect(sink.caught.filter(({ text }) => text.includes('The disk is nearly full'))).toHaveLength(2);
  });

  test('says when it is well again: in a mail of its own when a day has passed, and once', async () => {
    freeBytes = 10e6;
    await watch();
    freeBytes = 50e9;
    now += hourMs;
    await watch();
    now += 23 * hourMs;
    expect(await watch()).toBe('sent');
    now += 48 * hourMs;
    expect(await watch()).toBe('none');
    expect(subjects()[1]).toBe('Paperboy: well again: The disk is nearly full: 10 MB are left');
  });

  test('does not come each time for what comes and goes', async () => {
    for (let hour = 0; hour < 12; hour++) {
      freeBytes = hour % 2 ? 50e9 : 10e6;
      await watch();
      now += hourMs;
    }
    expect(sink.caught).toHaveLength(1);
  });

  test('is not kept back for a year by a clock that was a year ahead', async () => {
    freeBytes = 10e6;
    now += 365 * 24 * hourMs;
    await watch();
    now = noon;
    expect(await watch()).toBe('sent');
  });

  test('escapes what servers say', async () => {
    addWaiting();
    app.store.raw.exec(
      "UPDATE deliveries SET reason = 'deferred', detail = 'rcpt: 451 <script>alert(1)</script>\nBcc: x'",
    );
    let html = '';
    const spy: App = {
      ...app,
      sendNotice(mail) {
        html = mail.html;
        return app.sendNotice(mail);
      },
    };
    await watch(spy);
    expect(html).toContain('rcpt: 451 &lt;&gt;alert(1)&lt;&gt; Bcc: x');
    expect(html).not.toContain('<script>');
  });
});

describe('what is wrong', () => {
  test('a digest that is due and was not planned for two hours', async () => {
    app.store.raw.exec(`UPDATE subscribers SET next_due_at = ${now - 2 * hourMs} WHERE id = 3`);
    now -= 1;
    await watch();
    expect(await standing()).toEqual([]);
    now += 1;
    await watch();
    expect(await standing()).toEqual(['digests_waiting']);
  });

  test('many that a server defers for two hours, not the one of many that is greylisted', async () => {
    app.store.raw.exec('UPDATE plan_runs SET due = 60');
    addDelivery(app.store, 1, { dueAt: now - 3 * hourMs, nextAttemptAt: now + hourMs, reason: 'deferred' });
    await watch();
    expect(await standing()).toEqual([]);
    for (let id = 2; id <= 6; id++)
      addDelivery(app.store, id, {
        dueAt: now - 3 * hourMs,
        nextAttemptAt: now + hourMs,
        reason: 'deferred',
      });
    await watch();
    expect(await standing()).toEqual(['digests_waiting']);
  });

  test('not one that an admin tries again, nor our own words as the mail server’s', async () => {
    addDelivery(app.store, 1, { dueAt: now - 3 * hourMs, nextAttemptAt: now - hourMs });
    app.store.raw.exec("UPDATE deliveries SET detail = 'tried again by hand'");
    await watch();
    expect(await standing()).toEqual([]);
    now += 2 * hourMs;
    await watch();
    expect(await standing()).toEqual(['digests_waiting']);
    expect(sink.caught[0]?.text).not.toContain('by hand');
  });

  test('many failures in a day, with their reasons; not one of many', async () => {
    for (let id = 1; id <= 15; id++) end(app.store, addDelivery(app.store, id), 'sent', null);
    end(app.store, addDelivery(app.store, 16), 'failed', 'recipient_refused');
    await watch();
    expect(await standing()).toEqual([]);
    for (let id = 17; id <= 20; id++) end(app.store, addDelivery(app.store, id), 'failed', 'policy_refused');
    await watch();
    expect(await standing()).toEqual(['digests_failed']);
    expect(sink.caught[0]?.text).toContain('4 policy_refused, 1 recipient_refused; 15 were sent');
    now += 26 * hourMs;
    await watch();
    expect(await standing()).toEqual([]);
  });

  test('a fault of the templates, at once', async () => {
    for (let id = 1; id <= 19; id++) end(app.store, addDelivery(app.store, id), 'sent', null);
    end(app.store, addDelivery(app.store, 20), 'failed', 'render_error');
    await watch();
    expect(await standing()).toEqual(['digests_failed']);
  });

  test('uncertain deliveries that pile up, until they are resolved', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => addDelivery(app.store, index + 1));
    for (const id of ids.slice(1)) end(app.store, id, 'uncertain', 'no_reply');
    await watch();
    expect(await standing()).toEqual([]);
    end(app.store, ids[0] as number, 'uncertain', 'no_reply');
    await watch();
    expect(await standing()).toEqual(['deliveries_uncertain']);
    end(app.store, ids[0] as number, 'sent', null);
    await watch();
    expect(await standing()).toEqual([]);
  });

  test('a login that is refused, at once; it ends when sending goes well', async () => {
    await noteSending(report(), {
      cause: 'auth',
      message: 'auth: 535 5.7.8 paperboy@example.org: bad password',
    });
    addDelivery(app.store, 1);
    await watch();
    expect(subjects()).toEqual(['Paperboy: Sending stopped (auth)']);
    expect(sink.caught[0]?.text).toContain('535 5.7.8 <> bad password');
    await noteSending(report(), null);
    expect(await standing()).toEqual([]);
  });

  test('a mail server that is away for an hour, not one that restarts', async () => {
    addDelivery(app.store, 1);
    await noteSending(report(), { cause: 'unreachable', message: 'connect: refused' });
    now += 59 * minuteMs;
    expect(await watch()).toBe('none');
    now += minuteMs;
    await noteSending(report(), { cause: 'unreachable', message: 'connect: refused' });
    expect(await watch()).toBe('sent');
  });

  test('another cause takes the place of the one before', async () => {
    await noteSending(report(), { cause: 'unreachable', message: 'connect: refused' });
    await noteSending(report(), { cause: 'policy', message: 'ehlo: 554 no' });
    expect(await standing()).toEqual(['sending_stopped:policy']);
    await noteSending(report(), { cause: 'signal', message: 'asked to stop' });
    expect(await standing()).toEqual(['sending_stopped:policy']);
  });

  test('sending that stopped is no trouble any more once nothing is left to send', async () => {
    await noteSending(report(), { cause: 'auth', message: 'auth: 535 no' });
    await watch();
    expect(await standing()).toEqual([]);
  });

  test('a stage that fails stands until it goes well', async () => {
    await noteStage(report(), 'housekeeping', new Error('no room'));
    await watch();
    expect(await standing()).toEqual(['stage_failed:housekeeping']);
    await noteStage(report(), 'ingest', null);
    expect(await standing()).toEqual(['stage_failed:housekeeping']);
    await noteStage(report(), 'housekeeping', null);
    expect(await standing()).toEqual([]);
  });

  test('changed templates that cannot be used, after an hour of work on them, until they are right', async () => {
    const lines: string[] = [];
    const log: Log = { ...silent, warn: (_, text) => lines.push(text) };
    const problems = [{ file: '/own/digest.mjml', line: 3, column: 7, message: 'no such field' }];
    for (let minute = 0; minute < 60; minute += 5) {
      await noteTemplates({ ...report(), log }, { since: noon - hourMs, problems });
      expect(await watch()).toBe('none');
      now += 5 * minuteMs;
    }
    expect(lines).toEqual(['The mail templates were changed and cannot be used: something is wrong']);
    expect(await watch()).toBe('sent');
    expect(sink.caught[0]?.text).toMatch(
      /\/own\/digest\.mjml:3:7: no such field\n\nMails go on with those of 2026-06-22 11:00 UTC\..*would not start again/s,
    );
    await noteTemplates(report(), { since: noon, problems: [] });
    expect(await standing()).toEqual([]);
  });
});

describe('a silent source', () => {
  const at = Date.parse;
  const stand = (source: string, lastNewAt: string, checkedAt: string, state = 'late') =>
    app.store.raw
      .prepare(
        "INSERT OR REPLACE INTO source_states (source, category, state, checked_at, first_checked_at, last_new_at) VALUES (?, '', ?, ?, 0, ?)",
      )
      .run(source, state, at(checkedAt), at(lastNewAt));

  test.each([
    // The batch of Monday evening could be fetched from Tuesday 04:00 UTC.
    ['two days after the batch that did not come', 'arxiv', '2026-06-22T06:00Z', '2026-06-25T04:00Z', true],
    ['less than two days after it', 'arxiv', '2026-06-22T06:00Z', '2026-06-25T03:00Z', false],
    // New papers on Friday; nothing is announced before Sunday evening.
    ['a weekend', 'arxiv', '2026-06-19T06:00Z', '2026-06-21T20:00Z', false],
    ['a weekend with the Monday after it', 'huggingface', '2026-06-19T08:00Z', '2026-06-22T23:00Z', false],
    [
      'a weekend with Monday and Tuesday after it',
      'huggingface',
      '2026-06-19T08:00Z',
      '2026-06-24T00:00Z',
      true,
    ],
    ['a source that is up to date', 'huggingface', '2026-06-24T08:00Z', '2026-06-24T12:00Z', false],
  ])('%s: %s', async (_, source, lastNewAt, checkedAt, silentThen) => {
    stand(source, lastNewAt, checkedAt);
    now = at(checkedAt);
    await watch();
    expect(await standing()).toEqual(silentThen ? [`source_silent:${source}`] : []);
  });

  test('is not one that nobody asked, as after a pause of the program', async () => {
    stand('arxiv', '2026-06-15T06:00Z', '2026-06-15T12:00Z', 'fresh');
    now = at('2026-06-25T12:00Z');
    await watch();
    expect(await standing()).toEqual([]);
  });

  test('ends when something comes, or when it is not asked any more', async () => {
    stand('arxiv', '2026-06-22T06:00Z', '2026-06-25T12:00Z');
    now = at('2026-06-25T12:00Z');
    await watch();
    expect(subjects()).toEqual(['Paperboy: Nothing new has come from arxiv since 2026-06-23 04:00 UTC']);
    stand('arxiv', '2026-06-25T13:00Z', '2026-06-25T13:00Z', 'fresh');
    await watch();
    expect(await standing()).toEqual([]);
    stand('arxiv', '2026-06-22T06:00Z', '2026-06-25T12:00Z');
    await watch();
    const sources = { ...app.config.sources, enabled: [] };
    await watch({ ...app, config: { ...app.config, sources } });
    expect(await standing()).toEqual([]);
  });
});
