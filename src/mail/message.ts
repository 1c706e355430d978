import { hash } from 'node:crypto';
import type { Sender } from '../digest/digest.ts';
import { parseAddress } from './addresses.ts';
import { formatEncoded, formatHeader, formatMailbox } from './headers.ts';
import { createFragmentEncoder, decodeQuotedPrintable } from './quoted-printable.ts';
import type { OutgoingMessage } from './transport.ts';

export interface MessageInput {
  from: Sender;
  to: string;
  /** The return path: where bounces go. */
  envelopeFrom: string;
  /** With its angle brackets. */
  messageId: string;
  /** Epoch ms, written in UTC. */
  dateMs: number;
  subject: string;
  /** With LF; in fragments when much of it recurs in other messages (they are encoded once). */
  html: string | string[];
  text: string | string[];
  /** In order; those that the message has anyway (From, Content-Type …) cannot be given. */
  headers: [name: string, value: string][];
}

/** An address or Message-ID that no parser let through came this far: a fault in the program or the database. */
export class MessageError extends Error {
  override name = 'MessageError';
}

const ownHeaders = /^(from|to|cc|bcc|sender|subject|date|message-id|mime-version|content-.*)$/i;
const encodeFragment = createFragmentEncoder(16 * 1024 * 1024);
const partHeaders = (type: string) =>
  `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
const textHeaders = partHeaders('text/plain');
const htmlHeaders = partHeaders('text/html');

/**
 * The message as it goes out: multipart/alternative, both parts quoted-printable, CRLF, 7-bit but for a To or From
 * whose local part is not ASCII (RFC 6532). The same input gives the same bytes. Throws {@link MessageError} or
 * HeaderNameError for input that only a fault of the program can bring.
 */
export function composeMessage(input: MessageInput): OutgoingMessage {
  const to = wireAddress(input.to);
  const from = wireAddress(input.envelopeFrom);
  if (!/^<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>$/.test(input.messageId)) {
    throw new MessageError(`not a Message-ID: ${JSON.stringify(input.messageId)}`);
  }
  // "=_" never occurs in quoted-printable (RFC 2045 §6.7), so no part can hold the boundary
  const boundary = `=_${hash('sha256', input.messageId, 'hex').slice(0, 24)}`;
  let head =
    formatEncoded('From', formatMailbox(input.from.name, wireAddress(input.from.address))) +
    formatEncoded('To', to) +
    formatHeader('Subject', input.subject) +
    formatEncoded('Date', new Date(input.dateMs).toUTCString().replace('GMT', '+0000')) +
    formatEncoded('Message-ID', input.messageId);
  for (const [name, value] of input.headers) {
    if (ownHeaders.test(name)) throw new MessageError(`the message sets ${name} itself`);
    head += formatHeader(name, value);
  }
  head += `MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n\r\n`;
  const raw = Buffer.concat([
    Buffer.from(`${head}--${boundary}\r\n${textHeaders}`, 'utf8'),
    ...encodePart(input.text),
    Buffer.from(`\r\n--${boundary}\r\n${htmlHeaders}`, 'latin1'),
    ...encodePart(input.html),
    Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'),
  ]);
  return { from, to, messageId: input.messageId, raw };
}

/** The HTML part of a message that `composeMessage` made, with LF; null when there is none. */
export function readHtmlPart(raw: Buffer): string | null {
  const message = raw.toString('latin1');
  const boundary = /\r\n boundary="([^"]+)"\r\n/.exec(message)?.[1];
  const start = message.indexOf(htmlHeaders);
  if (boundary === undefined || start < 0) return null;
  const end = message.indexOf(`\r\n--${boundary}--`, start);
  return end < 0 ? null : decodeQuotedPrintable(message.slice(start + htmlHeaders.length, end));
}

/** Fragments may be encoded apart only where a line ends; others are joined with what follows. */
function encodePart(content: string | string[]): Buffer[] {
  if (typeof content === 'string') return [encodeFragment(content)];
  const encoded: Buffer[] = [];
  let pending = '';
  for (const fragment of content) {
    pending = pending === '' ? fragment : pending + fragment;
    if (!pending.endsWith('\n')) continue;
    encoded.push(encodeFragment(pending));
    pending = '';
  }
  if (pending !== '') encoded.push(encodeFragment(pending));
  return encoded;
}

function wireAddress(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new MessageError(`not an address that can be mailed: ${parsed.message}`);
  return parsed.address.email;
}
