import { maxEncodedOctets, writeQuotedPrintable } from './quoted-printable.ts';
import { createRecent } from './recent.ts';

/** Octets kept encoded, and characters of the text met once: most of that is one reader's own. */
const maxMemoOctets = 24 * 1024 * 1024;
const maxMetOnce = 4 * 1024 * 1024;

/** Gathers the octets of one message after the other, in memory of its own: a message takes one allocation, of its size. */
export interface OctetWriter {
  /** Begins anew; what was gathered and not taken is dropped. */
  start(): void;
  /** As UTF-8. */
  addText(text: string): void;
  /** As quoted-printable. A fragment that recurs in other messages is encoded once. */
  addFragment(text: string): void;
  /** A copy of all since `start`. */
  take(): Buffer;
}

export function createOctetWriter(): OctetWriter {
  let octets = Buffer.allocUnsafeSlow(256 * 1024);
  let length = 0;
  const encoded = createRecent<Buffer>(maxMemoOctets);
  const metOnce = createRecent<true>(maxMetOnce);

  function reserve(more: number): void {
    if (length + more <= octets.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(octets.length * 2, length + more));
    octets.copy(larger, 0, 0, length);
    octets = larger;
  }

  return {
    start() {
      length = 0;
    },
    addText(text) {
      reserve(text.length * 3);
      length += octets.write(text, length, 'utf8');
    },
    addFragment(text) {
      const known = encoded.get(text);
      if (known !== undefined) {
        reserve(known.length);
        octets.set(known, length);
        length += known.length;
        return;
      }
      reserve(maxEncodedOctets(text));
      const start = length;
      length = writeQuotedPrintable(text, octets, start);
      if (metOnce.get(text))
        encoded.keep(text, Buffer.from(octets.subarray(start, length)), length - start + text.length);
      else metOnce.keep(text, true, text.length);
    },
    take: () => Buffer.from(octets.subarray(0, length)),
  };
}
