import { fieldOf } from './fields.ts';
import type { MailParts } from './mime.ts';

const daemons =
  /mailer-?daemon|mail[ .-]?delivery|post[_-]?master|mail delivery (?:system|subsystem)|mail ?administrator|\bno-?reply/i;
const failures =
  /undeliver|mail failure|not (?:an? )?(?:allowed |list )?member|deliver(?:y|ed)?\b.{0,30}(?:fail|error|status|problem|delay|report|notif)|fail\w{0,10}.{0,20}(?:deliver|notice)|returned mail|return(?:ed|ing) (?:to|message)|mail (?:system )?error|non-?deliver|bounce|could not be delivered|error sending|nondeliver|postfix smtp server: errors/i;
const words =
  /(?:could|can|was|did|has|have|were)(?: not|n't)(?: yet)? (?:be(?:en)? )?(?:deliver|reach|sent|accept)|unable to deliver|undeliver|permanent (?:error|failure)|failed permanently|fail\w{0,10} to deliver|delivery (?:has )?failed|fatal error|not an? member of|unknown (?:user|recipient)|invalid (?:final|user)|(?:^|\s)[45]\d\d[ -][45]\.\d\.\d|<<< [45]\d\d|(?:^|\s)[45]\d\d[ -]\S.{0,80}(?:unknown|reject|denied|full|not)/im;

/**
 * A bounce without a report part shows itself by at least two of: who wrote it, its subject, its words (`prose`, what
 * stands above the returned message), a report pasted into it; or by Exim's `X-Failed-Recipients` alone.
 */
export function isBounceByItsWords(mail: MailParts, prose: string): boolean {
  if (fieldOf(mail.headers, 'x-failed-recipients') !== null) return true;
  const isNullSender = /^\s*(?:<>|<?mailer-daemon\S*)?\s*$/i.test(
    fieldOf(mail.headers, 'return-path') ?? 'x',
  );
  const marks = [
    daemons.test(`${mail.from} ${mail.fromName}`) || (mail.from === '' && isNullSender),
    failures.test(mail.subject),
    words.test(prose.slice(0, 20_000)),
    /^final-recipient:/im.test(mail.text),
  ];
  return marks.filter(Boolean).length >= 2;
}
