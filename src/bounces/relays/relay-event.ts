import { createHash } from 'node:crypto';
import type { Origin, ReturnEvent } from '../event.ts';
import { readRecipientField } from '../reading/addresses.ts';
import { classify } from '../reading/classify.ts';
import { type Reason, reasons } from '../reading/reasons.ts';
import { findDeliveryId } from '../return-path.ts';
import type { Relay, RelayReading, WebhookCall } from './call.ts';
import { asObject, asText, toLine } from './json.ts';

/** What an event comes to. */
export type RelayVerdict = Pick<ReturnEvent, 'class' | 'reason' | 'status' | 'reply'>;

/** What a relay says of a bounce. */
export interface RelayBounce {
  /** Whether the relay takes it for final for this address. */
  permanent: boolean;
  /** What the other server said, then what the relay adds. */
  texts: readonly string[];
  /** Enhanced status code (RFC 3463); null without one. */
  status?: string | null;
  /** When neither words nor codes tell why. */
  otherwise: Reason;
}

/**
 * Why mail bounced, by the words of the server that refused it: relays call a refusal for spam or policy a hard
 * bounce too. Never harder than the relay has it.
 */
export function judgeBounce({ permanent, texts, status, otherwise }: RelayBounce): RelayVerdict {
  const verdict = classify({ status: status ?? null, texts: texts.slice(0, 3) });
  const reason = verdict.reason === 'undefined' ? otherwise : verdict.reason;
  const isTransient = (verdict.status ?? verdict.reply ?? '').startsWith('4');
  const isHard = reasons[reason].class === 'hard' || reason === 'recipient_refused';
  return {
    class: permanent && isHard && !isTransient ? 'hard' : 'soft',
    reason,
    status: verdict.status,
    reply: verdict.reply,
  };
}

const codeless = { status: null, reply: null };

/** The relay goes on trying; what becomes of it is told later. */
export function judgeDelay(texts: readonly string[], status: string | null = null): RelayVerdict {
  return { ...judgeBounce({ permanent: false, texts, status, otherwise: 'delayed' }), reason: 'delayed' };
}

export function judgeDelivered(response: string): RelayVerdict {
  return {
    class: 'delivered',
    reason: 'delivered',
    status: /\b2\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0] ?? null,
    reply: /^(?:smtp; ?)?(2\d\d)\b/.exec(response)?.[1] ?? null,
  };
}

/** The relay's own list keeps mail from this address: it will never arrive. */
export const onRelaysList: RelayVerdict = { class: 'hard', reason: 'no_mail_accepted', ...codeless };
export const noSuchAddress: RelayVerdict = { class: 'hard', reason: 'user_unknown', ...codeless };
export const complained: RelayVerdict = { class: 'complaint', reason: 'complaint', ...codeless };
export const unsubscribed: RelayVerdict = { class: 'complaint', reason: 'unsubscribe', ...codeless };

/** What leads to a delivery of ours, and what makes an event that event. */
export interface RelayFacts {
  address: unknown;
  /** The envelope sender, where the relay keeps ours. */
  sender?: unknown;
  /** With or without angle brackets. */
  messageId?: unknown;
  diagnostic: string;
  occurredAt: number | null;
  /** The same for the same event however often it is told; no other event of this relay has it. */
  identity: readonly unknown[];
}

export function makeEvent(
  origin: Origin & Relay,
  verdict: RelayVerdict,
  facts: RelayFacts,
  secretKey: string,
): ReturnEvent {
  return {
    origin,
    class: verdict.class,
    reason: verdict.reason,
    address: readRecipientField(asText(facts.address)),
    deliveryId: findDeliveryId([asText(facts.sender).replace(/^<|>$/g, '')], secretKey),
    messageId: readMessageId(facts.messageId),
    vouched: true,
    status: verdict.status,
    reply: verdict.reply,
    diagnostic: toLine(facts.diagnostic),
    occurredAt: facts.occurredAt,
    key: `${origin}:${createHash('sha256').update(JSON.stringify(facts.identity)).digest('hex').slice(0, 32)}`,
  };
}

/** With angle brackets, which some relays leave out; null for what is none. */
export function readMessageId(value: unknown): string | null {
  const inner = /^\s*<?([^<>\s]{1,250}@[^<>\s]{1,250})>?\s*$/.exec(asText(value))?.[1];
  return inner === undefined ? null : `<${inner}>`;
}

/** Reads a relay's events one by one; what says nothing about an address is named by its kind. */
export function readEach(
  values: readonly unknown[],
  call: WebhookCall,
  read: (event: Record<string, unknown>, call: WebhookCall) => ReturnEvent | { ignored: string },
): RelayReading {
  const events: ReturnEvent[] = [];
  const ignored = new Set<string>();
  for (const value of values) {
    const outcome = read(asObject(value), call);
    if ('ignored' in outcome) ignored.add(outcome.ignored);
    else events.push(outcome);
  }
  return { kind: 'events', events, ignored: [...ignored].slice(0, 20) };
}
