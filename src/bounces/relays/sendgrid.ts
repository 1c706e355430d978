import { createPublicKey, verify } from 'node:crypto';
import type { ReturnEvent } from '../event.ts';
import type { Reason } from '../reading/reasons.ts';
import { findStale, malformed, type RelayReading, refused, type WebhookCall } from './call.ts';
import { asInstant, asText, asWord, type Json, parseJson } from './json.ts';
import {
  complained,
  judgeBounce,
  judgeDelay,
  judgeDelivered,
  makeEvent,
  noSuchAddress,
  onRelaysList,
  type RelayVerdict,
  readEach,
  unsubscribed,
} from './relay-event.ts';

/**
 * A call of SendGrid's Event Webhook, a list of events; `key` is the verification key, base64 of DER.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features:
 * an ECDSA signature over the header's timestamp and the body, byte for byte.
 */
export function readSendgrid(call: WebhookCall, key: string): RelayReading {
  const signature = call.header('x-twilio-email-event-webhook-signature');
  const timestamp = call.header('x-twilio-email-event-webhook-timestamp');
  if (signature === null || timestamp === null)
    return refused('it is not signed: turn on Signature Verification for the Event Webhook');
  if (!isSigned(Buffer.concat([Buffer.from(timestamp), call.body]), signature, key))
    return refused('its signature is not by SENDGRID_WEBHOOK_KEY');
  const stale = findStale(asInstant(Number(timestamp)), call.now);
  if (stale !== null) return refused(stale);
  const events = parseJson(call.body.toString('utf8'));
  return Array.isArray(events)
    ? readEach(events, call, readEvent)
    : malformed('expected a JSON list of events');
}

function isSigned(content: Buffer, signature: string, key: string): boolean {
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    return verify('sha256', content, publicKey, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
function readEvent(event: Json, { secretKey }: WebhookCall): ReturnEvent | { ignored: string } {
  const verdict = judgeEvent(event);
  if (verdict === null) return { ignored: asWord(event.event) };
  const { email, timestamp, sg_event_id: id, sg_message_id: sendgridsId } = event;
  return makeEvent(
    'sendgrid',
    verdict,
    {
      address: email,
      messageId: event['smtp-id'],
      diagnostic: asText(event.reason) || asText(event.response),
      occurredAt: asInstant(timestamp),
      identity:
        asText(id) === '' ? [event.event, email, timestamp, sendgridsId, event['smtp-id']] : [asText(id)],
    },
    secretKey,
  );
}

/** Drops: SendGrid's own decision, before any other server was asked. */
const drops = new Map<string, RelayVerdict>([
  ['bounced address', onRelaysList],
  ['invalid', noSuchAddress],
  ['spam reporting address', complained],
  ['unsubscribed address', unsubscribed],
]);

/** `bounce_classification`, where the words say nothing. */
const classifications = new Map<string, Reason>([
  ['invalid address', 'user_unknown'],
  ['mailbox unavailable', 'disabled'],
  ['technical', 'system_error'],
  ['content', 'content_rejected'],
  ['reputation', 'blocked'],
  ['frequency or volume too high', 'rate_limited'],
]);

function judgeEvent(event: Json): RelayVerdict | null {
  const reason = asText(event.reason);
  const status = /^[245]\.\d{1,3}\.\d{1,3}$/.exec(asText(event.status))?.[0] ?? null;
  switch (event.event) {
    case 'delivered':
      return judgeDelivered(asText(event.response));
    case 'deferred':
      return judgeDelay([asText(event.response) || reason], status);
    case 'spamreport':
      return complained;
    case 'unsubscribe':
    case 'group_unsubscribe':
      return unsubscribed;
    case 'dropped':
      return (
        drops.get(reason.toLowerCase()) ??
        judgeBounce({ permanent: false, texts: [reason], otherwise: 'policy' })
      );
    case 'bounce':
      return judgeSendgridBounce(event, reason, status);
    default:
      return null;
  }
}

/** `type` is `bounce` for what is final, `blocked` for what may pass another time, `expired` after three days. */
function judgeSendgridBounce(event: Json, reason: string, status: string | null): RelayVerdict {
  const type = asText(event.type);
  const byType = { blocked: 'blocked', expired: 'expired' } as const;
  const otherwise =
    classifications.get(asText(event.bounce_classification).toLowerCase()) ??
    (type === 'blocked' || type === 'expired' ? byType[type] : 'recipient_refused');
  return judgeBounce({ permanent: type === 'bounce' || type === '', texts: [reason], status, otherwise });
}
