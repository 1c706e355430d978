import { readRecipientField } from './addresses.ts';
import { classify } from './classify.ts';
import type { RecipientReading } from './reading.ts';

/** What Amazon SES reports as JSON, by mail through SNS or to a webhook. */
export interface SesReading {
  kind: 'bounce' | 'complaint' | 'delivered';
  recipients: RecipientReading[];
}

type Json = Record<string, unknown>;

/** Reads an SES notification pasted into a mail; null when the text is something else. */
export function findSesNotification(text: string): SesReading | null {
  if (!/^\s*\{\s*"(?:notificationType|eventType|Type)"/.test(text)) return null;
  // Long lines were broken by a mail server: `!` at the end, a blank at the beginning.
  const joined = text.replace(/!\n /g, '');
  try {
    const json: unknown = JSON.parse(joined.slice(0, joined.lastIndexOf('}') + 1));
    // SNS puts the notification as text into an envelope of its own, unless told to deliver it raw.
    const { Message: message } = asObject(json);
    return readSesNotification(typeof message === 'string' ? JSON.parse(message) : json);
  } catch {
    return null;
  }
}

/** https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html; null when it is none of the known types. */
export function readSesNotification(json: unknown): SesReading | null {
  const notification = asObject(json);
  const type = asText(notification.notificationType ?? notification.eventType);
  if (type === 'Complaint') {
    const recipients = asList(asObject(notification.complaint).complainedRecipients).map((one) =>
      reading(one, { class: 'complaint', reason: 'complaint' }),
    );
    return { kind: 'complaint', recipients };
  }
  if (type === 'Delivery') {
    const { recipients, smtpResponse } = asObject(notification.delivery);
    const diagnostic = asText(smtpResponse).slice(0, 500);
    const status = /\b2\.\d{1,3}\.\d{1,3}/.exec(diagnostic)?.[0] ?? null;
    const reply = /^2\d\d/.exec(diagnostic)?.[0] ?? null;
    return {
      kind: 'delivered',
      recipients: asList(recipients).map((address) => ({
        ...reading({ emailAddress: address }, { class: 'delivered', reason: 'delivered' }),
        ...{ status, reply, diagnostic },
      })),
    };
  }
  if (type === 'Bounce') {
    const bounce = asObject(notification.bounce);
    return { kind: 'bounce', recipients: asList(bounce.bouncedRecipients).map(readBounced) };
  }
  return null;
}

function readBounced(value: unknown): RecipientReading {
  const one = asObject(value);
  const diagnostic = asText(one.diagnosticCode)
    .replace(/^smtp;\s*/i, '')
    .slice(0, 500);
  const status = /[245]\.\d{1,3}\.\d{1,3}/.exec(asText(one.status))?.[0] ?? null;
  return { ...reading(one, classify({ status, texts: [diagnostic] })), diagnostic };
}

function reading(
  value: unknown,
  verdict: Pick<RecipientReading, 'class' | 'reason'> & Partial<RecipientReading>,
): RecipientReading {
  const address = readRecipientField(asText(asObject(value).emailAddress));
  return { address, status: null, reply: null, diagnostic: '', ...verdict };
}

const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 100) : []);
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
