import { createHash, timingSafeEqual } from 'node:crypto';
import type { ReturnEvent } from '../event.ts';

export const relays = ['ses', 'postmark', 'mailgun', 'sendgrid', 'brevo'] as const;
export type Relay = (typeof relays)[number];

/** One call of a webhook, as it came. */
export interface WebhookCall {
  body: Buffer;
  /** In any case; null without it. */
  header: (name: string) => string | null;
  /** Epoch ms. */
  now: number;
  /** Of our return paths. */
  secretKey: string;
}

/** What a call says, once it is known to be from the relay. */
export type RelayReading =
  /** `ignored`: kinds of events, each once, that say nothing about an address. */
  | { kind: 'events'; events: ReturnEvent[]; ignored: string[] }
  /** Amazon SNS asks whether the topic's messages are wanted: to be answered by a GET. */
  | { kind: 'confirm'; url: string }
  /** Not from the relay, as far as can be told. Why, for who set it up. */
  | { kind: 'refused'; why: string }
  | { kind: 'malformed'; why: string }
  /** It cannot be told now; the relay shall try again. */
  | { kind: 'unavailable'; why: string };

export const refused = (why: string): RelayReading => ({ kind: 'refused', why });
export const malformed = (why: string): RelayReading => ({ kind: 'malformed', why });

/** Compares in a time that tells nothing of either text. */
export function isSameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/**
 * Whether a call brings the secret shared with the relay: as a bearer token, as the password of basic authentication
 * (RFC 7617; whatever its name, as in https://paperboy:SECRET@…), or in the header X-Webhook-Secret.
 */
export function bringsSecret({ header }: WebhookCall, secret: string): boolean {
  const authorization = header('authorization')?.trim() ?? '';
  const bearer = /^bearer +(\S{1,2000})$/i.exec(authorization)?.[1];
  const basic = /^basic +(\S{1,2000})$/i.exec(authorization)?.[1];
  const password = /^[^:]*:(.*)$/s.exec(Buffer.from(basic ?? '', 'base64').toString('utf8'))?.[1];
  return [bearer, password, header('x-webhook-secret')].some(
    (text) => text != null && isSameText(text, secret),
  );
}

/** Relays try again for up to a day; later than this, somebody plays back what they recorded. */
const maxAgeMs = 3 * 86_400_000;
const maxAheadMs = 3_600_000;

/** What is wrong with the instant a call was signed at; null: nothing. */
export function findStale(signedAt: number | null, now: number): string | null {
  if (signedAt === null) return 'it does not say when it was signed';
  if (now - signedAt > maxAgeMs) return 'it was signed more than three days ago';
  return signedAt - now > maxAheadMs ? 'it was signed in the future: check the clock of this machine' : null;
}
