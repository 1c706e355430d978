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

const utf8 = new TextEncoder();
let input = new Uint8Array(64 * 1024);

/**
 * Text to quoted-printable (RFC 2045 §6.7): LF and CRLF become CRLF, lines are at most 76 octets, a bare CR is
 * data. No line starts with a dot (nothing to stuff in SMTP) or with `From ` (mbox).
 */
export function encodeQuotedPrintable(text: string): Buffer {
  const output = new Uint8Array(maxEncodedOctets(text));
  return Buffer.from(output.subarray(0, writeQuotedPrintable(text, output, 0)));
}

/** The most octets that a text can become: 3 for a byte and 3 for a soft break after every 73, 3 bytes a UTF-16 unit. */
export function maxEncodedOctets(text: string): number {
  const bytes = text.length * 3;
  return bytes * 3 + Math.ceil(bytes / 24) * 3 + 8;
}

/** As {@link encodeQuotedPrintable}, into `output` from `at` on, where `maxEncodedOctets` must be free. Returns where it ends. */
export function writeQuotedPrintable(text: string, output: Uint8Array, at: number): number {
  if (input.length < text.length * 3) input = new Uint8Array(text.length * 3);
  const bytes = input;
  const length = utf8.encodeInto(text, bytes).written;
  let end = at;
  let column = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (plain[byte] === 1 && column > 0 && column < maxColumn) {
      output[end++] = byte;
      column++;
      continue;
    }
    if (byte === lf || (byte === cr && i + 1 < length && bytes[i + 1] === lf)) {
      if (byte === cr) i++;
      output[end++] = cr;
      output[end++] = lf;
      column = 0;
      continue;
    }
    let literal = plain[byte] === 1 || ((byte === space || byte === tab) && !endsLine(bytes, i + 1, length));
    if (column + (literal ? 1 : 3) > maxColumn) {
      output[end++] = equals;
      output[end++] = cr;
      output[end++] = lf;
      column = 0;
    }
    if (column === 0 && literal) literal = byte !== dot && !(byte === upperF && startsFrom(bytes, i, length));
    if (literal) {
      output[end++] = byte;
      column++;
    } else {
      output[end++] = equals;
      output[end++] = hexDigits[byte >> 4] as number;
      output[end++] = hexDigits[byte & 15] as number;
      column += 3;
    }
  }
  return end;
}

function endsLine(bytes: Uint8Array, next: number, length: number): boolean {
  return next === length || bytes[next] === lf || bytes[next] === cr;
}

function startsFrom(bytes: Uint8Array, at: number, length: number): boolean {
  return length - at >= from.length && from.every((byte, offset) => bytes[at + offset] === byte);
}

/** Quoted-printable back to text, with LF for CRLF. */
export function decodeQuotedPrintable(encoded: string): string {
  const bytes = encoded.replace(/=\r\n/g, '').replace(/\r\n/g, '\n');
  const decoded = bytes.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}
