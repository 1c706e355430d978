import { type Check, ok, warn } from './check.ts';

/** What is asked of the system's resolver; `node:dns/promises` is one. */
export interface Lookups {
  resolveTxt(name: string): Promise<string[][]>;
  resolveMx(name: string): Promise<{ exchange: string; priority: number }[]>;
  resolve4(name: string): Promise<string[]>;
  reverse(address: string): Promise<string[]>;
}

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

type Found<T> = { kind: 'found'; values: T[] } | { kind: 'none' } | { kind: 'unknown'; why: string };

const asked = 'Gmail, Yahoo and Outlook';

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
    findPointers(request, ask),
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
    ...tellDkim(request, keys),
    tellDmarc(domain, dmarc.found),
    tellMx(domain, mx),
    ...tellPointers(pointers),
  ];
}

function tellSpf(domain: string, texts: Found<string>): Check {
  const title = 'SPF';
  if (texts.kind === 'unknown') return cannotTell(title, domain, texts.why);
  const records = texts.kind === 'found' ? texts.values.filter((text) => /^v=spf1(?: |$)/i.test(text)) : [];
  const [record] = records;
  if (record === undefined)
    return warn(
      title,
      `${domain} has no SPF record: ${asked} ask for one`,
      `Publish a TXT record at ${domain} that names your mail server: "v=spf1 include:YOUR-RELAY -all"; your relay's pages tell its name.`,
    );
  if (records.length > 1)
    return warn(
      title,
      `${domain} has ${records.length} SPF records, which counts as none (RFC 7208)`,
      'Join them to one.',
    );
  if (/(?:^| )\+?all$/i.test(record))
    return warn(title, `${domain} lets the whole world send (${record})`, 'End the record in -all or ~all.');
  return ok(
    title,
    `${domain} says who may send (${record}); whether your relay is among them, a mail to yourself tells`,
  );
}

function tellDkim({ domain, dkim }: DnsRequest, keys: readonly Found<string>[]): Check[] {
  if (dkim.length === 0)
    return [ok('DKIM', `nothing is signed here: your relay has to sign for ${domain}, as ${asked} ask`)];
  return dkim.map(({ selector, record }, index) => {
    const name = `${selector}._domainkey.${domain}`;
    const found = keys[index] ?? { kind: 'none' as const };
    if (found.kind === 'unknown') return cannotTell('DKIM', name, found.why);
    const publish =
      'Publish what `paperboy dkim show` prints; until then every mail carries a signature that fails.';
    if (found.kind === 'none') return warn('DKIM', `${name} has no record`, publish);
    const keyOf = (text: string) => /\bp=([A-Za-z0-9+/=\s]*)/.exec(text)?.[1]?.replace(/\s+/g, '');
    if (found.values.some((text) => keyOf(text) === keyOf(record)))
      return ok('DKIM', `${name} holds the key that signs`);
    return warn('DKIM', `${name} holds another key than the one that signs`, publish);
  });
}

function tellDmarc(domain: string, texts: Found<string>): Check {
  const title = 'DMARC';
  if (texts.kind === 'unknown') return cannotTell(title, `_dmarc.${domain}`, texts.why);
  const record =
    texts.kind === 'found' ? texts.values.find((text) => /^v=DMARC1\s*(?:;|$)/.test(text)) : undefined;
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

type Pointers = {
  host: string;
  addresses: { address: string; names: Found<string>; confirmed: boolean }[];
} | null;

function tellPointers(pointers: Pointers): Check[] {
  if (pointers === null) return [];
  const { host, addresses } = pointers;
  const wrong = addresses.filter(({ names, confirmed }) => names.kind !== 'unknown' && !confirmed);
  if (wrong.length === 0) return [ok('PTR', `${host} is known by its name both ways`)];
  return [
    warn(
      'PTR',
      `${wrong.map(({ address }) => address).join(', ')} of ${host} has no name that leads back to it: Gmail and Yahoo ask for one of who mails them directly`,
      'Have whoever gave you the address set its PTR record. It does not matter where a relay sends on from other addresses.',
    ),
  ];
}

/** The organisation's own record counts where the domain has none (RFC 7489 §6.6.3): the next higher names are tried. */
async function findDmarc({ domain, lookups }: DnsRequest, ask: Ask): Promise<{ found: Found<string> }> {
  const labels = domain.split('.');
  let found: Found<string> = { kind: 'none' };
  for (let from = 0; from === 0 || from <= labels.length - 2; from++) {
    const name = `_dmarc.${labels.slice(from).join('.')}`;
    found = await ask(() => lookups.resolveTxt(name).then((texts) => texts.map((one) => one.join(''))));
    if (found.kind !== 'none') break;
  }
  return { found };
}

/** Null: the mail server is on this machine or in its network, is not told of, or does not resolve. */
async function findPointers({ smtpHost, lookups }: DnsRequest, ask: Ask): Promise<Pointers> {
  if (smtpHost === null) return null;
  const addresses = isAddress(smtpHost)
    ? { kind: 'found' as const, values: [smtpHost] }
    : await ask(() => lookups.resolve4(smtpHost));
  if (addresses.kind !== 'found') return null;
  const outside = addresses.values.filter((one) => !inside.test(one)).slice(0, 4);
  if (outside.length === 0) return null;
  const looked = outside.map(async (address) => {
    const names = await ask(() => lookups.reverse(address));
    const back =
      names.kind === 'found'
        ? await Promise.all(names.values.slice(0, 4).map((name) => ask(() => lookups.resolve4(name))))
        : [];
    return {
      address,
      names,
      confirmed: back.some((one) => one.kind === 'found' && one.values.includes(address)),
    };
  });
  return { host: smtpHost, addresses: await Promise.all(looked) };
}

const isAddress = (host: string) => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
/** RFC 1918, loopback and link-local. */
const inside = /^(?:0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\./;

type Ask = <T>(look: () => Promise<T[]>) => Promise<Found<T>>;

function asking(timeoutMs: number): Ask {
  return async <T>(look: () => Promise<T[]>): Promise<Found<T>> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(Object.assign(new Error(), { code: 'no answer in time' })),
      timeoutMs,
    );
    try {
      const values = await Promise.race([look(), late.promise]);
      return values.length === 0 ? { kind: 'none' } : { kind: 'found', values };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      return /^(ENOTFOUND|ENODATA)$/.test(code) ? { kind: 'none' } : { kind: 'unknown', why: code };
    } finally {
      clearTimeout(timer);
    }
  };
}

function cannotTell(title: string, name: string, why: string): Check {
  return warn(title, `${name} cannot be looked up from here (${why})`, 'Run `paperboy doctor` again later.');
}
