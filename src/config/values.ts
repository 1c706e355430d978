import { createPublicKey } from 'node:crypto';
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate as isCron } from 'node-cron';
import { z } from 'zod';
import type { Sender } from '../digest/digest.ts';
import { isDigestTime, isTimezone, parseDays } from '../digest/schedule.ts';
import { parseAddress, parseSender } from '../mail/addresses.ts';
import { parseSmtpUrl } from '../mail/smtp-url.ts';
import { readLocale } from './locale.ts';

/**
 * Readers of single settings: text in, typed value out. Each one's issue says what is expected, so that
 * a message can be put together as `NAME is "value": expected …`.
 */

/** A reader that gives undefined for what it cannot take. */
function reader<T>(expected: string, read: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

export function wholeNumber(min: number, max: number) {
  return reader(`a whole number from ${min} to ${max}`, (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

export function oneOf<const T extends string>(choices: readonly T[]) {
  return reader(`one of ${choices.join(', ')}`, (text) => choices.find((choice) => choice === text));
}

/** Comma-separated words without repeats. */
function readWords(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** Sources to poll; `none` for an installation that reads files alone. */
export function sources<const T extends string>(choices: readonly T[]) {
  return reader(`some of ${choices.join(', ')}, or none`, (text) => {
    if (text === 'none') return [];
    const words = readWords(text);
    const known = choices.filter((choice) => words.includes(choice));
    return words.length > 0 && known.length === words.length ? known : undefined;
  });
}

/** Category names as in https://arxiv.org/category_taxonomy. */
export const arxivCategories = reader('arXiv categories such as cs.CL,stat.ML,hep-ex', (text) => {
  const words = readWords(text);
  return words.length > 0 && words.every((word) => /^[a-z]+(-[a-z]+)*(\.[A-Za-z]+(-[a-z]+)*)?$/.test(word))
    ? words
    : undefined;
});

/** `sqlite:path` or `sqlite:///absolute/path` → the file's absolute path. */
export function databaseFile(cwd: string) {
  return z.string().transform((text, context): string => {
    if (/^postgres(ql)?:/i.test(text)) {
      context.addIssue({ code: 'custom', message: 'sqlite:… (PostgreSQL is not supported yet)' });
      return z.NEVER;
    }
    const path = /^sqlite:(?:\/\/(?=\/))?(?!\/\/)([^?#]+)$/i.exec(text)?.[1];
    if (path && !path.startsWith(':') && !path.endsWith('/')) return resolve(cwd, path);
    context.addIssue({
      code: 'custom',
      message: 'a file, as sqlite:data/paperboy.db or sqlite:/var/lib/paperboy/paperboy.db',
    });
    return z.NEVER;
  });
}

/** A folder's absolute path. */
export function folder(cwd: string) {
  return reader('a folder', (text) => {
    if (text.includes('\0')) return undefined;
    if (text.startsWith('file:')) return URL.canParse(text) ? fileURLToPath(text) : undefined;
    return isAbsolute(text) ? text : resolve(cwd, text);
  });
}

/** An http(s) address to which paths are added; without its closing slash. */
export const baseUrl = reader(
  'an address such as https://papers.example.org, without query or password',
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || !/^https?:$/.test(url.protocol)) return undefined;
    if (url.search || url.hash || url.username || url.password || /[?#]/.test(text)) return undefined;
    return url.href.replace(/\/+$/, '');
  },
);

/** `Name <address>` or an address alone. */
export const sender = reader('an address, as Paperboy <paperboy@example.org>', (text): Sender | undefined => {
  const parsed = parseSender(text);
  return parsed.ok ? parsed.sender : undefined;
});

/** In one line, as it stands in the mail's footer. */
export const postalAddress = reader('a postal address in one line of at most 300 characters', (text) =>
  text.length <= 300 && !/\p{Cc}/u.test(text) ? text : undefined,
);

/** A private key that signs mail; its file is named after its selector (RFC 6376 §3.1). */
export interface DkimKeyFile {
  selector: string;
  /** Absolute. */
  file: string;
}

export function dkimKeys(cwd: string) {
  return reader('files named SELECTOR.pem, joined with commas, as data/dkim/paperboy.pem', (text) => {
    const keys: DkimKeyFile[] = text
      .split(',')
      .map((file) => ({ selector: basename(file.trim(), '.pem'), file: resolve(cwd, file.trim()) }));
    const usable = keys.every(
      ({ selector, file }) => /^[a-z0-9-]{1,63}$/i.test(selector) && file.endsWith('.pem'),
    );
    return usable && new Set(keys.map(({ selector }) => selector)).size === keys.length ? keys : undefined;
  });
}

/** Kept as it is; the transport reads it. */
export const smtpUrl = z.string().transform((text, context): string => {
  const parsed = parseSmtpUrl(text);
  if (parsed.ok) return text;
  const { message } = parsed;
  const expected = 'smtp://user:password@host:587 or smtps://…';
  context.addIssue({
    code: 'custom',
    message: message.startsWith('expected ') ? expected : `${expected}; ${message}`,
  });
  return z.NEVER;
});

/** A single address, in the form it is mailed to. */
export const mailAddress = reader('one address, as admin@example.org', (text) => {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.address.email : undefined;
});

/** Before the `+TOKEN` and after the `@` of every mail's own return path; null: all come from MAIL_FROM. */
export interface BounceAddress {
  localPart: string;
  domain: string;
}

export const bounceAddress = reader(
  'an address such as bounce@news.example.org, or none',
  (text): BounceAddress | null | undefined => {
    if (text === 'none') return null;
    const parsed = parseAddress(text);
    // RFC 5321 allows 64 octets before the @; the token takes up to 28.
    if (!parsed.ok || !/^[A-Za-z0-9._-]{1,36}$/.test(parsed.address.local)) return undefined;
    return { localPart: parsed.address.local, domain: parsed.address.domain };
  },
);

/** Kept as it is: `imaps://user:password@host[:port][/MAILBOX]`, with special characters percent-encoded. */
export const imapUrl = reader('imaps://user:password@host/INBOX or imap://…', (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^imaps?:$/.test(url.protocol) || !url.hostname || !url.username || !url.password)
    return undefined;
  return url.search || url.hash ? undefined : text;
});

export const mailboxName = reader('a mailbox name such as Paperboy or INBOX/Done', (text) =>
  /^[^\p{Cc}*%"\\]{1,100}$/u.test(text) ? text : undefined,
);

export const snsTopicArn = reader(
  'the ARN of an SNS topic, as arn:aws:sns:eu-west-1:123456789012:bounces',
  (text) => (/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(text) ? text : undefined),
);

/** What a relay's webhook has to bring, or its calls are signed with. */
export const webhookSecret = reader('at least 16 characters without blanks', (text) =>
  /^[\x21-\x7e]{16,500}$/.test(text) ? text : undefined,
);

/** What somebody types to sign in to the admin's pages. */
export const adminPassword = reader('12 to 200 characters', (text) =>
  /^\P{Cc}{12,200}$/u.test(text) ? text : undefined,
);

/** SendGrid's verification key: base64 of a DER-encoded EC public key. */
export const sendgridKey = reader(
  'the verification key that SendGrid shows (Settings, Mail Settings, Event Webhook)',
  (text) => {
    try {
      createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
      return text;
    } catch {
      return undefined;
    }
  },
);

export const secret = reader('at least 32 characters, as `openssl rand -base64 32` makes', (text) =>
  text.length >= 32 ? text : undefined,
);

/** Where to listen: a host name or an IP address. */
export const host = reader('a host name or IP address such as 127.0.0.1 or 0.0.0.0', (text) =>
  /^[A-Za-z0-9.:_-]{1,253}$/.test(text) ? text : undefined,
);

export const cron = reader('five cron fields, as 20 * * * *', (text) =>
  text.split(/\s+/).length === 5 && isCron(text) ? text : undefined,
);

export const digestTime = reader('a local time HH:MM from 00:00 to 23:59', (text) =>
  isDigestTime(text) ? text : undefined,
);

export const timezone = reader('an IANA time zone such as Europe/Berlin', (text) =>
  isTimezone(text)
    ? Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId
    : undefined,
);

export const days = reader('days such as mon,tue,wed, or weekdays, weekends, daily', (text) => {
  return parseDays(text) ?? undefined;
});

export const locale = reader(
  'a language tag such as en, de or pt-BR',
  (text) => readLocale(text) ?? undefined,
);

/** How many messages in a second or a minute; null: as many as it goes. */
export const rate = reader('how many messages, such as 10 or 0.5; 0 for no limit', (text) => {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) return undefined;
  return Number(text) === 0 ? null : Number(text);
});

/** What goes into the User-Agent so that a source can reach whoever runs this. */
export const contact = reader('a mail address or web address in plain ASCII', (text) =>
  /^[\x21-\x7e]{3,200}$/.test(text) && !/[()]/.test(text) ? text : undefined,
);
