import type { BounceRowClass } from '../store/schema.ts';
import type { Reason } from './reading/reasons.ts';

/** Which way word came: our own SMTP session, a report by mail, a relay's webhook. */
export const origins = ['smtp', 'mail', 'ses', 'postmark', 'mailgun', 'sendgrid', 'brevo'] as const;
export type Origin = (typeof origins)[number];

/** What came back about one recipient of one mail, whichever way it came. */
export interface ReturnEvent {
  origin: Origin;
  class: BounceRowClass;
  reason: Reason;
  /** As the report names it; null when it names none. */
  address: string | null;
  /** Our delivery, from a genuine return path; null: not known. */
  deliveryId: number | null;
  /** Our Message-ID with its angle brackets, when the report names it. */
  messageId: string | null;
  /**
   * Whether whoever tells it is known to be who they say (our own session, a signed webhook). Anybody can send mail to
   * a bounce address: word that is not vouched for counts only where it leads to a delivery of ours.
   */
  vouched: boolean;
  /** Enhanced status code (RFC 3463) and SMTP reply code; null without one. */
  status: string | null;
  reply: string | null;
  /** What the mail system said, one line of at most 500 characters. */
  diagnostic: string;
  /** Epoch ms by its own word; null: it does not say. */
  occurredAt: number | null;
  /** The same for the same event, however often and in whatever order it is told; from its sender's id or its content. */
  key: string;
}

/** What became of some events. */
export interface RecordReport {
  /** Kept now. */
  recorded: number;
  /** Kept before, or as often as it is worth: nothing was changed. */
  known: number;
  /** About no delivery or subscriber of ours: not kept. */
  unmatched: number;
  /** Addresses that are suppressed since. */
  suppressed: number;
  /** Uncertain deliveries that are known to have arrived since. */
  resolved: number;
}
