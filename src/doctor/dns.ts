import { tellDkim } from './alignment.ts';
import { type Ask, asked, asking, cannotTell, type Found, type Lookups } from './ask.ts';
import { type Check, ok, warn } from './check.ts';
import { findPointers, tellPointers } from './pointers.ts';
import { tellSpf } from './spf.ts';

export interface DnsRequest {
  /** Of MAIL_FROM, in punycode. */
  domain: string;
  /** Of the return path, which SPF is about. */
  returnDomain: string;
  /** Keys that sign here, by selector, with the record that should be published; empty: the relay signs. */
  dkim: readonly { selector: string; record: string }[];
  /** The host of SMTP_URL; null: nothing is sent. */
  smtpHost: string | null;
  lookups: Lookups;
  /** For each look-up. */
  timeoutMs?: number;
}

/**
 * What the domain publishes for its mail, against what Gmail (https://support.google.com/a/answer/81126), Yahoo
 * (https://senders.yahooinc.com/best-practices/) and Outlook ask of those who send much. It only warns: the resolver here
 * may not see what the world sees, and one that cannot be asked says nothing.
 */
export async function checkDns(request: DnsRequest): Promise<Check[]> {
  const { domain, returnDomain } = request;
  const ask = asking(request.timeoutMs ?? 3000);
  const { lookups } = request;
  const [spf, dmarc, mx, keys, pointers] = await Promise.all([
    ask(() => lookups.resolveTxt(returnDomain).then((texts) => texts.map((one) => one.join('')))),
    findDmarc(request, ask),
    ask(() => lookups.resolveMx(domain).then((found) => found.map((one) => one.exchange))),
    Promise.all(
      request.dkim.map(({ selector }) =>
        ask(() =>
          lookups
            .resolveTxt(`${selector}._domainkey.${domain}`)
            .then((texts) => texts.map((one) => one.join(''))),
        ),
      ),
    ),
    findPointers(request.smtpHost, lookups, ask),
  ]);
  if ([spf, dmarc.found, mx].every(({ kind }) => kind === 'unknown')) {
    const why = spf.kind === 'unknown' ? spf.why : '';
    return [
      warn(
        'dns',
        `the records of ${domain} cannot be looked up from here (${why})`,
        `Run \`paperboy doctor\` where names are resolved: ${asked} ask for SPF, DKIM and DMARC.`,
      ),
    ];
  }
  return [
    tellSpf(returnDomain, spf),
    ...tellDkim(request, keys, dmarc.record),
    tellDmarc(domain, dmarc),
    tellMx(domain, mx),
    ...tellPointers(pointers),
  ];
}

function tellDmarc(domain: string, { found, record }: Dmarc): Check {
  const title = 'DMARC';
  if (found.kind === 'unknown') return cannotTell(title, `_dmarc.${domain}`, found.why);
  const policy = /;\s*p\s*=\s*(none|quarantine|reject)\b/i.exec(record ?? '')?.[1];
  if (policy !== undefined) return ok(title, `${domain} has a policy (p=${policy}), as ${asked} ask`);
  return warn(
    title,
    record
      ? `the DMARC record of ${domain} has no policy`
      : `${domain} has no DMARC record: ${asked} ask for one of who sends much`,
    `Publish a TXT record at _dmarc.${domain}: "v=DMARC1; p=none" is enough for them.`,
  );
}

function tellMx(domain: string, exchanges: Found<string>): Check {
  const title = 'MX';
  if (exchanges.kind === 'unknown') return cannotTell(title, domain, exchanges.why);
  const names =
    exchanges.kind === 'found' ? exchanges.values.filter((name) => name !== '' && name !== '.') : [];
  if (names.length > 0) return ok(title, `mail to ${domain} goes to ${names.slice(0, 3).join(', ')}`);
  return warn(
    title,
    `${domain} takes no mail: answers are lost, and some refuse mail from such a domain`,
    `Publish an MX record for ${domain}.`,
  );
}

interface Dmarc {
  found: Found<string>;
  record: string | undefined;
}

/** The organisation's own record counts where the domain has none (RFC 7489 §6.6.3): the next higher names are tried. */
async function findDmarc({ domain, lookups }: DnsRequest, ask: Ask): Promise<Dmarc> {
  const labels = domain.split('.');
  let found: Found<string> = { kind: 'none' };
  for (let from = 0; from === 0 || from <= labels.length - 2; from++) {
    const name = `_dmarc.${labels.slice(from).join('.')}`;
    found = await ask(() => lookups.resolveTxt(name).then((texts) => texts.map((one) => one.join(''))));
    if (found.kind !== 'none') break;
  }
  const texts = found.kind === 'found' ? found.values : [];
  return { found, record: texts.find((text) => /^v=DMARC1\s*(?:;|$)/.test(text)) };
}
