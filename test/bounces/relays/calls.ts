import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReturnEvent } from '../../../src/bounces/event.ts';
import type { RelayReading, WebhookCall } from '../../../src/bounces/relays/call.ts';
import { makeReturnPath } from '../../../src/bounces/return-path.ts';
import type { TestCertificate } from './certificate.ts';

/** Monday, 09:00 UTC. */
export const now = Date.parse('2026-06-22T09:00:00Z');
export const secretKey = 'k'.repeat(43);
export const secret = 'a-shared-secret-of-24-ch';

export interface SignedCall {
  body: string | Buffer;
  headers: Record<string, string>;
}

export function toCall({ body, headers }: SignedCall): WebhookCall {
  const given = new Headers(headers);
  return { body: Buffer.from(body), header: (name) => given.get(name), now, secretKey };
}

/** The events of a payload by its name; `//` names the page whose shape it follows. */
export function payloads(relay: string): Record<string, Record<string, unknown>> {
  const file = join(import.meta.dirname, '../../fixtures/webhooks', `${relay}.json`);
  const text = readFileSync(file, 'utf8').replaceAll('RETURN_PATH', returnPathOf(7));
  const { '//': _page, ...named } = JSON.parse(text);
  return named;
}

export const returnPathOf = (deliveryId: number) =>
  makeReturnPath({ secret: secretKey, deliveryId, domain: 'news.example.org' });

export function eventsOf(reading: RelayReading): ReturnEvent[] {
  if (reading.kind !== 'events') throw new Error(JSON.stringify(reading));
  return reading.events;
}

export const withSecret = (event: unknown, brought = secret): SignedCall => ({
  body: JSON.stringify(event),
  headers: { Authorization: `Basic ${Buffer.from(`paperboy:${brought}`).toString('base64')}` },
});

let tokens = 0;
export function mailgunCall(
  event: unknown,
  { key = secret, at = now, token = `token-${++tokens}` }: { key?: string; at?: number; token?: string } = {},
): SignedCall {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  const body = JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': event });
  return { body, headers: {} };
}

export function makeSendgridKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), privateKey };
}

export function sendgridCall(
  events: unknown,
  privateKey: ReturnType<typeof makeSendgridKeys>['privateKey'],
  at = now,
): SignedCall {
  const body = typeof events === 'string' ? events : `${JSON.stringify(events)}\r\n`;
  const timestamp = String(Math.floor(at / 1_000));
  const signature = sign('sha256', Buffer.from(timestamp + body), privateKey).toString('base64');
  return {
    body,
    headers: {
      'X-Twilio-Email-Event-Webhook-Signature': signature,
      'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
    },
  };
}

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:ses-feedback';
export const certificateUrl =
  'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';

/** What SNS signs, by https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export function snsCall(
  { privateKey }: TestCertificate,
  given: Record<string, string>,
  version = '2',
): SignedCall {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: topicArn,
    Timestamp: new Date(now).toISOString(),
    SigningCertURL: certificateUrl,
    ...given,
  };
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const content = names
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
  const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(content), privateKey);
  return {
    body: JSON.stringify({
      ...message,
      SignatureVersion: version,
      Signature: signature.toString('base64'),
    }),
    headers: { 'x-amz-sns-message-type': message.Type ?? '', 'Content-Type': 'text/plain; charset=UTF-8' },
  };
}
