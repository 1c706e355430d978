import { findTokens } from '../return-path.ts';
import { distinctAddresses, findAddresses, readRecipientField } from './addresses.ts';
import { isAutoReply, isUnsubscribe } from './auto-reply.ts';
import { isBounceByItsWords } from './bounce-marks.ts';
import { classify } from './classify.ts';
import {
  findDeliveryStatus,
  readDeliveryStatus,
  type StatusGroup,
  type StatusReport,
} from './delivery-status.ts';
import { readFeedback } from './feedback.ts';
import { type Field, fieldOf } from './fields.ts';
import { type MailParts, readMail } from './mime.ts';
import { contextOf, findProseRecipients } from './prose.ts';
import type { BounceReading, RecipientReading } from './reading.ts';
import { findSesNotification } from './ses-notification.ts';
import { type SplitText, splitOriginal } from './split-original.ts';

type Understood = Pick<BounceReading, 'kind' | 'recipients'>;

/** What is looked at for one message: its parts, its words, and the fields of our message that came with it. */
interface Report extends SplitText {
  mail: MailParts;
  status: StatusReport;
}

/**
 * Understands a message that came to the return path: a delivery status notification (RFC 3464), a feedback report
 * (RFC 5965), an SES notification, a bounce without any such part, by its words alone, an automatic reply
 * (RFC 3834), or none of these. `raw` is the message as received (CRLF or LF, an mbox `From ` line allowed), of which
 * the first megabyte counts. Never rejects: what cannot be understood is `not_a_bounce`.
 */
export async function readBounce(raw: Buffer): Promise<BounceReading> {
  const mail = await readMail(raw);
  const [inner] = mail.reports;
  if (inner !== undefined && mail.statuses.length === 0 && mail.feedback.length === 0) {
    const reading = await readParts(await readMail(inner));
    const returnPaths = distinctAddresses([...findTokens(envelopeOf(mail)), ...reading.returnPaths]);
    if (isBounceByItsWords(mail, splitOriginal(mail.text).prose))
      return {
        ...reading,
        returnPaths,
        arrivedAt: findArrival(mail.headers) ?? reading.arrivedAt,
        identity: identify(mail.headers),
      };
  }
  return readParts(mail);
}

function readParts(parts: MailParts): BounceReading {
  const mail = parts.statuses.length > 0 ? parts : { ...parts, text: unquoteReport(parts.text) };
  const { prose, original } = splitOriginal(mail.text);
  const status = readDeliveryStatus(mail.statuses.join('\n\n'));
  const report: Report = {
    mail,
    prose,
    original: mail.originals.length > 0 ? mail.originals.flat() : original,
    status: status.groups.length > 0 || mail.statuses.length > 0 ? status : findDeliveryStatus(mail.text),
  };
  const understood = understand(report);
  return {
    ...understood,
    originalMessageId: findMessageId(report, understood.kind),
    returnPaths: findReturnPaths(report),
    arrivedAt: findArrival(mail.headers),
    identity: identify(mail.headers),
  };
}

function understand(report: Report): Understood {
  const { mail, status } = report;
  if (mail.feedback.length > 0) return readComplaint(report);
  const notification = findSesNotification(mail.text);
  if (notification !== null && notification.recipients.length > 0) return notification;
  if (mail.statuses.length > 0 && status.groups.length > 0) return readStatusReport(report);
  if (mail.statuses.length > 0 || isBounceByItsWords(mail, report.prose))
    return status.groups.length > 0 ? readStatusReport(report) : readProse(report);
  if (isUnsubscribe(mail))
    return { kind: 'complaint', recipients: [plain(mail.from || null, 'complaint', 'unsubscribe')] };
  if (isAutoReply(mail))
    return { kind: 'auto_reply', recipients: [plain(mail.from || null, 'auto-reply', 'vacation')] };
  return { kind: 'not_a_bounce', recipients: [] };
}

function readComplaint({ mail, original }: Report): Understood {
  const { reason, recipients } = readFeedback(mail.feedback.join('\n'));
  const named = recipients.length > 0 ? recipients : addressesOf(original, 'to').slice(0, 1);
  const addresses = named.length > 0 ? named : [null];
  if (reason === 'not_spam') return { kind: 'not_a_bounce', recipients: [] };
  return { kind: 'complaint', recipients: addresses.map((address) => plain(address, 'complaint', reason)) };
}

function readStatusReport(report: Report): Understood {
  const { groups } = report.status;
  const recipients = groups.map((group) => readGroup(group, report, groups.length === 1));
  const isDelivered = recipients.every((recipient) => recipient.class === 'delivered');
  return { kind: isDelivered ? 'delivered' : 'bounce', recipients };
}

function readGroup(group: StatusGroup, report: Report, isOnly: boolean): RecipientReading {
  const { prose } = report;
  const address = group.address ?? (isOnly ? (proseRecipients(report)[0]?.address ?? null) : null);
  const context = address === null ? '' : contextOf(prose.split('\n'), address);
  const verdict = classify({
    status: group.status,
    texts: [group.diagnostic, context, isOnly ? prose : ''],
  });
  const recipient: RecipientReading = {
    address,
    ...(group.originalAddress === null || group.originalAddress === address
      ? {}
      : { originalAddress: group.originalAddress }),
    ...verdict,
    diagnostic: oneLine(group.diagnostic || context),
  };
  if (['delivered', 'relayed', 'expanded'].includes(group.action ?? ''))
    return { ...recipient, class: 'delivered', reason: 'delivered' };
  if (group.action === 'delayed') return { ...recipient, class: 'soft', reason: 'delayed' };
  return recipient;
}

function readProse(report: Report): Understood {
  const { prose, mail } = report;
  const found = proseRecipients(report);
  const isDelay = /\bdelay|will (?:keep|be) (?:trying|retried)|not yet been delivered|warning message only/i;
  const isDelayed =
    isDelay.test(mail.subject) || /warning message only|has not yet been delivered/i.test(prose);
  const recipients = (found.length > 0 ? found : [{ address: null, context: '' }]).map(
    ({ address, context }) => {
      const verdict = classify({ status: null, texts: [context, found.length > 1 ? '' : prose] });
      const diagnostic = oneLine(context || prose);
      const recipient: RecipientReading = { address, ...verdict, diagnostic };
      return isDelayed ? ({ ...recipient, class: 'soft', reason: 'delayed' } as const) : recipient;
    },
  );
  return { kind: 'bounce', recipients };
}

function proseRecipients({ mail, prose, original }: Report) {
  const own = [...addressesOf(mail.headers, 'to'), ...addressesOf(mail.headers, 'delivered-to'), mail.from];
  const failed = addressesOf(mail.headers, 'x-failed-recipients');
  const found = findProseRecipients(prose, failed, own);
  if (found.length > 0) return found;
  return addressesOf(original, 'to')
    .slice(0, 1)
    .map((address) => ({ address, context: '' }));
}

/** A report that a person passed on with `> ` before its lines. */
function unquoteReport(text: string): string {
  return /^> ?final-recipient:/im.test(text) ? text.replace(/^> ?/gm, '') : text;
}

function findMessageId({ mail, status, original }: Report, kind: BounceReading['kind']): string | null {
  const candidates = [fieldOf(original, 'message-id'), status.originalMessageId];
  if (kind !== 'not_a_bounce') candidates.push(fieldOf(mail.headers, 'in-reply-to'));
  for (const value of candidates) {
    const id = /<[^<>\s]{1,990}>/.exec(value ?? '')?.[0];
    if (id !== undefined) return id;
  }
  return null;
}

/** Where a return path may still stand: where the mail was sent to, what was reported, our returned headers. */
function findReturnPaths({ mail, original }: Report): string[] {
  const texts = [
    envelopeOf(mail),
    values(original.filter(({ name }) => name === 'return-path')),
    mail.statuses.join('\n'),
    mail.feedback.join('\n'),
    values(original),
    values(mail.headers),
    mail.text,
  ];
  return distinctAddresses(texts.flatMap(findTokens)).slice(0, 50);
}

const envelopeNames = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'to'];
const values = (fields: readonly Field[]): string => fields.map(({ value }) => value).join('\n');
const envelopeOf = (mail: MailParts): string =>
  values(mail.headers.filter(({ name }) => envelopeNames.includes(name)));

function findArrival(headers: readonly Field[]): number | null {
  const received = fieldOf(headers, 'received');
  for (const text of [received?.slice(received.lastIndexOf(';') + 1), fieldOf(headers, 'date')]) {
    const at = Date.parse((text ?? '').replace(/\([^()]*\)/g, '').trim());
    if (Number.isFinite(at) && at > 0) return at;
  }
  return null;
}

/** Fields that no mail system on the way changes or adds. */
function identify(headers: readonly Field[]): string {
  const own = fieldOf(headers, 'message-id');
  if (own !== null && own !== '') return own;
  return ['date', 'from', 'subject'].map((name) => fieldOf(headers, name) ?? '').join('\n');
}

function addressesOf(fields: readonly Field[], name: string): string[] {
  return distinctAddresses(
    fields.filter((field) => field.name === name).flatMap(({ value }) => findAddresses(value)),
  );
}

function plain(
  address: string | null,
  kind: RecipientReading['class'],
  reason: RecipientReading['reason'],
): RecipientReading {
  const readable = address === null ? null : readRecipientField(address);
  return { address: readable, class: kind, reason, status: null, reply: null, diagnostic: '' };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 500);
