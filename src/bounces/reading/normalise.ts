import { addressPattern } from './addresses.ts';

/** The SMTP command that was refused; null when the report does not tell. */
export type RefusedAt = 'mail' | 'rcpt' | 'data' | null;

const maxLength = 4_000;
const blocklists =
  /spamhaus|spamcop|sorbs|barracudacentral|surbl|uribl|dnsbl|[./-]rbl\b|\b(?:black|block)lists?\b/;
const address = new RegExp(`<?${addressPattern}>?`, 'gu');

/**
 * A reply as plain words for the rules: lower case, one line, without what could pass for words but is not:
 * addresses, links (but for those to a blocklist's page), host names, and the codes that begin each line of a long
 * reply.
 */
export function normaliseReply(text: string): string {
  return unwrapReply(text.slice(0, maxLength))
    .toLowerCase()
    .replace(/https?:\/\/\S{1,500}/g, (link) => (blocklists.test(link) ? ' {blocklist} ' : ' '))
    .replace(address, ' {@} ')
    .replace(/\b[a-z0-9](?:[a-z0-9-]{0,62}\.){1,10}[a-z]{2,24}\b(?!\})/g, ' {name} ')
    .replace(/(?:^|\s)[245]\d\d[- ]+(?:[245]\.\d{1,3}\.\d{1,3}\s)?/g, ' ')
    .replace(/[’`]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
}

/** A gateway's own sentence around another server's reply (`5.1.0 - Unknown address error 550-'5.7.1 …'`). */
export function unwrapReply(text: string): string {
  return /\b([245]\d\d[- ])'([^'\n]{3,500})'/.exec(text)?.slice(1, 3).join('') ?? text;
}

/** The most telling enhanced status code in a reply: one that names more than its class, else the first. */
export function findStatus(text: string): string | null {
  const found = [...unwrapReply(text).matchAll(/(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)/g)].map(
    ([code]) => code,
  );
  return found.find((code) => !/\.0\.0$/.test(code)) ?? found[0] ?? null;
}

/** The first SMTP reply code of a refusal (4xx, 5xx); null without one. */
export function findReply(text: string): string | null {
  return /(?:^|[\s:;>"'([<])([45]\d\d)(?=[\s\-:;,.#]|$)/.exec(unwrapReply(text))?.[1] ?? null;
}

const answer = new RegExp(
  `\\b5\\d\\d:?[- ]+(?:5\\.\\d{1,3}\\.\\d{1,3} +)?<?${addressPattern}(?:>|\\.\\.\\.|[: ])`,
  'u',
);

const atData =
  /(?:end of|final|pipelined|to|after|during|most progress was)\s+data\b|after i sent the message|\[(?:data|body)\]|\((?:data|body)\)|smtp command\s{1,20}data\b/i;
const atRcpt =
  /(?:reply to|after|during|most progress was|our|smtp:) ?rcpt|rcpt (?:to )?command|\[rcpt_to\]|^[ \t]{0,8}>>> rcpt|^ in: +rcpt|does not like recipient|recipient address rejected|rejected address/im;

const needsRcpt = /need rcpt|no valid recipients/i;
const showsData = /^[ \t]{0,8}>>> DATA[ \t]{0,8}\n[ \t]{0,8}<<< [45]/m;
const atMail =
  /(?:reply to|after|during|our) mail from|^[ \t]{0,8}>>> mail from:[^\n]{0,500}\n[ \t]{0,8}<<< [45]/im;

/**
 * Which command the other server refused. sendmail shows `>>> DATA` before the replies to pipelined RCPTs as well;
 * then the further reply that DATA came too early gives it away.
 */
export function findRefusedAt(text: string): RefusedAt {
  if (atMail.test(text)) return 'mail';
  if (needsRcpt.test(text)) return 'rcpt';
  if (showsData.test(text)) return 'data';
  if (atRcpt.test(text)) return 'rcpt';
  return atData.test(text) ? 'data' : null;
}

/** Whether the reply begins with the recipient's address (`550 <a@example.org>... `), as only RCPT's does. */
export function namesRecipient(text: string): boolean {
  return answer.test(unwrapReply(text.slice(0, maxLength)));
}
