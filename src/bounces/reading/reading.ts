import type { Reason } from './reasons.ts';

/** What a message says of one address. `not-a-bounce` and `auto-reply` say nothing about deliverability. */
export type BounceClass = 'hard' | 'soft' | 'complaint' | 'auto-reply' | 'delivered' | 'not-a-bounce';

export interface RecipientReading {
  /** The address the report speaks of, as it was written there; null when the report names none. */
  address: string | null;
  /** The address the message was first sent to (RFC 3464 Original-Recipient), when given. */
  originalAddress?: string;
  class: BounceClass;
  reason: Reason;
  /** Enhanced status code (RFC 3463) such as `5.1.1`, the most telling one found; null without one. */
  status: string | null;
  /** SMTP reply code such as `550`; null without one. */
  reply: string | null;
  /** What the mail system said, one line of at most 500 characters; '' when it said nothing. */
  diagnostic: string;
}

/** What came back, understood as far as it can be. Everything in it is from outside, and bounded. */
export interface BounceReading {
  kind: 'bounce' | 'complaint' | 'auto_reply' | 'delivered' | 'not_a_bounce';
  /** In the report's order; at most 100. Never empty unless `kind` is `not_a_bounce`. */
  recipients: RecipientReading[];
  /** Message-ID of our message, with its angle brackets; null when the report does not carry it. */
  originalMessageId: string | null;
  /** Addresses shaped like a return path with a token, likeliest first; `readReturnPath` tells which is ours. */
  returnPaths: string[];
  /** When it arrived by its own headers (epoch ms): the newest Received, else Date. Null when neither is sane. */
  arrivedAt: number | null;
  /** What tells this message from others, whichever way it came: its own Message-ID, else its Date, From and Subject. */
  identity: string;
}
