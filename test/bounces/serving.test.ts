import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { runDoctor } from '../../src/doctor.ts';
import { startScheduler } from '../../src/scheduler.ts';
import { startDovecot, whyNoDovecot } from '../support/dovecot.ts';
import { temporaryFolder } from '../support/store.ts';
import { bounceOf, secret, storeWithDeliveries } from './deliveries.ts';

/** The lines that are logged, and a promise for the first with this message. */
function listen(message: string) {
  const { promise: heard, resolve } = Promise.withResolvers<object>();
  const lines: unknown[] = [];
  const take = (line: object, text?: string) => {
    lines.push(line, text);
    if (text === message) resolve(line);
  };
  return { log: { debug: take, info: take, warn: take, error: take } as unknown as Logger, heard, lines };
}

async function appWith(url: string) {
  const cwd = temporaryFolder();
  await storeWithDeliveries(1, cwd);
  const app = await openApp({
    cwd,
    env: {
      DATABASE_URL: 'sqlite:paperboy.db',
      SECRET_KEY: secret,
      SOURCES: 'none',
      BOUNCE_IMAP_URL: url,
    },
  });
  onTestFinished(() => app.close());
  const mailbox = async () => {
    const { config, store, clock, transport } = app;
    return (await runDoctor({ config, store, clock, transport })).checks.find(
      ({ name }) => name === 'bounce mailbox',
    );
  };
  return { app, mailbox };
}

const missing = whyNoDovecot();

test.skipIf(missing !== null)('the running program reads the bounce mailbox by itself', async () => {
  const dovecot = await startDovecot();
  onTestFinished(() => dovecot.stop());
  const path = join(dovecot.maildir, 'new/1.test');
  writeFileSync(path, bounceOf(1));
  chownSync(path, dovecot.owner.uid, dovecot.owner.gid);
  const { app, mailbox } = await appWith(dovecot.url);
  expect(await mailbox()).toMatchObject({ status: 'ok', message: expect.stringContaining('1 messages') });
  const { log, heard } = listen('read the bounce mailbox');
  const scheduler = startScheduler(app, log);
  expect(await heard).toMatchObject({ read: 1, hard: 1, recorded: 1, suppressed: 1, moved: 1 });
  await scheduler.stop();
  const moved = ['new', 'cur'].flatMap((inner) => readdirSync(join(dovecot.maildir, '.Paperboy', inner)));
  expect(moved).toHaveLength(1);
});

test('a mailbox that cannot be reached is told, without its password, and stops nothing', async () => {
  const { app, mailbox } = await appWith('imap://bounces:hunter2@127.0.0.1:1/INBOX');
  const check = await mailbox();
  expect(check).toMatchObject({ status: 'fail', message: expect.stringContaining('127.0.0.1:1') });
  const { log, heard, lines } = listen('the bounce mailbox cannot be read');
  const scheduler = startScheduler(app, log);
  await heard;
  await scheduler.stop();
  expect(JSON.stringify([check, lines])).not.toContain('hunter2');
});
