import type { Config } from '../config.ts';
import { parseSmtpUrl } from '../mail/smtp-url.ts';
import { type Check, ok, warn } from './check.ts';

/** Relays that tell of bounces by webhooks: their SMTP hosts, and the setting their calls are verified with. */
const known = [
  {
    relay: 'ses',
    name: 'Amazon SES',
    hosts: /^email-smtp[.-].*\.amazonaws\.com(\.cn)?$/i,
    setting: 'SES_TOPIC_ARN',
  },
  { relay: 'postmark', name: 'Postmark', hosts: /\.postmarkapp\.com$/i, setting: 'POSTMARK_WEBHOOK_SECRET' },
  {
    relay: 'mailgun',
    name: 'Mailgun',
    hosts: /^smtp\.(?:eu\.)?mailgun\.org$/i,
    setting: 'MAILGUN_SIGNING_KEY',
  },
  { relay: 'sendgrid', name: 'SendGrid', hosts: /\.sendgrid\.net$/i, setting: 'SENDGRID_WEBHOOK_KEY' },
  {
    relay: 'brevo',
    name: 'Brevo',
    hosts: /^smtp-relay\.(?:brevo|sendinblue)\.com$/i,
    setting: 'BREVO_WEBHOOK_SECRET',
  },
] as const;

/** Whether the relay that mail goes through tells us what comes back, and can reach us. */
export function checkWebhooks({ bounces, mail, web }: Config): Check {
  const title = 'webhooks';
  const { sesTopicArn, postmarkSecret, mailgunKey, sendgridKey, brevoSecret } = bounces.webhooks;
  const set = {
    ses: sesTopicArn,
    postmark: postmarkSecret,
    mailgun: mailgunKey,
    sendgrid: sendgridKey,
    brevo: brevoSecret,
  };
  const parsed = mail.smtpUrl === null ? null : parseSmtpUrl(mail.smtpUrl);
  const host = parsed?.ok ? parsed.server.host : '';
  const used = known.find(({ hosts }) => hosts.test(host));
  if (used && set[used.relay] === null)
    return warn(
      title,
      `mail goes through ${used.name}, which tells of bounces and complaints by its webhook: it is not set up`,
      `Set ${used.setting}, and give ${used.name} the address ${web.publicUrl}/webhooks/${used.relay}.`,
    );
  const ready = known.filter(({ relay }) => set[relay] !== null);
  if (ready.length === 0) return ok(title, 'none is set up; none is needed without a relay that has them');
  const shown = ready.map(({ relay }) => `${web.publicUrl}/webhooks/${relay}`).join(', ');
  // Whoever can listen in could play a password back; signatures are safe from that.
  if (!web.publicUrl.startsWith('https:'))
    return warn(
      title,
      `${shown}: not https, so that passwords and addresses can be read on their way`,
      'Serve Paperboy over https and set PUBLIC_URL so.',
    );
  return ok(title, shown);
}
