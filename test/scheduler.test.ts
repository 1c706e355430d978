import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ingestPapers, openApp } from '../src/app.ts';
import { startScheduler } from '../src/scheduler.ts';
import { listAlerts, raiseAlert } from '../src/store/alerts.ts';
import { addSubscriber } from '../src/subscribers/subscribers.ts';
import type { Log } from '../src/watch/log-lines.ts';
import { startSink } from './e2e/sink.ts';
import { temporaryFolder } from './support/store.ts';

/** A logger that resolves when a line with this message comes. */
function listen(message: string): { log: Log; heard: Promise<object> } {
  const { promise: heard, resolve } = Promise.withResolvers<object>();
  const take = (line: object, text?: string) => {
    if (text === message) resolve(line);
  };
  return { log: { debug: take, info: take, warn: take, error: take }, heard };
}

async function appWithOneDue(env: Record<string, string> = {}) {
  const cwd = temporaryFolder();
  const app = await openApp({ cwd, env: { SOURCES: 'none', OUTBOX_DIR: join(cwd, 'outbox'), ...env } });
  const file = join(cwd, 'papers.jsonl');
  writeFileSync(file, '{"title": "A paper of today", "abstract": "It says what it found."}\n');
  await ingestPapers(app, { file });
  const now = Date.now();
  await addSubscriber(
    app.store.db,
    { email: 'reader@example.org', topics: ['everything'] },
    app.config.digest,
    now,
    app.hashAddress,
  );
  app.store.raw.exec(`UPDATE subscribers SET next_due_at = ${now - 60_000},
    digest_time = '${new Date(now - 60_000).toISOString().slice(11, 16)}'`);
  return { app, cwd };
}

test('what is due when the program starts is planned and sent without waiting for a cron', async () => {
  const { app, cwd } = await appWithOneDue();
  const { log, heard } = listen('sent');
  const scheduler = startScheduler(app, log);
  expect(await heard).toMatchObject({ sent: 1, failed: 0 });
  await scheduler.stop();
  await app.close();
  expect(readdirSync(join(cwd, 'outbox')).filter((name) => name.endsWith('.eml'))).toHaveLength(1);
});

test('a mail server that is away leaves everything in the queue and is left alone for a while', async () => {
  const { app } = await appWithOneDue({ SMTP_URL: 'smtp://127.0.0.1:1' });
  const { log, heard } = listen('the mail server is left alone for a while');
  const scheduler = startScheduler(app, log);
  expect(await heard).toMatchObject({ cause: 'unreachable', pauseMs: 60_000 });
  await scheduler.stop();
  expect(app.store.raw.prepare('SELECT status, attempts FROM deliveries').all()).toEqual([
    { status: 'pending', attempts: 0 },
  ]);
  await app.close();
});

test('stopping waits for what is under way and starts nothing more', async () => {
  const { app } = await appWithOneDue();
  const { log } = listen('never');
  await startScheduler(app, log).stop();
  const left = app.store.raw.prepare(
    "SELECT count(*) FROM deliveries WHERE status IN ('claimed', 'sending')",
  );
  expect(left.pluck().get()).toBe(0);
  await app.close();
});

const everySecond = { watchCron: '* * * * * *' };

test('what is wrong is mailed to the admin after the first digests went out, once', async () => {
  const sink = await startSink();
  onTestFinished(() => sink.close());
  const { app } = await appWithOneDue({ SMTP_URL: sink.url, ADMIN_EMAIL: 'admin@example.org' });
  await raiseAlert(app.store.db, 'stage_failed:other', 'It fails\npaperboy doctor', app.clock.now());
  const { log, heard } = listen('the admin was mailed');
  const scheduler = startScheduler(app, log, everySecond);
  expect(await heard).toEqual({ causes: ['stage_failed:other'] });
  await sleep(1200);
  await scheduler.stop();
  await app.close();
  expect(sink.caught.map(({ to }) => to[0])).toEqual(['reader@example.org', 'admin@example.org']);
});

test('a mail to the admin that hangs holds up neither the digests nor the end', async () => {
  const { app, cwd } = await appWithOneDue({ ADMIN_EMAIL: 'admin@example.org' });
  await raiseAlert(app.store.db, 'stage_failed:other', 'It fails\npaperboy doctor', app.clock.now());
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const hanging = {
    ...app,
    sendNotice() {
      resolve();
      return new Promise<never>(() => {});
    },
  };
  const { log } = listen('never');
  const scheduler = startScheduler(hanging, log, everySecond);
  await begun;
  // were it waited for, this would not end
  await scheduler.stop();
  await app.close();
  expect(readdirSync(join(cwd, 'outbox')).filter((name) => name.endsWith('.eml'))).toHaveLength(1);
});

test('a stage that fails is kept as an alert, which ends when it goes well again', async () => {
  const { app } = await appWithOneDue();
  const { log, heard } = listen('stage failed');
  const broken = {
    ...app,
    renderer: app.renderer,
    composer: () => Promise.reject(new Error('a bad template')),
  };
  const scheduler = startScheduler(broken, log);
  expect(await heard).toMatchObject({ stage: 'deliver' });
  await scheduler.stop();
  expect(await listAlerts(app.store.db, { standing: true })).toMatchObject([
    { cause: 'stage_failed:deliver', message: expect.stringContaining('a bad template') },
  ]);
  const again = listen('well again');
  const next = startScheduler(app, again.log);
  expect(await again.heard).toEqual({ cause: 'stage_failed:deliver' });
  await next.stop();
  await app.close();
});
