import { statSync } from 'node:fs';
import type { Config } from '../config.ts';
import { parseSmtpUrl } from '../mail/smtp-url.ts';
import type { Transport } from '../mail/transport.ts';
import type { Lookups } from './ask.ts';
import { type Check, fail, messageOf, ok, warn } from './check.ts';
import { checkDns } from './dns.ts';
import { checkWebhooks } from './webhooks.ts';

/** Domains that no mail can come from (RFC 2606, RFC 6761, RFC 6762). */
const nowhere = /(^|\.)(localhost|local|internal|test|invalid|example|example\.(com|net|org))$/i;

/** Checks of what is set, without a look at the database. */
export async function checkSettings(
  config: Config,
  transport: () => Promise<Transport>,
  lookups?: Lookups,
): Promise<Check[]> {
  return [
    ...config.warnings.map((warning) => warn('settings', warning, 'Correct or remove it.')),
    checkSecretKey(config),
    await checkMail(config, transport),
    ...(await checkTemplates(config)),
    ...(await checkBounceMailbox(config)),
    ...(await checkSender(config, lookups)),
    ...checkLeaving(config),
    checkPublicUrl(config),
    checkWebhooks(config),
    checkContact(config),
  ];
}

function checkSecretKey({ secretKeyFile }: Config): Check {
  if (secretKeyFile === null) return ok('secret key', 'set by SECRET_KEY');
  return checkPrivate('secret key', secretKeyFile);
}

/** Whether a file is its owner's alone. */
export function checkPrivate(name: string, file: string): Check {
  try {
    const mode = statSync(file).mode & 0o777;
    // Windows has no such modes and reports 0666.
    if ((mode & 0o077) === 0 || process.platform === 'win32') return ok(name, file);
    return warn(
      name,
      `${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')})`,
      `chmod 600 ${file}`,
    );
  } catch (error) {
    return fail(name, messageOf(error), `See that ${file} can be read.`);
  }
}

async function checkMail({ mail }: Config, open: () => Promise<Transport>): Promise<Check> {
  const fix =
    mail.smtpUrl === null
      ? 'See that the folder can be written, or set OUTBOX_DIR to another.'
      : 'Check SMTP_URL: host, port, user and password, and that this machine may connect there.';
  try {
    const transport = await open();
    const reply = await transport.verify();
    if (reply !== null) {
      const code = reply.code === null ? '' : `${reply.code} `;
      return fail('mail', `${transport.description}: ${code}${reply.text} (at ${reply.phase})`, fix);
    }
    if (mail.smtpUrl !== null) return ok('mail', `${transport.description} answers and lets us in`);
    return warn(
      'mail',
      `mail is written to ${mail.outboxDir}; none leaves this machine`,
      'Set SMTP_URL to send it.',
    );
  } catch (error) {
    return fail('mail', messageOf(error), fix);
  }
}

/** Templates of the operator's own; where there are none, there is nothing that could be wrong. */
async function checkTemplates({ mail }: Config): Promise<Check[]> {
  const own = mail.templatesDir;
  if (own === null) return [];
  const [{ checkTemplates: check }, { shippedTemplates: shipped }] = await Promise.all([
    import('../digest/check-templates.ts'),
    import('../digest/template-files.ts'),
  ]);
  const { files, problems } = await check({ shipped, own });
  const said = files.length > 0 ? `your own ${files.join(', ')}` : 'no template';
  if (problems.length === 0) return [ok('templates', `${said} in ${own}; the rest ships with Paperboy`)];
  const found = problems.length === 1 ? 'something is' : `${problems.length} things are`;
  return [
    fail(
      'templates',
      `${found} wrong with those in ${own}: nothing that starts sends with them; a Paperboy that runs goes on with the last that could be used`,
      '`paperboy templates check` says what and where. Or unset TEMPLATES_DIR.',
    ),
  ];
}

async function checkBounceMailbox({ bounces }: Config): Promise<Check[]> {
  if (bounces.imapUrl === null) return [];
  const { lookAtMailbox } = await import('../bounces/ingest/poll-mailbox.ts');
  try {
    const { description, messages } = await lookAtMailbox(bounces.imapUrl);
    return [ok('bounce mailbox', `${description} lets us in; ${messages} messages`)];
  } catch (error) {
    const fix =
      'Check BOUNCE_IMAP_URL: host, port, user, password and mailbox. Until then bounces wait there.';
    return [fail('bounce mailbox', messageOf(error), fix)];
  }
}

/** Where mail leaves this machine, the domain's records are looked up too. */
async function checkSender(config: Config, lookups: Lookups | undefined): Promise<Check[]> {
  const { mail } = config;
  const { address } = mail.from;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  if (!domain.includes('.') || nowhere.test(domain))
    return [
      warn(
        'sender',
        `${address} is no address that mail can come from`,
        'Set MAIL_FROM to an address of a domain that your SMTP server sends for.',
      ),
    ];
  const sender = ok('sender', address);
  if (!lookups || mail.smtpUrl === null) return [sender];
  const server = parseSmtpUrl(mail.smtpUrl);
  const returnDomain = mail.bounceAddress?.domain ?? domain;
  try {
    const dkim = await readRecords(config);
    const smtpHost = server.ok ? server.server.host : null;
    return [sender, ...(await checkDns({ domain, returnDomain, dkim, smtpHost, lookups }))];
  } catch (error) {
    return [sender, fail('DKIM', messageOf(error), 'Correct DKIM_KEYS; until then no mail goes out.')];
  }
}

/** A link is what Gmail and Yahoo demand; a mail is what some programs of readers know alone. */
function checkLeaving({ mail }: Config): Check[] {
  if (mail.smtpUrl === null || (mail.readsReturnPath && mail.bounceAddress !== null)) return [];
  return [
    ok(
      'unsubscribing',
      'List-Unsubscribe has a link and no mailto: set BOUNCE_ADDRESS to an address whose mail is read here, or BOUNCE_IMAP_URL to the mailbox that it arrives in, and readers may also leave by mail',
    ),
  ];
}

/** The keys that sign, each with the record that tells of it. Throws DkimError. */
async function readRecords({ mail }: Config): Promise<{ selector: string; record: string }[]> {
  if (mail.dkimKeys.length === 0) return [];
  const { dkimRecord, readDkimKeys } = await import('../mail/dkim.ts');
  return readDkimKeys(mail.dkimKeys, mail.from.address).map((key) => ({
    selector: key.selector,
    record: dkimRecord(key),
  }));
}

function checkPublicUrl({ web }: Config): Check {
  const { hostname, protocol } = new URL(web.publicUrl);
  if (/^(localhost|127\..*|\[::1\]|0\.0\.0\.0)$/.test(hostname))
    return warn(
      'public address',
      `${web.publicUrl} leads readers to their own machine`,
      'Set PUBLIC_URL to where people reach this installation.',
    );
  if (protocol === 'http:')
    return warn(
      'public address',
      `${web.publicUrl} is not https: mail providers offer no one-click unsubscribing (RFC 8058)`,
      'Serve it over https and set PUBLIC_URL so.',
    );
  return ok('public address', web.publicUrl);
}

function checkContact({ sources, web }: Config): Check {
  if (sources.contact !== null) return ok('contact', sources.contact);
  if (sources.enabled.length === 0) return ok('contact', 'not needed, no source is asked');
  return warn(
    'contact',
    `sources are told ${web.publicUrl} as the way to reach you`,
    'Set CONTACT to your address: sources write before they block.',
  );
}
