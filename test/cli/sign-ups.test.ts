import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { fixedClock } from '../../src/clock.ts';
import { confirmSignUp } from '../../src/subscribers/confirm.ts';
import { signUp } from '../../src/subscribers/sign-up.ts';
import { openTerminal } from './terminal.ts';

const now = Date.parse('2026-06-22T06:00:00Z');
const at = ['--at', '2026-06-22T07:00:00Z'];

test('the command line shows who waits to confirm, and of who did, when', async () => {
  const terminal = openTerminal();
  onTestFinished(() => terminal.remove());
  expect((await terminal.run('subscribers', 'sign-ups', ...at)).stdout).toContain('Nobody waits');
  const outbox = join(terminal.folder, 'outbox');
  const env = {
    DATABASE_URL: `sqlite:${join(terminal.folder, 'paperboy.db')}`,
    SECRET_KEY: 'k'.repeat(32),
    OUTBOX_DIR: outbox,
    PUBLIC_URL: 'https://papers.example.org',
    MAIL_FROM: 'Paperboy <paperboy@papers.example.org>',
  };
  const app = await openApp({ env, cwd: terminal.folder, clock: fixedClock(now) });
  const ask = (email: string) =>
    signUp(
      { db: app.store.db, now, defaults: app.config.digest, canMail: app.signUps.canMail },
      { email, topics: ['everything'], own: [] },
    );
  await ask('ana@example.org');
  await ask('ben@example.org');
  expect(await app.signUps.mail()).toEqual({ mailed: 2, putOff: 0, notMailed: 0 });

  // The mail went out through the transport that digests go through, and says that a program wrote it.
  const mail = readdirSync(outbox).find((name) => name.includes('ana@example.org') && name.endsWith('.eml'));
  const raw = readFileSync(join(outbox, mail ?? ''), 'utf8');
  expect(raw).toContain('Subject: Please confirm your subscription');
  expect(raw).toContain('Auto-Submitted: auto-generated');
  const token =
    /https:\/\/papers\.example\.org\/confirm\/([\w-]{32})/.exec(raw.replaceAll('=\r\n', ''))?.[1] ?? '';
  await confirmSignUp(
    { db: app.store.db, now: now + 60_000, hashAddress: app.hashAddress, defaults: app.config.digest },
    token,
  );
  await app.close();

  const { stdout } = await terminal.run('subscribers', 'sign-ups', ...at);
  expect(stdout).toMatch(/ben@example\.org {2}2026-06-22 06:00Z {2}2026-06-29 06:00Z {2}link mailed/);
  expect(stdout).not.toContain('ana@example.org');
  const json = JSON.parse((await terminal.run('subscribers', 'sign-ups', '--json', ...at)).stdout);
  expect(json).toMatchObject([{ email: 'ben@example.org', mail: 'confirm', tries: 1 }]);
  expect((await terminal.run('subscribers', 'show', 'ana@example.org')).stdout).toContain(
    'confirmed   2026-06-22 06:01Z by the link mailed after signing up 2026-06-22 06:00Z',
  );
});
