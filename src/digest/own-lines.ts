/**
 * Lines of a card that name links of one reader's own. A card is rendered once for all of them, with a mark where
 * such a link begins, and cut there: what is filled in for each reader is a few short lines.
 */

/** What everyone gets as it is, or own lines: the text around the marks in them. */
export type Part = string | string[];

/** Nothing that is shown can hold it: outside text comes without control characters. */
export const feedbackMark = '\u0001';
const ownHref = new RegExp(` (href="${feedbackMark}[^"]*")`, 'g');

/** Cuts at the line ends before the first mark and after the last one. The text ends in LF, and so does each part. */
export function cutOwn(text: string): Part[] {
  if (!text.includes(feedbackMark)) return [text];
  // Within a tag white space is as good as any other, and the lines become short ones.
  const lines = text.replaceAll(ownHref, '\n$1\n');
  const from = lines.lastIndexOf('\n', lines.indexOf(feedbackMark)) + 1;
  const to = lines.indexOf('\n', lines.lastIndexOf(feedbackMark)) + 1;
  return [lines.slice(0, from), lines.slice(from, to).split(feedbackMark), lines.slice(to)];
}

/** UTF-8 bytes without the links, and how many of those there are. */
export function sharedBytes(parts: Part[]): { htmlBytes: number; ownLinks: number } {
  let htmlBytes = 0;
  let ownLinks = 0;
  for (const part of parts) {
    if (typeof part === 'string') htmlBytes += Buffer.byteLength(part);
    else {
      htmlBytes += Buffer.byteLength(part.join(''));
      ownLinks += part.length - 1;
    }
  }
  return { htmlBytes, ownLinks };
}
