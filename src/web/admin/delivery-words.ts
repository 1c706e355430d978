import { html } from 'hono/html';
import { deliveryReasonWords } from '../../delivery/why-words.ts';
import type { DeliveryEntry } from '../../store/deliveries.ts';
import type { DeliveryStatus } from '../../store/schema.ts';
import type { Html } from '../shell/page.ts';

const meaning: Record<DeliveryStatus, string> = {
  pending: 'It waits to be sent.',
  claimed: 'A run has taken it and is about to send it.',
  sending: 'It is being handed to the mail server right now.',
  sent: 'The mail server accepted it.',
  failed: 'It was not delivered, and its papers compete again.',
  uncertain: 'The mail server may have taken it or not. It is not sent again by itself.',
  skipped: 'There was no mail that day.',
};

const tones: Record<DeliveryStatus, 'good' | 'wrong' | 'open' | 'quiet'> = {
  pending: 'open',
  claimed: 'open',
  sending: 'open',
  sent: 'good',
  failed: 'wrong',
  uncertain: 'wrong',
  skipped: 'quiet',
};

/** A status as a small mark; its word says what its colour does. */
export function statusMark(status: DeliveryStatus): Html {
  return mark(status, tones[status]);
}

/** A word that stands out by a colour, too. */
export function mark(word: string, tone: 'good' | 'wrong' | 'open' | 'quiet'): Html {
  return html`<span class="mark ${tone}-mark">${word}</span>`;
}

/** How it stands and why, in sentences. */
export function standingWords({ status, reason }: Pick<DeliveryEntry, 'status' | 'reason'>): string {
  if (reason === null) return meaning[status];
  return `${meaning[status]} ${deliveryReasonWords[reason]}`;
}

/** `policy_refused` as people read it. */
export function reasonWords(reason: string): string {
  return reason.replaceAll('_', ' ');
}
