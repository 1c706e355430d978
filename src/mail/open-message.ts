import PostalMime from 'postal-mime';

/** A message as its reader's mail program sees it. */
export interface OpenedMessage {
  /** As they go out, unfolded; encoded words (RFC 2047) stay so. */
  headers: { name: string; value: string }[];
  subject: string;
  html: string;
  text: string;
  /** Bytes of the whole as it goes over the wire, and of its parts before they are encoded. */
  bytes: { message: number; html: number; text: number };
}

/** Takes a composed message apart again: what is looked at is what is sent, signature and all. */
export async function openMessage(raw: Buffer): Promise<OpenedMessage> {
  const { subject = '', html = '', text = '' } = await PostalMime.parse(raw);
  const bytes = { message: raw.length, html: Buffer.byteLength(html), text: Buffer.byteLength(text) };
  return { headers: readHeaders(raw), subject, html, text, bytes };
}

/** A message's headers as they go out, unfolded; encoded words stay so. */
export function readHeaders(raw: Buffer): { name: string; value: string }[] {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.toString('utf8', 0, end === -1 ? raw.length : end);
  return head.split(/\r\n(?![ \t])/).map((line) => {
    const colon = line.indexOf(':');
    return {
      name: line.slice(0, colon),
      value: line
        .slice(colon + 1)
        .replace(/\r\n[ \t]+/g, ' ')
        .trim(),
    };
  });
}
