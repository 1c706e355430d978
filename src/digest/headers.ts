import { domainToASCII } from 'node:url';
import { safeLink } from './clean.ts';
import type { Digest } from './digest.ts';
import type { Site } from './view.ts';

/** A link or the sender's address, which we made ourselves, cannot stand in a header: a bug or bad config. */
export class HeaderError extends Error {
  override name = 'HeaderError';
}

/**
 * The headers that say what kind of mail this is: List-* (RFC 2369, 2919), one-click unsubscribe (RFC
 * 8058), Auto-Submitted (RFC 3834) and Gmail's Feedback-ID (https://support.google.com/mail/answer/6254652): which
 * edition, what kind, whose, and last a sender's name of 5 to 15 characters; nothing is the recipient's own.
 * No `Precedence`: it was never standardised, and List-Id and Auto-Submitted tell auto-responders the
 * same. The archive is where the pages begin. Values are ASCII, unfolded. Throws HeaderError.
 */
export function writeHeaders(digest: Digest, site: Site): [name: string, value: string][] {
  const domain = senderDomain(site.sender.address);
  const ways = [`<${headerLink(digest.links.unsubscribe)}>`];
  const { unsubscribeMailbox } = digest.links;
  if (unsubscribeMailbox) ways.push(`<mailto:${mailbox(unsubscribeMailbox)}?subject=unsubscribe>`);
  return [
    ['List-Id', `Paperboy digest <digest.${domain}>`],
    ['List-Unsubscribe', ways.join(', ')],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['List-Help', `<${headerLink(digest.links.home)}>`],
    ['List-Archive', `<${headerLink(digest.links.home)}>`],
    ['List-Post', 'NO'],
    ['Feedback-ID', `${digest.editionDate}:${digest.occasion}:${domain}:paperboy`],
    ['Auto-Submitted', 'auto-generated'],
  ];
}

const PLAIN_DOMAIN = /^[a-z0-9.-]+$/;

function headerLink(address: string): string {
  const link = safeLink(address);
  if (link === null) throw new HeaderError('A link of the digest is not an absolute http(s) address.');
  return link;
}

function senderDomain(address: string): string {
  const given = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const domain = PLAIN_DOMAIN.test(given) ? given : domainToASCII(given);
  if (!PLAIN_DOMAIN.test(domain)) throw new HeaderError(`The sender's address has no usable domain.`);
  return domain;
}

function mailbox(address: string): string {
  const at = address.lastIndexOf('@');
  return `${encodeURIComponent(address.slice(0, at))}@${senderDomain(address)}`;
}
