import type { ReturnEvent } from '../event.ts';
import { readSesNotification } from '../reading/ses-notification.ts';
import { malformed, type RelayReading, type WebhookCall } from './call.ts';
import { asObject, asText, asWord, parseJson } from './json.ts';
import { makeEvent } from './relay-event.ts';
import { type Certificates, readSns } from './sns.ts';

/** A call that Amazon SNS makes for what Amazon SES publishes to a topic. */
export async function readSes(
  call: WebhookCall,
  topicArn: string,
  certificates: Certificates,
): Promise<RelayReading> {
  const sns = await readSns(call, topicArn, certificates);
  if (sns.kind !== 'notification') return sns;
  const notification = parseJson(sns.message);
  // SES tries a new topic with a sentence of plain text.
  if (notification === undefined && /successfully validated sns topic/i.test(sns.message))
    return { kind: 'events', events: [], ignored: ['validation'] };
  if (typeof notification !== 'object' || notification === null)
    return malformed('its Message is not a notification by SES: the topic carries something else');
  const { eventType, notificationType } = asObject(notification);
  const reading = readSesNotification(notification);
  if (reading === null)
    return { kind: 'events', events: [], ignored: [asWord(asText(notificationType ?? eventType))] };
  const { id, sender, messageId, occurredAt } = reading;
  const events = reading.recipients.flatMap(
    ({ class: kind, address, diagnostic, ...rest }): ReturnEvent[] => {
      if (kind === 'not-a-bounce' || kind === 'auto-reply') return [];
      const facts = { address, sender, messageId, diagnostic, occurredAt, identity: [id, address] };
      return [makeEvent('ses', { class: kind, ...rest }, facts, call.secretKey)];
    },
  );
  return { kind: 'events', events, ignored: events.length > 0 ? [] : [asWord(reading.kind)] };
}
