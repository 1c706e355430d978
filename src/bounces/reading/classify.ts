import {
  findRefusedAt,
  findReply,
  findStatus,
  namesRecipient,
  normaliseReply,
  type RefusedAt,
} from './normalise.ts';
import type { BounceClass } from './reading.ts';
import { type Reason, reasons } from './reasons.ts';
import { replyRules, statusRules, textRules, vagueRules } from './rules.ts';

/** What a report gives to judge one recipient by; texts are tried in turn, the likeliest first. */
export interface Evidence {
  /** The Status field of a delivery status report; null without one. */
  status: string | null;
  /** The reply itself, then what stands around it, then the whole of the report's words. */
  texts: readonly string[];
  /** The SMTP phase of the refusal where it is known; otherwise it is looked for in the texts. */
  refusedAt?: RefusedAt;
}

export interface Verdict {
  class: BounceClass;
  reason: Reason;
  status: string | null;
  reply: string | null;
}

/**
 * Why one recipient was not reached. Words decide before codes, as systems send `5.1.1` for a full mailbox; a code
 * decides where the words say nothing; and a transient code (4xx, 4.x.x) is never hard, whatever the words.
 */
export function classify(evidence: Evidence): Verdict {
  const texts = evidence.texts.filter((text) => text.trim() !== '');
  const named = texts.some(namesRecipient) ? 'rcpt' : null;
  const refusedAt = evidence.refusedAt ?? texts.map(findRefusedAt).find((found) => found !== null) ?? named;
  const inText = texts.map(findStatus).find((found) => found !== null) ?? null;
  const status = moreTelling(inText, evidence.status);
  const reply = texts.map(findReply).find((found) => found !== null) ?? null;
  const reason = reasonOf(texts, status, reply, refusedAt);
  const isTransient = status?.startsWith('4') ?? reply?.startsWith('4') ?? false;
  // What is refused before any recipient was named is about the sender.
  if (refusedAt === 'mail' && reasons[reason].class === 'hard')
    return { class: 'soft', reason: 'sender_rejected', status, reply };
  return { class: isTransient ? 'soft' : reasons[reason].class, reason, status, reply };
}

function reasonOf(
  texts: readonly string[],
  status: string | null,
  reply: string | null,
  refusedAt: RefusedAt,
): Reason {
  const [first = '', ...around] = texts.map(normaliseReply);
  const byWords = (text: string) => reasonOfWords(text, { isCertain: isCertain(status, reply, refusedAt) });
  const firstOf = (find: (text: string) => Reason | null, among: readonly string[]) =>
    among.map(find).find((found) => found !== null) ?? null;
  // Around the reply there is much that is not about this refusal: a code that says something goes before it.
  return (
    byWords(first) ??
    match(statusRules, status) ??
    firstOf(byWords, around) ??
    firstOf((text) => match(vagueRules, text), [first, ...around]) ??
    match(replyRules, reply) ??
    'undefined'
  );
}

function reasonOfWords(text: string, { isCertain }: { isCertain: boolean }): Reason | null {
  const reason = match(textRules, text);
  if (reason !== 'user_unknown_if_certain') return reason;
  return isCertain ? 'user_unknown' : 'recipient_refused';
}

/** Whether a bare "user unknown" can only mean that: else it may be what a filter says of a message it has seen. */
function isCertain(status: string | null, reply: string | null, refusedAt: RefusedAt): boolean {
  if (status !== null && /^5\.(?:1\.\d+|2\.1|4\.4)$/.test(status)) return true;
  // A code of the policy class next to it says that somebody is there.
  if (status !== null && /^5\.7\.\d+$/.test(status)) return false;
  return refusedAt === 'rcpt' || (refusedAt === null && reply === null);
}

function match<Name>(rules: readonly (readonly [Name, RegExp])[], text: string | null): Name | null {
  if (text === null) return null;
  return rules.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

/** A code that ends `.0.0` names only its class. */
function moreTelling(one: string | null, other: string | null): string | null {
  const isVague = (code: string) => code.endsWith('.0.0');
  if (one === null || other === null) return one ?? other;
  return isVague(one) && !isVague(other) ? other : one;
}
