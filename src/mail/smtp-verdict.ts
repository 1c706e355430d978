import { type ReplyWords, readWords } from './reply-words.ts';
import type { Outcome, Phase, Reply, StopCause } from './transport.ts';

const authWanted =
  /(authenticat(e|ion)|\bauth|log ?in)\b.{0,20}\b(required|needed|first)|(must|need to|please) (first )?(be )?(authenticate|log ?in)|pop before smtp/i;
const relayRefused = /\brelay(ing)?\b/i;
const senderRefused =
  /(sender|from|return[- ]path|helo|ehlo)( address| command| domain| hostname)?:? (is )?(rejected|denied|refused|not (allowed|permitted|verified|owned)|invalid)|not (allowed|permitted|authori[sz]ed) to send(?! (?:\w+ )?to (?:<>|(?:the |this |that |your? )?(?:distribution |mailing )?(?:group|list|recipient|mailbox|user|member)))/i;
const clientRefused =
  /blocked using|(black|block|deny) ?list|\b(dns|r)bl\b|spamhaus|client host .*(rejected|blocked|denied|refused)|(your|client) (ip|host|network).{0,60}(block|listed|banned|reject|reputation|refused)|reverse (dns|hostname)|\bPTR\b/i;
const sendingLimit =
  /(sending|daily|hourly|outgoing|outbound|sender|message rate).{0,30}(limit|quota)|(limit|quota).{0,30}(sending|per (day|hour))/i;
const contentRefused =
  /spam|polic(y|ies)|virus|malware|phish|block|reputation|dmarc|dkim|\bspf\b|content (rejected|refused|denied)|prohibited|unsolicited|bulk/i;

/** Microsoft 365, 5.2.252 or 5.7.60: MAIL_FROM is not ours to use. */
const sendAsDenied = /SendAsDenied|permissions? to send as/i;
/** Exchange's restrictions of who may write to a mailbox or a group. */
const recipientRestricted = /\bRESOLVER\.(RST|ADR)\b/;

/**
 * What a server's refusal in `reply.phase` means (codes of RFC 5321 §4.2.3, RFC 3463, RFC 4954). `reply.code` is
 * never 2xx; null or out of place means that the server does not keep to SMTP. `recipient` (null before there is
 * one) may be named in the text; the name says nothing.
 */
export function judgeReply(reply: Reply, recipient: string | null = null): Outcome {
  const { code, phase } = reply;
  if (code === null || code < 400) return judgeGarbage(reply);
  // 503: the session was out of step (nodemailer reads it so too); a new one may go better
  if (code < 500) return { kind: 'retry', reply };
  const words = readWords(reply.text, recipient);
  const cause = refusalOfUs(reply, words);
  if (cause !== null) return { kind: 'stop', cause, reply };
  if (code === 503) return { kind: 'retry', reply };
  if (phase === 'rcpt' || isRecipientCode(reply))
    return { kind: 'failed', reason: 'recipient_refused', reply };
  return { kind: 'failed', reason: isPolicy(reply, words) ? 'policy_refused' : 'message_refused', reply };
}

/** What it means that no reply came in `reply.phase`: connection lost or time over. */
export function judgeSilence(reply: Reply): Outcome {
  switch (reply.phase) {
    case 'connect':
      return { kind: 'stop', cause: 'unreachable', reply };
    case 'starttls':
      return { kind: 'stop', cause: 'tls', reply };
    case 'reply':
      return { kind: 'uncertain', reply };
    default:
      return { kind: 'retry', reply };
  }
}

function judgeGarbage(reply: Reply): Outcome {
  if (reply.phase === 'greeting') return { kind: 'stop', cause: 'config', reply };
  return judgeSilence(reply);
}

/** A 5xx that is about this side, not about the recipient or the message; null otherwise. */
function refusalOfUs(reply: Reply, { named, plain }: ReplyWords): StopCause | null {
  const { code, enhanced, phase, text } = reply;
  if (phase === 'auth') return 'auth';
  if (phase === 'starttls') return 'tls';
  if (code === 530 && /starttls/i.test(text)) return 'tls';
  if (code === 530 || code === 535 || code === 538) return 'auth';
  if (enhanced === '5.2.252' || sendAsDenied.test(plain)) return 'config';
  if (isRecipientCode(reply)) return null;
  if (authWanted.test(plain)) return 'auth';
  if (phase === 'connect' || phase === 'greeting' || phase === 'ehlo') return 'policy';
  if (enhanced === '5.4.5' || enhanced === '5.1.90' || sendingLimit.test(plain)) return 'policy';
  if (phase === 'reply' || phase === 'body') return null;
  if (clientRefused.test(named)) return 'policy';
  if (phase === 'mail') {
    if (code === 552 || enhanced === '5.2.3' || enhanced === '5.3.4') return null;
    return code === 503 ? null : 'config';
  }
  if (relayRefused.test(plain) || senderRefused.test(plain) || enhanced === '5.1.7' || enhanced === '5.1.8') {
    return 'config';
  }
  return null;
}

/**
 * Where a recipient has been named, a code about this one alone, whatever the words beside it: 552; 5.1.x, but
 * 5.1.7 and 5.1.8 are the sender's; 5.2.x (RFC 3463 §3.2, §3.3); Exchange Online's 5.7.12x and 5.7.13x, while its
 * 5.1.90 is our daily limit
 * (https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online).
 */
function isRecipientCode({ phase, code, enhanced, text }: Reply): boolean {
  if (phase !== 'rcpt' && phase !== 'data' && phase !== 'reply') return false;
  if (enhanced === null) return phase === 'rcpt' && code === 552;
  if (recipientRestricted.test(text)) return true;
  // 5.2.3: the message is too long for this mailbox
  return (
    /^5\.(1\.(?!(7|8|90)$)\d+|2\.(?!3$)\d+|7\.1[23]\d)$/.test(enhanced) ||
    (phase === 'rcpt' && enhanced === '5.2.3')
  );
}

function isPolicy(reply: Reply, { named }: ReplyWords): boolean {
  return reply.enhanced?.startsWith('5.7.') === true || contentRefused.test(named);
}

/** Phases before the first byte of the message: nothing was handed over, whatever happened. */
export function isBeforeBody(phase: Phase): boolean {
  return phase !== 'body' && phase !== 'reply';
}
