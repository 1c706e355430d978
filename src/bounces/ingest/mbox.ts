/** `From sender  Thu Jul  2 12:05:05 2020`, at the beginning of a line, with a header field on the next. */
const separator =
  /^From \S{1,320}[ \t]+\w{3} \w{3} [ \d]\d \d\d:\d\d(?::\d\d)?[^\n]{0,40}\r?\n(?=[A-Za-z][\w-]{0,60}:)/gm;
/** More than a separator and the field after it can take. */
const separatorBytes = 1_000;

/** Of a longer message the rest is passed over: no report is that long, and nobody reads further. */
export const maxMessageBytes = 1024 * 1024;

/** A message, and how many bytes of the input have been read when it is complete. */
export interface MboxMessage {
  raw: Buffer;
  end: number;
}

/**
 * The messages of an mbox file (RFC 4155), without their `From ` lines, as they come; what does not begin like one is
 * a single message. Writers that leave out the blank line before a separator are borne with. The whole input is read,
 * whatever of it is kept: who writes it into a pipe takes a closed pipe for a failure.
 */
export async function* splitMbox(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<MboxMessage> {
  let window: Buffer = Buffer.alloc(0);
  let startsLine = true;
  let isMbox: boolean | null = null;
  let read = 0;
  let message = createMessage();
  for await (const chunk of chunks) {
    read += chunk.length;
    window = window.length === 0 ? chunk : Buffer.concat([window, chunk]);
    if (isMbox === null && window.length < separatorBytes) continue;
    isMbox ??= isSeparator(window);
    // What may be the beginning of a separator waits for what comes next.
    const settled = isMbox ? settledEnd(window) : window.length;
    const { ended, taken } = take(settled);
    for (const raw of ended) yield { raw, end: read };
    if (taken > 0) startsLine = window[taken - 1] === 0x0a;
    window = window.subarray(taken);
  }
  isMbox ??= isSeparator(window);
  for (const raw of take(window.length).ended) yield { raw, end: read };
  if (message.length() > 0) yield { raw: message.bytes(), end: read };

  /** Moves the window's beginning, at least up to `settled`, into the message, and gives those that ended there. */
  function take(settled: number): { ended: Buffer[]; taken: number } {
    const ended: Buffer[] = [];
    let from = 0;
    if (isMbox)
      for (const { index, 0: line } of window.toString('latin1').matchAll(separator)) {
        if (index >= settled || (index === 0 && !startsLine)) continue;
        message.add(window.subarray(from, index));
        if (message.length() > 0) ended.push(message.bytes());
        message = createMessage();
        from = index + line.length;
      }
    const taken = Math.max(from, settled);
    message.add(window.subarray(from, taken));
    return { ended, taken };
  }
}

function isSeparator(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, separatorBytes);
  return text.matchAll(separator).next().value?.index === 0;
}

/** Where the last two lines begin, or what is short enough to be these. */
function settledEnd(window: Buffer): number {
  const last = window.lastIndexOf(0x0a, window.length - 1);
  const before = last <= 0 ? -1 : window.lastIndexOf(0x0a, last - 1);
  return Math.max(before + 1, window.length - separatorBytes);
}

function createMessage() {
  const kept: Buffer[] = [];
  let length = 0;
  return {
    length: () => length,
    bytes: () => Buffer.concat(kept),
    add(bytes: Buffer) {
      const part = bytes.subarray(0, maxMessageBytes - length);
      // A copy: the rest of a large chunk need not stay with it.
      if (part.length > 0) kept.push(Buffer.from(part));
      length += part.length;
    },
  };
}
