import { randomBytes } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { Sender } from '../digest/digest.ts';
import { composeMessage } from './message.ts';
import type { OutgoingMessage } from './transport.ts';

/** A mail of the program's own that is no digest: to the admin, say. */
export interface Notice {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Where bounces go; absent: to the sender. */
  returnPath?: string;
}

/** Composes it: from `from`, marked as automatic (RFC 3834) and as no list's. */
export function composeNotice(notice: Notice, from: Sender, dateMs: number): OutgoingMessage {
  const domain = domainToASCII(from.address.slice(from.address.lastIndexOf('@') + 1)) || 'localhost';
  return composeMessage({
    from,
    to: notice.to,
    envelopeFrom: notice.returnPath ?? from.address,
    messageId: `<${new Date(dateMs).toISOString().slice(0, 10)}.${randomBytes(16).toString('hex')}@${domain}>`,
    dateMs,
    subject: notice.subject,
    text: notice.text,
    html: notice.html,
    headers: [['Auto-Submitted', 'auto-generated']],
  });
}
