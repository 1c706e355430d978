const dot = 0x2e;
const lf = 0x0a;
const cr = 0x0d;
const crlf = Buffer.from('\r\n', 'latin1');
const stuffing = Buffer.from('.', 'latin1');

const vouched = new WeakSet<Buffer>();

/** Says of a message, never to be changed again, that none of its lines starts with a dot and that it ends with CRLF. */
export function vouchUnstuffed(raw: Buffer): void {
  vouched.add(raw);
}

/**
 * A message as it follows DATA (RFC 5321 §4.5.2), without the final dot: dots that start a line are doubled (a bare
 * CR or LF counts as a line end, so no server can be made to see an end of data in the middle), and it ends with CRLF.
 */
export function dotStuff(raw: Buffer): Buffer {
  // looking through 36 KB takes a tenth of what composing it takes
  if (vouched.has(raw)) return raw;
  const whole = raw.length >= 2 && raw[raw.length - 1] === lf && raw[raw.length - 2] === cr;
  if (whole && raw[0] !== dot && raw.indexOf('\n.') < 0 && raw.indexOf('\r.') < 0) return raw;
  const pieces: Buffer[] = [];
  let start = 0;
  for (let at = raw.indexOf(dot); at >= 0; at = raw.indexOf(dot, at + 1)) {
    const before = at === 0 ? lf : raw[at - 1];
    if (before !== lf && before !== cr) continue;
    pieces.push(raw.subarray(start, at), stuffing);
    start = at;
  }
  pieces.push(raw.subarray(start));
  if (!whole) pieces.push(crlf);
  return Buffer.concat(pieces);
}
