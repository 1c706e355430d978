import { expect, test } from 'vitest';
import { planEnvelope } from '../../src/mail/smtp-envelope.ts';
import type { Offer } from '../../src/mail/smtp-open.ts';
import type { OutgoingMessage } from '../../src/mail/transport.ts';

const message: OutgoingMessage = {
  from: 'bounce+token@example.org',
  to: 'reader@example.org',
  messageId: '<2026-07-01.abc@example.org>',
  raw: Buffer.from('From: a@example.org\r\n\r\nHello\r\n'),
};
const nothing: Offer = {
  pipelining: false,
  eightBitMime: false,
  smtpUtf8: false,
  size: false,
  maxSize: 0,
  dsn: false,
};
function lines(offer: Partial<Offer>, changes: Partial<OutgoingMessage> = {}): string[] {
  const envelope = planEnvelope({ ...message, ...changes }, { ...nothing, ...offer });
  return envelope.ok ? envelope.commands.map(({ line }) => line) : [envelope.outcome.kind];
}
const mail = 'MAIL FROM:<bounce+token@example.org>';
const rcpt = 'RCPT TO:<reader@example.org>';

test('a server that offers nothing is asked for nothing', () => {
  expect(lines({})).toEqual([`${mail}\r\n`, `${rcpt}\r\n`, 'DATA\r\n']);
});

test('where reports can be asked for, failures and delays are, by headers and with an envelope id; never successes', () => {
  expect(lines({ dsn: true })).toEqual([
    `${mail} RET=HDRS ENVID=2026-07-01.abc@example.org\r\n`,
    `${rcpt} NOTIFY=FAILURE,DELAY\r\n`,
    'DATA\r\n',
  ]);
});

test.each([
  ['<a+b=c@example.org>', ' ENVID=a+2Bb+3Dc@example.org'],
  ['<a b\r\nRCPT TO:@x>', ' ENVID=a+20b+0D+0ARCPT+20TO:@x'],
  ['<jörg@x>', ' ENVID=j+C3+B6rg@x'],
  [`<${'a'.repeat(99)}@example.org>`, ''],
  ['', ''],
])('an envelope id is xtext of at most 100 characters: %j', (messageId, parameter) => {
  expect(lines({ dsn: true }, { messageId })[0]).toBe(`${mail} RET=HDRS${parameter}\r\n`);
});

test('SMTPUTF8 is asked for only where an address needs it', () => {
  const all = { eightBitMime: true, smtpUtf8: true };
  expect(lines(all)[0]).toBe(`${mail}\r\n`);
  expect(lines(all, { to: 'reader@xn--bcher-kva.example' })[0]).toBe(`${mail}\r\n`);
  expect(lines(all, { to: 'jörg@example.org' })[0]).toBe(`${mail} SMTPUTF8\r\n`);
  expect(lines({}, { to: 'jörg@example.org' })).toEqual(['failed']);
});
