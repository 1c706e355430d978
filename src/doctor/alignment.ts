import { asked, cannotTell, type Found } from './ask.ts';
import { type Check, ok, warn } from './check.ts';

interface Signing {
  /** Of MAIL_FROM. */
  domain: string;
  returnDomain: string;
  dkim: readonly { selector: string; record: string }[];
}

/**
 * Who signs, and whether what passes is of the domain that readers see: Gmail and Yahoo want SPF or DKIM to be. `dmarc`: the
 * domain's DMARC record.
 */
export function tellDkim(
  request: Signing,
  keys: readonly Found<string>[],
  dmarc: string | undefined,
): Check[] {
  if (request.dkim.length === 0) return [tellRelay(request, dmarc)];
  return request.dkim.map(({ selector, record }, index) => {
    const name = `${selector}._domainkey.${request.domain}`;
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

/** Where nothing is signed here: alignment then rests on the return path or on the relay (RFC 7489 §3.1). */
function tellRelay({ domain, returnDomain }: Signing, dmarc = ''): Check {
  const isStrict = (tag: 'aspf' | 'adkim') => new RegExp(`;\\s*${tag}\\s*=\\s*s\\b`, 'i').test(dmarc);
  const exactly = isStrict('adkim')
    ? ` (adkim=s: with d=${domain} itself, no domain above or below it counts)`
    : '';
  const isAligned = returnDomain === domain || (!isStrict('aspf') && isOneOrganisation(returnDomain, domain));
  if (isAligned)
    return ok(
      'DKIM',
      `nothing is signed here: your relay has to sign for ${domain}${exactly}, as ${asked} ask`,
    );
  const why = isOneOrganisation(returnDomain, domain)
    ? `is not ${domain} itself, as its DMARC record demands (aspf=s)`
    : `is not of ${domain}`;
  return warn(
    'DKIM',
    `nothing is signed here and the return path's ${returnDomain} ${why}: Gmail and Yahoo demand that SPF or DKIM aligns with the sender, and only a signature of your relay's for ${domain} can`,
    `Have your relay sign for ${domain}${exactly}; or sign here: \`paperboy dkim setup\`; or set BOUNCE_ADDRESS to one at ${domain}.`,
  );
}

/** By their names alone, without a list of public suffixes: one is above the other, or both are below a third. */
function isOneOrganisation(one: string, other: string): boolean {
  if (one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`)) return true;
  const [left, right] = [one.split('.').reverse(), other.split('.').reverse()];
  const differs = left.findIndex((label, at) => label !== right[at]);
  const shared = left.slice(0, differs).reverse().join('.');
  // `co.uk` is nobody's.
  return shared.includes('.') && !/^(?:ac|co|com|edu|gov|ne|net|or|org)\.[a-z]{2}$/.test(shared);
}
