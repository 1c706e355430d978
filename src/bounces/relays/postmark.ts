import type { ReturnEvent } from '../event.ts';
import type { Reason } from '../reading/reasons.ts';
import { bringsSecret, malformed, type RelayReading, refused, type WebhookCall } from './call.ts';
import { asInstant, asObject, asText, asWord, type Json, parseJson } from './json.ts';
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
 * A call of Postmark's webhooks: https://postmarkapp.com/developer/webhooks/bounce-webhook, …/delivery-webhook,
 * …/spam-complaint-webhook, …/subscription-change-webhook. They bring a password or a header of our choosing
 * (https://postmarkapp.com/developer/webhooks/webhooks-overview). Postmark names no Message-ID and no envelope
 * sender of ours, but gives back what our mail had in `X-PM-Metadata-Delivery`
 * (https://postmarkapp.com/support/article/1125-custom-metadata-faq): its return path.
 */
export function readPostmark(call: WebhookCall, secret: string): RelayReading {
  if (!bringsSecret(call, secret))
    return refused('it does not bring POSTMARK_WEBHOOK_SECRET, as a password or in X-Webhook-Secret');
  const json = parseJson(call.body.toString('utf8'));
  if (asText(asObject(json).RecordType) === '') return malformed('expected a JSON object with a RecordType');
  return readEach([json], call, readRecord);
}

function readRecord(record: Json, { secretKey }: WebhookCall): ReturnEvent | { ignored: string } {
  const details = asText(record.Details);
  const metadata = asObject(record.Metadata);
  const sender = metadata.delivery ?? metadata.Delivery;
  const event = (verdict: RelayVerdict, address: unknown, at: unknown, identity: readonly unknown[]) =>
    makeEvent(
      'postmark',
      verdict,
      { address, sender, diagnostic: details, occurredAt: asInstant(at), identity },
      secretKey,
    );
  const type = asText(record.RecordType);
  if (type === 'Delivery')
    return event(judgeDelivered(details), record.Recipient, record.DeliveredAt, [
      'delivery',
      record.MessageID,
      record.Recipient,
    ]);
  if (type === 'SubscriptionChange') {
    const verdict = readChange(record);
    const { Recipient: recipient, ChangedAt: at, SuppressionReason: reason } = record;
    return verdict === null
      ? { ignored: 'SubscriptionChange' }
      : event(verdict, recipient, at, ['change', recipient, at, reason]);
  }
  if (type !== 'Bounce' && type !== 'SpamComplaint') return { ignored: asWord(type) };
  const verdict = type === 'SpamComplaint' ? complained : readBounce(asText(record.Type), details);
  if (verdict === null) return { ignored: `${type} ${asWord(record.Type)}` };
  // IDs are beyond the whole numbers that JSON's readers can tell apart: the message and time belong to it.
  return event(verdict, record.Email, record.BouncedAt, [
    'bounce',
    record.ID,
    record.MessageID,
    record.Email,
    record.BouncedAt,
  ]);
}

const softTypes = new Map<string, Reason>([
  ['SoftBounce', 'undefined'],
  ['Unknown', 'undefined'],
  ['DnsError', 'network_error'],
  ['Blocked', 'blocked'],
  ['SpamNotification', 'spam'],
  ['VirusNotification', 'virus'],
  ['DMARCPolicy', 'auth_failure'],
]);

/** https://postmarkapp.com/developer/api/bounce-api#bounce-types; null: about no address, or an answer by a machine. */
function readBounce(type: string, details: string): RelayVerdict | null {
  const texts = [details];
  if (type === 'HardBounce') return judgeBounce({ permanent: true, texts, otherwise: 'recipient_refused' });
  if (type === 'BadEmailAddress') return noSuchAddress;
  if (type === 'ManuallyDeactivated') return onRelaysList;
  if (type === 'SpamComplaint') return complained;
  if (type === 'Unsubscribe') return unsubscribed;
  if (type === 'Transient') return judgeDelay(texts);
  const otherwise = softTypes.get(type);
  return otherwise === undefined ? null : judgeBounce({ permanent: false, texts, otherwise });
}

/** An address was put on Postmark's suppression list; null: it was taken off it, which lifts nothing here. */
function readChange({ SuppressSending: isOn, SuppressionReason: reason, Origin: origin }: Json) {
  if (isOn !== true) return null;
  if (reason === 'SpamComplaint') return complained;
  return reason === 'ManualSuppression' && origin === 'Recipient' ? unsubscribed : onRelaysList;
}
