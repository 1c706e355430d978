import { asInstant, asList, asObject, asText, type Json, toLine } from '../relays/json.ts';
import { judgeBounce, judgeDelay, judgeDelivered, onRelaysList } from '../relays/relay-event.ts';
import { readRecipientField } from './addresses.ts';
import type { RecipientReading } from './reading.ts';
import type { Reason } from './reasons.ts';

/** What Amazon SES reports as JSON, by mail through SNS or to a webhook. */
export interface SesReading {
  kind: 'bounce' | 'complaint' | 'delivered';
  /** At most 100. */
  recipients: RecipientReading[];
  /** Together with the recipient, what no other report has. */
  id: string;
  /** Our envelope sender, and our Message-ID where SES is told to include the headers; '' without. */
  sender: string;
  messageId: string;
  /** Epoch ms. */
  occurredAt: number | null;
}

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

/**
 * Reads what SES publishes for an identity (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html) or a
 * configuration set (…/event-publishing-retrieving-sns-contents.html); null when it is none of the known types.
 */
export function readSesNotification(json: unknown): SesReading | null {
  const notification = asObject(json);
  const type = asText(notification.notificationType ?? notification.eventType);
  const mail = asObject(notification.mail);
  const about = (event: Json) => ({
    id: asText(event.feedbackId) || `${type} ${asText(mail.messageId)} ${asText(event.timestamp)}`,
    sender: asText(mail.source),
    messageId: readOurMessageId(mail),
    occurredAt: asInstant(event.timestamp),
  });
  if (type === 'Complaint') {
    const complaint = asObject(notification.complaint);
    const verdict = judgeComplaint(complaint);
    const recipients = bounded(complaint.complainedRecipients).map((one) => reading(one, verdict));
    return { kind: 'complaint', recipients, ...about(complaint) };
  }
  if (type === 'Delivery') {
    const delivery = asObject(notification.delivery);
    const diagnostic = toLine(asText(delivery.smtpResponse));
    const verdict = judgeDelivered(diagnostic);
    return {
      kind: 'delivered',
      recipients: bounded(delivery.recipients).map((address) =>
        reading({ emailAddress: address }, { ...verdict, diagnostic }),
      ),
      ...about(delivery),
    };
  }
  if (type === 'DeliveryDelay') {
    const delay = asObject(notification.deliveryDelay);
    const recipients = bounded(delay.delayedRecipients).map((one) => {
      const { status, diagnostic } = readDiagnostic(one);
      return reading(one, { ...judgeDelay([diagnostic], status), diagnostic });
    });
    return { kind: 'bounce', recipients, ...about(delay) };
  }
  if (type === 'Bounce') {
    const bounce = asObject(notification.bounce);
    const recipients = bounded(bounce.bouncedRecipients).map((one) => readBounced(one, bounce));
    return { kind: 'bounce', recipients, ...about(bounce) };
  }
  return null;
}

/** Why, where the other server gave no reason; by https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types */
const subTypes = new Map<string, Reason>([
  ['Permanent NoEmail', 'user_unknown'],
  ['Permanent General', 'recipient_refused'],
  ['Transient MailboxFull', 'mailbox_full'],
  ['Transient MessageTooLarge', 'too_big'],
  ['Transient ContentRejected', 'content_rejected'],
  ['Transient AttachmentRejected', 'content_rejected'],
]);

function readBounced(one: unknown, { bounceType, bounceSubType }: Json): RecipientReading {
  const { status, diagnostic } = readDiagnostic(one);
  if (bounceSubType === 'Suppressed' || bounceSubType === 'OnAccountSuppressionList')
    return reading(one, { ...onRelaysList, diagnostic });
  const verdict = judgeBounce({
    // A report without a type is SES's own of long ago: its words decide alone.
    permanent: bounceType === 'Permanent' || bounceType === undefined,
    texts: [diagnostic],
    status,
    otherwise: subTypes.get(`${asText(bounceType)} ${asText(bounceSubType)}`) ?? 'undefined',
  });
  return reading(one, { ...verdict, diagnostic });
}

function readDiagnostic(one: unknown): { status: string | null; diagnostic: string } {
  const { status, diagnosticCode } = asObject(one);
  return {
    status: /[245]\.\d{1,3}\.\d{1,3}/.exec(asText(status))?.[0] ?? null,
    diagnostic: toLine(asText(diagnosticCode).replace(/^smtp;\s*/i, '')),
  };
}

/** Feedback types are those of RFC 5965; most reporters leave it out. */
function judgeComplaint({ complaintFeedbackType: type }: Json): Pick<RecipientReading, 'class' | 'reason'> {
  if (type === 'not-spam') return { class: 'not-a-bounce', reason: 'not_spam' };
  return { class: 'complaint', reason: type === 'auth-failure' ? 'auth_failure_report' : 'complaint' };
}

/** SES gives its own Message-ID to what it sends: ours stands among the original headers. */
function readOurMessageId({ commonHeaders, headers }: Json): string {
  const original = asList(headers)
    .slice(0, 200)
    .map(asObject)
    .find(({ name }) => asText(name).toLowerCase() === 'message-id');
  return asText(original?.value) || asText(asObject(commonHeaders).messageId);
}

function reading(
  value: unknown,
  verdict: Pick<RecipientReading, 'class' | 'reason'> & Partial<RecipientReading>,
): RecipientReading {
  const address = readRecipientField(asText(asObject(value).emailAddress));
  return { address, status: null, reply: null, diagnostic: '', ...verdict };
}

const bounded = (value: unknown): unknown[] => asList(value).slice(0, 100);
