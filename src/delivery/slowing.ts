import { readWords } from '../mail/reply-words.ts';
import type { Reply } from '../mail/transport.ts';

/** Of this recipient alone: the mailbox (RFC 3463 X.2.x), the address (X.1.x), a greylist that wants to see us again. */
const recipientStatus = /^4\.[12]\./;
const greylisted = /gr[ae]y[- ]?list|postgrey|first (seen|time)|unknown triplet/i;
const recipientWords =
  /\b(mailbox|user|recipient|account)\b.{0,60}\b(full|quota|storage|busy|locked|receiving (mail|messages)|receives?)|over ?quota|quota (exceeded|full)/i;

const throttleWords =
  /\brate\b.{0,20}\b(limit|control|exceed)|rate[- ]?limit|limit(ed)? (the )?(rate|number)|throttl|slow(ing)? down|unusual (rate|traffic|volume)|unexpected volume|too (many|much|fast|quick)\b.{0,40}\b(connection|session|message|mail|request|fast|quick|traffic)|too fast|too quickly|(connection|message|session|hourly|daily|sending|concurren\w*|volume)s?\b.{0,30}\b(limit|exceed)|(limit|quota).{0,30}(connection|message|session|per (second|minute|hour|day))|temporar(il)?y (deferred|blocked|suspended)|server busy|congest/i;

/**
 * Whether a temporary refusal of a recipient speaks of how much we send to their mail system, so that everybody else
 * there is better left alone for a while: 421, 4.7.x (policy) or 4.4.5 (congestion), or words about rates. What is
 * about one mailbox, a greylist or the server's own trouble is not. Only replies after a recipient was named count:
 * before that it is our own server that speaks of itself. Names of the recipient in the text say nothing.
 */
export function slowsDomain({ phase, code, enhanced, text }: Reply, recipient: string): boolean {
  if (phase !== 'rcpt' && phase !== 'data' && phase !== 'body' && phase !== 'reply') return false;
  if (code === null || code < 400 || code >= 500) return false;
  const { plain } = readWords(text, recipient);
  if (greylisted.test(plain) || recipientWords.test(plain)) return false;
  if (throttleWords.test(plain)) return true;
  if (enhanced === null) return code === 421;
  if (recipientStatus.test(enhanced)) return false;
  return (
    enhanced.startsWith('4.7.') || enhanced === '4.4.5' || (code === 421 && !enhanced.startsWith('4.3.'))
  );
}
