import { createHash, createHmac } from 'node:crypto';
import type { ReturnEvent } from '../event.ts';
import { findStale, isSameText, malformed, type RelayReading, refused, type WebhookCall } from './call.ts';
import { asInstant, asObject, asText, asWord, type Json, parseJson } from './json.ts';
import {
  complained,
  judgeBounce,
  judgeDelay,
  judgeDelivered,
  makeEvent,
  onRelaysList,
  type RelayVerdict,
  readEach,
  unsubscribed,
} from './relay-event.ts';

/** Whether a token is new, or comes with what it came with before. */
export type TokenMemory = (token: string, event: unknown) => boolean;

/**
 * Mailgun signs a timestamp and a token but not the event: who has seen one call could send another event with its
 * signature. So a token counts for one event alone; the latest `size` tokens are kept, in memory.
 */
export function makeTokenMemory(size = 10_000): TokenMemory {
  const seen = new Map<string, string>();
  return (token, event) => {
    const digest = createHash('sha256').update(JSON.stringify(event)).digest('base64');
    const before = seen.get(token);
    if (before !== undefined) return before === digest;
    seen.set(token, digest);
    const [oldest] = seen.keys();
    if (seen.size > size && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}

/**
 * A call of Mailgun's webhooks: `{"signature": {timestamp, token, signature}, "event-data": {…}}`.
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks: the signature is the
 * HMAC-SHA256 of timestamp and token in hexadecimal, by the account's HTTP webhook signing key.
 */
export function readMailgun(call: WebhookCall, key: string, isTokenGood: TokenMemory): RelayReading {
  const json = asObject(parseJson(call.body.toString('utf8')));
  const event = asObject(json['event-data']);
  const { timestamp, token, signature } = asObject(json.signature);
  if (typeof timestamp !== 'string' || typeof token !== 'string' || typeof signature !== 'string')
    return malformed('expected JSON with signature and event-data, as the webhooks since 2018 send it');
  const expected = createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex');
  if (!isSameText(signature, expected)) return refused('its signature is not by MAILGUN_SIGNING_KEY');
  const stale = findStale(asInstant(Number(timestamp)), call.now);
  if (stale !== null) return refused(stale);
  if (asText(event.event) === '') return malformed('event-data names no event');
  if (!isTokenGood(token, event)) return refused('its token came with another event before');
  return readEach([event], call, readEvent);
}

/** https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure */
function readEvent(event: Json, { secretKey }: WebhookCall): ReturnEvent | { ignored: string } {
  const delivery = asObject(event['delivery-status']);
  const verdict = judgeEvent(event, delivery);
  if (verdict === null) return { ignored: asWord(event.event) };
  const { id, timestamp } = event;
  const occurredAt = asInstant(timestamp);
  // An id is unique within a day.
  const day = Math.floor((occurredAt ?? 0) / 86_400_000);
  return makeEvent(
    'mailgun',
    verdict,
    {
      address: event.recipient,
      sender: asObject(event.envelope).sender,
      messageId: asObject(asObject(event.message).headers)['message-id'],
      diagnostic: asText(delivery.message) || asText(delivery.description),
      occurredAt,
      identity: asText(id) === '' ? [event.event, event.recipient, timestamp] : [id, day],
    },
    secretKey,
  );
}

function judgeEvent(event: Json, delivery: Json): RelayVerdict | null {
  if (event.event === 'delivered') return judgeDelivered(replyText(delivery));
  if (event.event === 'complained') return complained;
  if (event.event === 'unsubscribed') return unsubscribed;
  if (event.event !== 'failed') return null;
  const { reason } = event;
  if (reason === 'suppress-bounce') return onRelaysList;
  if (reason === 'suppress-complaint') return complained;
  if (reason === 'suppress-unsubscribe') return unsubscribed;
  const texts = [replyText(delivery), asText(delivery.description)];
  const status =
    /^[245]\.\d{1,3}\.\d{1,3}$/.exec(
      asText(delivery['enhanced-code']) || asText(delivery['bounce-code']),
    )?.[0] ?? null;
  // `old`: it was tried for as long as Mailgun tries, the last time still as `temporary`.
  if (reason === 'old') return judgeBounce({ permanent: false, texts, status, otherwise: 'expired' });
  if (event.severity !== 'permanent') return judgeDelay(texts, status);
  if (reason === 'espblock') return judgeBounce({ permanent: false, texts, status, otherwise: 'blocked' });
  const otherwise = reason === 'bounce' ? 'recipient_refused' : 'undefined';
  return judgeBounce({ permanent: true, texts, status, otherwise });
}

/** What the server said, with its code before it. Codes such as 498 and 605 are Mailgun's own. */
function replyText({ code, message }: Json): string {
  const text = asText(message);
  const isReply = typeof code === 'number' && code >= 200 && code < 600 && code !== 498 && code !== 499;
  return isReply && !text.startsWith(String(code)) ? `${code} ${text}` : text;
}
