import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { signUp } from '../../src/subscribers/sign-up.ts';
import { temporaryFolder } from '../support/store.ts';

interface Received {
  from: string;
  to: string[];
  text: string;
}

async function startServer(
  port = 0,
): Promise<{ port: number; received: Received[]; close: () => Promise<void> }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 10,
    onData(stream, { envelope }, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      stream.on('end', () => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), text });
        done(null, 'queued');
      });
    },
  });
  server.on('error', () => {});
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  return { port: (server.server.address() as AddressInfo).port, received, close };
}

test('a mail server gets the mail as soon as somebody asks; while it is away nothing is kept', async () => {
  const server = await startServer();
  const folder = temporaryFolder();
  const app = await openApp({
    cwd: folder,
    env: {
      DATABASE_URL: `sqlite:${folder}/paperboy.db`,
      SECRET_KEY: 'k'.repeat(40),
      SMTP_URL: `smtp://127.0.0.1:${server.port}`,
      MAIL_FROM: 'Paperboy <paperboy@papers.example.org>',
      PUBLIC_URL: 'https://papers.example.org',
    },
  });
  onTestFinished(() => app.close());
  const ask = (email: string) =>
    signUp(
      { db: app.store.db, now: app.clock.now(), defaults: app.config.digest, canMail: app.signUps.canMail },
      { email, topics: ['everything'], own: [], locale: 'de' },
    );
  expect(await ask('ana@example.org')).toEqual({ ok: true });
  // Asked for twice at once, it is mailed once.
  await Promise.all([app.signUps.mail(), app.signUps.mail()]);
  expect(server.received).toHaveLength(1);
  const [mail] = server.received;
  // What comes back goes where bounces are read, not to whoever answers the sender's mail.
  expect(mail).toMatchObject({ from: 'bounce@papers.example.org', to: ['ana@example.org'] });
  expect(mail?.text).toContain('From: Paperboy <paperboy@papers.example.org>');
  expect(mail?.text).toContain('Auto-Submitted: auto-generated');
  expect(mail?.text).not.toMatch(/^List-/m);
  expect(mail?.text.replaceAll('=\r\n', '')).toMatch(/https:\/\/papers\.example\.org\/confirm\/[\w-]{32}/);

  await server.close();
  // An open connection learns of it a moment later.
  await expect.poll(() => app.signUps.canMail()).toBe(false);
  expect(await ask('ben@example.org')).toEqual({ ok: false, reason: 'no_mail' });
  expect(app.store.raw.prepare('SELECT email FROM sign_ups').pluck().all()).toEqual(['ana@example.org']);
});
