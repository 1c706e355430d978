import type { Outcome, Phase, Reply, StopCause } from './transport.ts';

const authWanted =
  /(authenticat(e|ion)|\bauth|log ?in)\b.{0,20}\b(required|needed|first)|(must|need to|please) (first )?(be )?(authenticate|log ?in)|pop before smtp/i;
const relayRefused = /\brelay(ing)?\b/i;
const senderRefused =
  /(sender|from|return[- ]path|helo|ehlo)( address| command| domain| hostname)?:? (is )?(rejected|denied|refused|not (allowed|permitted|verified|owned)|invalid)|not (allowed|permitted|authori[sz]ed) to send/i;
const clientRefused =
  /blocked using|(black|block|deny) ?list|\b(dns|r)bl\b|spamhaus|client host .*(rejected|blocked|denied|refused)|(your|client) (ip|host|network).{0,60}(block|listed|banned|reject|reputation|refused)|reverse (dns|hostname)|\bPTR\b/i;
const sendingLimit =
  /(sending|daily|hourly|outgoing|outbound|sender|message rate).{0,30}(limit|quota)|(limit|quota).{0,30}(sending|per (day|hour))/i;
const contentRefused =
  /spam|polic(y|ies)|virus|malware|phish|block|reputation|dmarc|dkim|\bspf\b|content (rejected|refused|denied)|prohibited|unsolicited|bulk/i;

/**
 * What a server's refusal in `reply.phase` means (codes of RFC 5321 §4.2.3, RFC 3463, RFC 4954). `reply.code` is
 * never 2xx; null or out of place means that the server does not keep to SMTP.
 */
export function judgeReply(reply: Reply): Outcome {
  const { code, phase } = reply;
  if (code === null || code < 400) return judgeGarbage(reply);
  // 503: the session was out of step (nodemailer reads it so too); a new one may go better
  if (code < 500) return { kind: 'retry', reply };
  const cause = refusalOfUs(reply);
  if (cause !== null) return { kind: 'stop', cause, reply };
  if (code === 503) return { kind: 'retry', reply };
  if (phase === 'rcpt') return { kind: 'failed', reason: 'recipient_refused', reply };
  return { kind: 'failed', reason: isPolicy(reply) ? 'policy_refused' : 'message_refused', reply };
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
function refusalOfUs(reply: Reply): StopCause | null {
  const { code, enhanced, phase, text } = reply;
  if (phase === 'auth') return 'auth';
  if (phase === 'starttls') return 'tls';
  if (code === 530 && /starttls/i.test(text)) return 'tls';
  if (code === 530 || code === 535 || code === 538 || authWanted.test(text)) return 'auth';
  if (phase === 'connect' || phase === 'greeting' || phase === 'ehlo') return 'policy';
  if (enhanced === '5.4.5' || sendingLimit.test(text)) return 'policy';
  if (phase === 'reply' || phase === 'body') return null;
  if (clientRefused.test(text)) return 'policy';
  if (phase === 'mail') {
    if (code === 552 || enhanced === '5.2.3' || enhanced === '5.3.4') return null;
    return code === 503 ? null : 'config';
  }
  if (relayRefused.test(text) || senderRefused.test(text) || enhanced === '5.1.7' || enhanced === '5.1.8') {
    return 'config';
  }
  return null;
}

function isPolicy(reply: Reply): boolean {
  return reply.enhanced?.startsWith('5.7.') === true || contentRefused.test(reply.text);
}

/** Phases before the first byte of the message: nothing was handed over, whatever happened. */
export function isBeforeBody(phase: Phase): boolean {
  return phase !== 'body' && phase !== 'reply';
}
