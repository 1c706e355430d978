import { domainToASCII } from 'node:url';
import parseMailboxes from 'nodemailer/lib/addressparser';
import type { Sender } from '../digest/digest.ts';

export interface Address {
  /** As it is mailed: NFC local part, domain in lower-case punycode. */
  email: string;
  /** Case-folded, for uniqueness. */
  key: string;
  local: string;
  /** Punycode. */
  domain: string;
  /** The local part is not ASCII: only servers with SMTPUTF8 (RFC 6531) take it. */
  smtpUtf8: boolean;
}

export type ParsedAddress = { ok: true; address: Address } | { ok: false; message: string };
export type ParsedSender = { ok: true; sender: Sender } | { ok: false; message: string };

/** RFC 5321 §4.5.3.1, in octets. */
const maxLocalOctets = 64;
const maxAddressOctets = 254;

const printableAscii = /^[!-~]*$/;
/** RFC 5322 atext, dots, and whatever is not ASCII (RFC 6531). */
const localCharacter = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]|[^\0-\x7f]/u;
/** Controls, formats, unassigned, private use, lone surrogates and every kind of space. */
const invisible = /[\p{C}\p{Z}]/u;
/** What stands where bytes were no UTF-8, as in a list that a spreadsheet saved in Latin-1: the real letter is lost. */
const lostLetter = '\ufffd';
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads one mail address: a dot-atom local part (RFC 5321, RFC 6531) and a host name, IDN or ASCII. Quoted
 * local parts and address literals are refused. `message` says what is wrong, for the person who typed it.
 */
export function parseAddress(text: string): ParsedAddress {
  const typed = text.trim().normalize('NFC');
  if (typed === '') return refuse('An address is missing.');
  if (typed.length > maxAddressOctets)
    return refuse(`An address has at most ${maxAddressOctets} characters.`);
  if (invisible.test(typed)) return refuse('An address has no spaces or invisible characters.');
  if (typed.includes(lostLetter))
    return refuse('A letter of this address was lost: it was not sent as UTF-8.');
  const at = typed.lastIndexOf('@');
  if (at < 0) return refuse('An address has an @, as in name@example.org.');
  const local = typed.slice(0, at);
  const problem = localProblem(local);
  if (problem !== null) return refuse(problem);
  const domain = asciiDomain(typed.slice(at + 1));
  if (domain === null) return refuse('What follows the @ is not a valid domain, as in example.org.');
  const email = `${local}@${domain}`;
  if (Buffer.byteLength(email) > maxAddressOctets) {
    return refuse(`An address has at most ${maxAddressOctets} octets.`);
  }
  const smtpUtf8 = !printableAscii.test(local);
  const key = `${local.toLowerCase().normalize('NFC')}@${domain}`;
  return { ok: true, address: { email, key, local, domain, smtpUtf8 } };
}

/** Reads `MAIL_FROM`: `Paperboy <paperboy@example.org>` or an address alone (its name is then empty). */
export function parseSender(text: string): ParsedSender {
  if (/\p{Cc}/u.test(text)) return refuse('A sender has no line breaks or control characters.');
  const mailboxes = parseMailboxes(text);
  const mailbox = mailboxes[0];
  if (mailboxes.length !== 1 || mailbox?.address === undefined) {
    return refuse('A sender is one address, as in Paperboy <paperboy@example.org>.');
  }
  const parsed = parseAddress(mailbox.address);
  if (!parsed.ok) return parsed;
  return { ok: true, sender: { name: mailbox.name.trim(), address: parsed.address.email } };
}

/** For pages: `alice@example.org` → `a…e@example.org`. Says no more of the local part than its two ends. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@');
  const local = [...email.slice(0, Math.max(at, 0))];
  const first = local.length > 1 ? local[0] : '';
  const last = local.length > 2 ? local[local.length - 1] : '';
  return `${first}…${last}${at < 0 ? '' : email.slice(at)}`;
}

function localProblem(local: string): string | null {
  if (local === '') return 'Something must stand before the @.';
  if (local.startsWith('"')) return 'Quoted names before the @ are not supported.';
  for (const character of local) {
    if (!localCharacter.test(character)) return `An address cannot have ${character} before the @.`;
  }
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) {
    return 'Before the @, dots stand alone and between other characters.';
  }
  if (Buffer.byteLength(local) > maxLocalOctets)
    return `At most ${maxLocalOctets} octets stand before the @.`;
  return null;
}

/** The host name in lower-case punycode (UTS 46), or null when it is none. */
function asciiDomain(typed: string): string | null {
  // domainToASCII would decode percent signs and read 127.1 as an address
  if (!/^(?:[A-Za-z0-9.-]|[^\0-\x7f])+$/u.test(typed)) return null;
  const ascii = /[A-Z]|[^a-z0-9.-]|xn--/.test(typed) ? domainToASCII(typed) : typed;
  const labels = ascii.split('.');
  if (ascii.length > 253 || !labels.every((label) => domainLabel.test(label))) return null;
  return /^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '') ? null : ascii;
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
