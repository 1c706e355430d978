/** `From sender  Thu Jul  2 12:05:05 2020`, at the beginning of a line, with a header field on the next. */
const separator =
  /^From \S{1,320}[ \t]+\w{3} \w{3} [ \d]\d \d\d:\d\d(?::\d\d)?[^\n]{0,40}\r?\n(?=[A-Za-z][\w-]*:)/gm;

/**
 * The messages of an mbox file (RFC 4155), without their `From ` lines; what does not begin like one is a single
 * message. Writers that leave out the blank line before a separator are borne with.
 */
export function splitMbox(bytes: Buffer): Buffer[] {
  const text = bytes.toString('latin1');
  if (!text.startsWith('From ')) return [bytes];
  const starts = [...text.matchAll(separator)].map(({ index, 0: line }) => ({
    index,
    from: index + line.length,
  }));
  if (starts[0]?.index !== 0) return [bytes];
  return starts.map(({ from }, at) => bytes.subarray(from, starts[at + 1]?.index));
}
