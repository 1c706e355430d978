/** RFC 2045 §6.7: 76 octets, of which one is kept for the soft break's "=". */
const maxColumn = 75;
const tab = 0x09;
const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;
const dot = 0x2e;
const equals = 0x3d;
const upperF = 0x46;
const hexDigits = new Uint8Array(Buffer.from('0123456789ABCDEF', 'latin1'));
const from = Buffer.from('From ', 'latin1');
/** 1: written as it is wherever it stands, but for a dot or an F that starts a line. */
const plain = new Uint8Array(256).map((_, byte) => (byte > space && byte < 0x7f && byte !== equals ? 1 : 0));

const maxMemoLength = 16 * 1024;

let scratch = new Uint8Array(64 * 1024);

/**
 * Text to quoted-printable (RFC 2045 §6.7): LF and CRLF become CRLF, lines are at most 76 octets, a bare CR is
 * data. No line starts with a dot (nothing to stuff in SMTP) or with `From ` (mbox).
 */
export function encodeQuotedPrintable(text: string): Buffer {
  const input = Buffer.from(text, 'utf8');
  const length = input.length;
  // at worst 3 octets a byte and 3 for a soft break after every 73
  const worst = length * 3 + Math.ceil(length / 24) * 3 + 8;
  if (scratch.length < worst) scratch = new Uint8Array(worst);
  const output = scratch;
  let at = 0;
  let column = 0;
  for (let i = 0; i < length; i++) {
    const byte = input[i] as number;
    if (plain[byte] === 1 && column > 0 && column < maxColumn) {
      output[at++] = byte;
      column++;
      continue;
    }
    if (byte === lf || (byte === cr && input[i + 1] === lf)) {
      if (byte === cr) i++;
      output[at++] = cr;
      output[at++] = lf;
      column = 0;
      continue;
    }
    let literal = plain[byte] === 1 || ((byte === space || byte === tab) && !endsLine(input, i + 1));
    if (column + (literal ? 1 : 3) > maxColumn) {
      output[at++] = equals;
      output[at++] = cr;
      output[at++] = lf;
      column = 0;
    }
    if (column === 0 && literal) literal = byte !== dot && !(byte === upperF && startsFrom(input, i));
    if (literal) {
      output[at++] = byte;
      column++;
    } else {
      output[at++] = equals;
      output[at++] = hexDigits[byte >> 4] as number;
      output[at++] = hexDigits[byte & 15] as number;
      column += 3;
    }
  }
  return Buffer.from(output.subarray(0, at));
}

function endsLine(input: Buffer, next: number): boolean {
  return next === input.length || input[next] === lf || input[next] === cr;
}

function startsFrom(input: Buffer, i: number): boolean {
  return input.length - i >= from.length && from.compare(input, i, i + from.length) === 0;
}

/** Quoted-printable back to text, with LF for CRLF. */
export function decodeQuotedPrintable(encoded: string): string {
  const bytes = encoded.replace(/=\r\n/g, '').replace(/\r\n/g, '\n');
  const decoded = bytes.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

/**
 * A memo of encoded fragments: a paper's card is the same in thousands of messages. Two generations, each of at most
 * half of `maxOctets`; the older is dropped when the younger is full, so what is in use stays. Long ones are
 * whole parts, which do not recur.
 */
export function createFragmentEncoder(maxOctets: number): (fragment: string) => Buffer {
  let young = new Map<string, Buffer>();
  let old = new Map<string, Buffer>();
  let octets = 0;
  return (fragment) => {
    if (fragment.length > maxMemoLength) return encodeQuotedPrintable(fragment);
    const known = young.get(fragment);
    if (known !== undefined) return known;
    const encoded = old.get(fragment) ?? encodeQuotedPrintable(fragment);
    octets += encoded.length + fragment.length;
    if (octets > maxOctets / 2) {
      old = young;
      young = new Map();
      octets = encoded.length + fragment.length;
    }
    young.set(fragment, encoded);
    return encoded;
  };
}
