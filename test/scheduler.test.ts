import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { expect, test } from 'vitest';
import { ingestPapers, openApp } from '../src/app.ts';
import { startScheduler } from '../src/scheduler.ts';
import { addSubscriber } from '../src/subscribers/subscribers.ts';
import { temporaryFolder } from './support/store.ts';

/** A logger that resolves when a line with this message comes. */
function listen(message: string): { log: Logger; heard: Promise<object> } {
  const { promise: heard, resolve } = Promise.withResolvers<object>();
  const take = (line: object, text?: string) => {
    if (text === message) resolve(line);
  };
  return { log: { info: take, error: take } as unknown as Logger, heard };
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
  const { log, heard } = listen('sending stopped');
  const scheduler = startScheduler(app, log);
  expect(await heard).toMatchObject({ cause: 'unreachable', pauseMs: 60_000, failed: 0 });
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
