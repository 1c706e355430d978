import { setTimeout as sleepMs } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSmtpTransport } from '../../src/mail/smtp.ts';
import { parseSmtpUrl } from '../../src/mail/smtp-url.ts';
import { startPostfix, whyNoPostfix } from '../e2e/postfix.ts';
import { type Dovecot, startDovecot, whyNoDovecot } from '../support/dovecot.ts';
import { type Letter, openPost, variants } from './letters.ts';
import { isMissing } from './tools.ts';

const missing = isMissing('Postfix with Dovecot', whyNoPostfix() ?? whyNoDovecot());
/** Postfix puts what comes to it into the mailbox that Dovecot serves. */
const mailbox = 'bounce@maildir.example.org';

describe.skipIf(missing)('delivered through Postfix into Dovecot and read by IMAP', () => {
  let sent: Letter[];
  let kept: { raw: Buffer; subject: string; messageId: string }[];
  let log: string;

  let returned: string;

  beforeAll(async () => {
    const post = await openPost();
    const dovecot = await startDovecot();
    const { maildir, owner } = dovecot;
    const postfix = await startPostfix({
      ...{ nextHop: 9, maildir, owner, pipeTo: '/bin/true', keepsMessageId: true },
      refuses: [['refused@reader.example', '550 5.1.1 User unknown']],
    });
    const parsed = parseSmtpUrl(postfix.url);
    if (!parsed.ok) throw new Error(parsed.message);
    const transport = createSmtpTransport({ ...parsed.server, connections: 4 });
    try {
      sent = [];
      for (const [name, digest] of variants()) sent.push(await post.write(name, digest, mailbox));
      const [first] = sent as [Letter];
      // What Postfix cannot deliver comes back to the same mailbox.
      const lost = { ...first.message, from: mailbox, to: 'somebody@nowhere.example' };
      for (const message of [...sent.map((one) => one.message), lost]) {
        const outcome = await transport.send(message);
        expect(outcome.kind, `${outcome.reply.text}\n${postfix.log()}`).toBe('sent');
      }
      const all = await readMailbox(dovecot, sent.length + 1);
      kept = all.filter(({ messageId }) => sent.some(({ message }) => message.messageId === messageId));
      returned = all.find((one) => !kept.includes(one))?.raw.toString('latin1') ?? '';
    } finally {
      await transport.close();
      log = postfix.log();
      await postfix.stop();
      await dovecot.stop();
      await post.close();
    }
  });

  test('every variant is there, byte for byte what was rendered, under the trace of who delivered it', () => {
    expect(kept.length, log).toBe(sent.length);
    for (const { name, message } of sent) {
      const found = kept.find(({ messageId }) => messageId === message.messageId);
      expect(found?.raw.subarray(-message.raw.length).equals(message.raw), name).toBe(true);
      const trace = found?.raw.subarray(0, -message.raw.length).toString('latin1') ?? '';
      expect(trace, name).toMatch(
        /^(?:(?:Return-Path|X-Original-To|Delivered-To|Received): .*\r\n(?:[ \t].*\r\n)*)+$/,
      );
      expect(trace).toContain(`Return-Path: <${message.from}>\r\n`);
    }
  });

  test("the server's own reading of subject and Message-ID is what was meant", () => {
    const read = new Map(kept.map(({ messageId, subject }) => [messageId, subject]));
    expect(read).toEqual(new Map(sent.map(({ message, mail }) => [message.messageId, mail.subject])));
  });

  test('what comes back names the mail by its envelope id, and holds our headers alone', () => {
    const id = sent[0]?.message.messageId.slice(1, -1);
    expect(returned, log).toContain(`\r\nOriginal-Envelope-Id: ${id}\r\n`);
    expect(returned).toMatch(/\r\nContent-Type: text\/rfc822-headers/);
    expect(returned).not.toContain('Content-Type: text/html');
  });
});

async function readMailbox(dovecot: Dovecot, count: number) {
  const { port } = dovecot;
  const auth = { user: 'bounces', pass: 'secret' };
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth, logger: false });
  await client.connect();
  const lock = await client.getMailboxLock('INBOX');
  for (let tries = 0; tries < 300; tries++) {
    const status = await client.status('INBOX', { messages: true });
    if (status && (status.messages ?? 0) >= count) break;
    await sleepMs(200);
  }
  const found: { raw: Buffer; subject: string; messageId: string }[] = [];
  await client.noop();
  for await (const { source, envelope } of client.fetch('1:*', { source: true, envelope: true }))
    found.push({
      raw: source ?? Buffer.alloc(0),
      subject: envelope?.subject ?? '',
      messageId: envelope?.messageId ?? '',
    });
  lock.release();
  await client.logout();
  return found;
}
