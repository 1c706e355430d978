import { isAscii } from 'node:buffer';
import type { Offer } from './smtp-open.ts';
import { noReply } from './smtp-reply.ts';
import type { Outcome, OutgoingMessage, Phase } from './transport.ts';

export interface Command {
  phase: Phase;
  line: string;
}

export type Envelope = { ok: true; commands: Command[] } | { ok: false; outcome: Outcome };

/**
 * MAIL, RCPT and DATA for a message, with the parameters that it needs and the server offers (SIZE, 8BITMIME,
 * SMTPUTF8, DSN); or what becomes of a message that this server cannot take, without a word to it.
 */
export function planEnvelope(message: OutgoingMessage, offer: Offer): Envelope {
  const { from, to, raw } = message;
  if (!isSafe(to)) return refuseRecipient('not an address that can be put into a command');
  if (!isSafe(from)) return stop('the sender is not an address that can be put into a command');
  if (offer.maxSize > 0 && raw.length > offer.maxSize) {
    return refuseMessage(`the message has ${raw.length} octets, the server takes ${offer.maxSize}`);
  }
  const eightBit = !isAscii(raw);
  const utf8To = needsUtf8(to);
  const utf8 = utf8To || needsUtf8(from) || (eightBit && !isAscii(headersOf(raw)));
  if (utf8 && !offer.smtpUtf8) {
    const missing = 'needs SMTPUTF8 (RFC 6531), which the server does not offer';
    return utf8To ? refuseRecipient(`the address ${missing}`) : stop(`the sender's address ${missing}`);
  }
  if (eightBit && !offer.eightBitMime) {
    return refuseMessage('the message needs 8BITMIME (RFC 6152), which the server does not offer');
  }
  const size = offer.size ? ` SIZE=${raw.length}` : '';
  const reports = offer.dsn ? askForReports(message.messageId) : { mail: '', rcpt: '' };
  const parameters = `${size}${eightBit ? ' BODY=8BITMIME' : ''}${utf8 ? ' SMTPUTF8' : ''}${reports.mail}`;
  return {
    ok: true,
    commands: [
      { phase: 'mail', line: `MAIL FROM:<${from}>${parameters}\r\n` },
      { phase: 'rcpt', line: `RCPT TO:<${to}>${reports.rcpt}\r\n` },
      { phase: 'data', line: 'DATA\r\n' },
    ],
  };
}

/** RFC 3461 §4.4. */
const maxEnvelopeId = 100;

/**
 * RFC 3461: failures and delays are reported with our headers only and name the message whatever becomes of those.
 * Success is not asked for: whether a reply will be lost is not known beforehand, and every mail would bring one back.
 */
function askForReports(messageId: string): { mail: string; rcpt: string } {
  const id = writeXtext(messageId.replace(/^<|>$/g, ''));
  const named = id !== '' && id.length <= maxEnvelopeId ? ` ENVID=${id}` : '';
  return { mail: ` RET=HDRS${named}`, rcpt: ' NOTIFY=FAILURE,DELAY' };
}

/** RFC 3461 §4. */
function writeXtext(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(
      /[^!-*,-<>-~]/g,
      (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

function refuseRecipient(text: string): Envelope {
  return {
    ok: false,
    outcome: { kind: 'failed', reason: 'recipient_refused', reply: noReply('rcpt', text) },
  };
}

function refuseMessage(text: string): Envelope {
  return { ok: false, outcome: { kind: 'failed', reason: 'message_refused', reply: noReply('mail', text) } };
}

function stop(text: string): Envelope {
  return { ok: false, outcome: { kind: 'stop', cause: 'config', reply: noReply('mail', text) } };
}

function isSafe(address: string): boolean {
  return address.includes('@') && address.length <= 254 && !/[\s<>\p{C}]/u.test(address);
}

function needsUtf8(address: string): boolean {
  return /[^ -~]/.test(address);
}

function headersOf(raw: Buffer): Buffer {
  const end = raw.indexOf('\r\n\r\n');
  return end < 0 ? raw : raw.subarray(0, end);
}
