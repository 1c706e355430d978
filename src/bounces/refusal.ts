import type { Reply } from '../mail/transport.ts';
import type { ReturnEvent } from './event.ts';
import { classify } from './reading/classify.ts';
import { reasons } from './reading/reasons.ts';

/** A server's final no to one recipient of ours. */
export interface RefusedRecipient {
  deliveryId: number;
  email: string;
  reply: Reply;
}

/**
 * What a refusal over SMTP (RFC 5321 §4.2.1, RFC 3463) says of the recipient; null when it speaks of us, our message
 * or the moment (policy, spam, size, authentication), which is not held against them. A plain 5xx to RCPT counts as a
 * hard bounce, though not at once for good as "no such user" does.
 */
export function readRefusal({ deliveryId, email, reply }: RefusedRecipient, at: number): ReturnEvent | null {
  const { phase, code, enhanced, text } = reply;
  if (code === null) return null;
  const verdict = classify({
    status: enhanced,
    texts: [`${code} ${text.replace(/^\d{3}[ -]/, '')}`],
    refusedAt: phase === 'rcpt' ? 'rcpt' : 'data',
  });
  const vague = verdict.reason === 'undefined' && phase === 'rcpt' && code >= 500;
  const reason = vague ? 'recipient_refused' : verdict.reason;
  const known = reasons[reason];
  if (known.class !== 'hard' && known.weight === 0) return null;
  const isPermanent = code >= 500;
  return {
    origin: 'smtp',
    class: isPermanent && (known.class === 'hard' || reason === 'recipient_refused') ? 'hard' : 'soft',
    reason,
    address: email,
    deliveryId,
    messageId: null,
    vouched: true,
    status: enhanced,
    reply: String(code),
    diagnostic: text.replace(/\s+/g, ' ').slice(0, 500),
    occurredAt: at,
    key: `smtp:${deliveryId}`,
  };
}
