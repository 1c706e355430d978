import PostalMime from 'postal-mime';
import { type Field, readFields } from './fields.ts';

/** A message taken apart: what the mail system wrote, its report parts, and the message it returned. */
export interface MailParts {
  headers: Field[];
  subject: string;
  /** Address of From, lower case; '' without one. */
  from: string;
  fromName: string;
  /** The readable part (HTML made plain), LF line ends, at most 200,000 characters. */
  text: string;
  /** Contents of message/delivery-status parts. */
  statuses: string[];
  /** Contents of message/feedback-report parts. */
  feedback: string[];
  /** Header fields of returned messages (message/rfc822, text/rfc822-headers). */
  originals: Field[][];
  /** Attached messages that are reports themselves: gateways wrap a report into one of their own. */
  reports: Buffer[];
}

const originalTypes = [
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
  'text/plain',
];
const maxBytes = 1024 * 1024;
const maxLines = 20_000;
const maxParts = 50;
const maxTextLength = 200_000;
const maxValueLength = 4_000;

/** Takes a raw message apart, whatever it is; of more than a megabyte or 20,000 lines only the
 * beginning is read. Never rejects. */
export async function readMail(raw: Buffer): Promise<MailParts> {
  const bytes = cutLines(raw.subarray(0, maxBytes));
  try {
    const mail = await PostalMime.parse(bytes, {
      forceRfc822Attachments: true,
      maxNestingDepth: 20,
      maxHeadersSize: maxBytes,
      attachmentEncoding: 'arraybuffer',
    });
    const parts = mail.attachments.slice(0, maxParts).map(({ mimeType, content }) => ({
      type: mimeType.toLowerCase().split(/[\s;]/, 1)[0] ?? '',
      text: boundText(Buffer.from(content as ArrayBuffer).toString('utf8')),
    }));
    const of = (...types: string[]) =>
      parts.filter(({ type }) => types.includes(type)).map(({ text }) => text);
    // An attached text is words like the rest, or the header of the returned message.
    const attached = of('text/plain').filter((one) => readHeaderBlock(one).length < 3);
    const text = boundText([mail.text ?? mail.html ?? '', ...attached].join('\n'));
    // A multipart whose boundary is not the announced one comes out empty.
    if (text.trim() === '' && parts.length === 0) return readAsText(bytes);
    const mailbox = mail.from?.address === undefined ? undefined : mail.from;
    return {
      headers: mail.headers.map(({ key, value }) => ({ name: key, value: value.slice(0, maxValueLength) })),
      subject: (mail.subject ?? '').slice(0, maxValueLength),
      from: (mailbox?.address ?? '').toLowerCase(),
      fromName: mail.from?.name ?? '',
      text,
      statuses: of('message/delivery-status', 'message/global-delivery-status'),
      feedback: of('message/feedback-report'),
      originals: of(...originalTypes)
        .map(readHeaderBlock)
        .filter((fields) => fields.length >= 3),
      reports: mail.attachments
        .filter(({ mimeType }) => mimeType === 'message/rfc822')
        .slice(0, maxParts)
        .map(({ content }) => Buffer.from(content as ArrayBuffer))
        .filter((content) =>
          /^content-type:\s*multipart\/report\b/im.test(content.toString('latin1', 0, 16_000)),
        ),
    };
  } catch {
    return readAsText(bytes);
  }
}

/** What the MIME parser refuses (too deep, too many headers) is read as one plain text. */
function readAsText(bytes: Buffer): MailParts {
  const text = boundText(bytes.toString('utf8'));
  const headers = readHeaderBlock(text);
  const value = (name: string) => headers.find((field) => field.name === name)?.value ?? '';
  return {
    headers,
    subject: value('subject'),
    from: value('from').toLowerCase(),
    fromName: value('from'),
    text: text.slice(text.indexOf('\n\n') + 1),
    statuses: [],
    feedback: [],
    originals: [],
    reports: [],
  };
}

/** The header fields a text begins with, up to its first blank line. */
export function readHeaderBlock(text: string): Field[] {
  const lines = text.replace(/^\s*\n/, '').split('\n');
  const end = lines.findIndex((line) => line.trim() === '');
  return readFields(end < 0 ? lines : lines.slice(0, end));
}

function boundText(text: string): string {
  return text.slice(0, maxTextLength).replace(/\r\n?/g, '\n');
}

/** The parser takes its time for each line, be it ever so short. */
function cutLines(bytes: Buffer): Buffer {
  let end = 0;
  for (let count = 0; count < maxLines; count++) {
    const next = bytes.indexOf(0x0a, end);
    if (next < 0) return bytes;
    end = next + 1;
  }
  return bytes.subarray(0, end);
}
