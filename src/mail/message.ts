import { hash } from 'node:crypto';
import type { Sender } from '../digest/digest.ts';
import { type Fragment, textOf } from '../digest/fragments.ts';
import { parseAddress } from './addresses.ts';
import { vouchUnstuffed } from './dot-stuff.ts';
import { formatEncoded, formatHeader, formatMailbox, formatText } from './headers.ts';
import { createOctetWriter } from './octet-writer.ts';
import { decodeQuotedPrintable } from './quoted-printable.ts';
import { createRecent } from './recent.ts';
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
  html: string | Fragment[];
  text: string | Fragment[];
  /** In order; those that the message has anyway (From, Content-Type …) cannot be given. */
  headers: [name: string, value: string][];
}

/** An address or Message-ID that no parser let through came this far: a fault in the program or the database. */
export class MessageError extends Error {
  override name = 'MessageError';
}

const ownHeaders = /^(from|to|cc|bcc|sender|subject|date|message-id|mime-version|content-.*)$/i;
const writer = createOctetWriter();
/** Header lines and addresses as they go out; most are the same in message after message. */
const lines = createRecent<string>(2000);
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
  const boundary = nameBoundary(input.messageId);
  const { name, address } = input.from;
  let head =
    once(`from ${name.length} ${name}${address}`, () =>
      formatEncoded('From', formatMailbox(name, wireAddress(address))),
    ) +
    formatEncoded('To', to) +
    once(`subject ${input.subject}`, () => formatText('Subject', input.subject)) +
    once(`date ${input.dateMs}`, () => formatEncoded('Date', writeDate(input.dateMs))) +
    formatEncoded('Message-ID', input.messageId);
  for (const [name, value] of input.headers)
    head += once(`header ${name.length} ${name}${value}`, () => formatOther(name, value));
  head += `MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n\r\n`;
  writer.start();
  writer.addText(`${head}--${boundary}\r\n${textHeaders}`);
  writePart(input.text);
  writer.addText(`\r\n--${boundary}\r\n${htmlHeaders}`);
  writePart(input.html);
  writer.addText(`\r\n--${boundary}--\r\n`);
  const raw = writer.take();
  // header lines start with a name or a space, boundaries with dashes, and quoted-printable escapes such dots
  vouchUnstuffed(raw);
  return { from, to, messageId: input.messageId, raw };
}

/**
 * "=_" never occurs in quoted-printable (RFC 2045 §6.7), so no part can hold the boundary; what follows it, of the
 * Message-ID, keeps it apart from that of a message this one is wrapped in.
 */
function nameBoundary(messageId: string): string {
  if (!/^<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>$/.test(messageId))
    throw new MessageError(`not a Message-ID: ${JSON.stringify(messageId)}`);
  const local = messageId.slice(1, messageId.lastIndexOf('@'));
  return `=_${/^[A-Za-z0-9.]{24,64}$/.test(local) ? local : hash('sha256', messageId, 'hex').slice(0, 24)}`;
}

function writeDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

function formatOther(name: string, value: string): string {
  if (ownHeaders.test(name)) throw new MessageError(`the message sets ${name} itself`);
  return formatHeader(name, value);
}

function once(key: string, write: () => string): string {
  const known = lines.get(key);
  if (known !== undefined) return known;
  const line = write();
  lines.keep(key, line, 1);
  return line;
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
function writePart(content: string | Fragment[]): void {
  if (typeof content === 'string') {
    writer.addFragment(content);
    return;
  }
  let pending = '';
  for (const fragment of content) {
    if (typeof fragment !== 'string' && pending === '' && fragment.around.at(-1)?.endsWith('\n')) {
      writer.addStencil(fragment);
      continue;
    }
    const text = textOf(fragment);
    pending = pending === '' ? text : pending + text;
    if (!pending.endsWith('\n')) continue;
    writer.addFragment(pending);
    pending = '';
  }
  if (pending !== '') writer.addFragment(pending);
}

/** Most addresses are of this shape, of which the parser would change nothing. */
const usualAddress =
  /^[A-Za-z0-9_+-]{1,40}(?:\.[A-Za-z0-9_+-]{1,20}){0,1}@(?:[a-z0-9]{1,60}\.){1,4}[a-z]{2,20}$/;

function wireAddress(text: string): string {
  if (text.length <= 200 && usualAddress.test(text)) return text;
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new MessageError(`not an address that can be mailed: ${parsed.message}`);
  return parsed.address.email;
}
