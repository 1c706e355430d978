import type { ReturnEvent } from '../event.ts';
import { bringsSecret, malformed, type RelayReading, refused, type WebhookCall } from './call.ts';
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
 * A call of Brevo's transactional webhooks, one event or (https://developers.brevo.com/docs/batch-webhooks) a list of
 * them, with a token or password of our choosing (https://developers.brevo.com/docs/secured-webhooks).
 */
export function readBrevo(call: WebhookCall, secret: string): RelayReading {
  if (!bringsSecret(call, secret))
    return refused('it does not bring BREVO_WEBHOOK_SECRET, as a bearer token or a password');
  const json = parseJson(call.body.toString('utf8'));
  if (typeof json !== 'object' || json === null) return malformed('expected a JSON event or a list of them');
  return readEach(Array.isArray(json) ? json : [json], call, readEvent);
}

/** https://developers.brevo.com/docs/transactional-webhooks */
function readEvent(event: Json, { secretKey }: WebhookCall): ReturnEvent | { ignored: string } {
  const reason = asText(event.reason);
  const verdict = judgeEvent(asText(event.event), reason);
  if (verdict === null) return { ignored: asWord(event.event) };
  const { email, ts, ts_event: eventSeconds, ts_epoch: epoch, 'message-id': messageId } = event;
  return makeEvent(
    'brevo',
    verdict,
    {
      address: email,
      messageId,
      diagnostic: reason,
      // `ts` and `date` are in the account's own time zone.
      occurredAt: asInstant(epoch) ?? asInstant(eventSeconds),
      // Brevo's `id` is the webhook's own.
      identity: [event.event, messageId, email, epoch ?? null, eventSeconds ?? null, ts ?? null],
    },
    secretKey,
  );
}

function judgeEvent(name: string, reason: string): RelayVerdict | null {
  const texts = [reason];
  switch (name) {
    case 'delivered':
      return judgeDelivered(reason);
    case 'hard_bounce':
      return judgeBounce({ permanent: true, texts, otherwise: 'recipient_refused' });
    case 'soft_bounce':
      return judgeBounce({ permanent: false, texts, otherwise: 'undefined' });
    case 'blocked':
      // `blocked : due to blacklist user`: Brevo's own list of who bounced, complained or left.
      return /\b(?:black|block)list(?:ed)? (?:user|contact|recipient)/i.test(reason)
        ? onRelaysList
        : judgeBounce({ permanent: false, texts, otherwise: 'blocked' });
    case 'invalid_email':
      return noSuchAddress;
    case 'deferred':
      return judgeDelay(texts);
    case 'spam':
    case 'complaint':
      return complained;
    case 'unsubscribed':
    case 'unsubscribe':
      return unsubscribed;
    default:
      return null;
  }
}
