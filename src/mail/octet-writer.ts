import { type Stencil, textOf } from '../digest/fragments.ts';
import { type EncodedStencil, encodeStencil, fitsStencil, writeStencil } from './encoded-stencil.ts';
import { maxEncodedOctets, writeQuotedPrintable } from './quoted-printable.ts';
import { createRecent } from './recent.ts';

/** Octets kept encoded, and characters of the text met once: most of that is one reader's own. */
const maxMemoOctets = 24 * 1024 * 1024;
const maxMetOnce = 4 * 1024 * 1024;
/** Forms kept of one stencil: ids of other lengths make other tokens. */
const maxForms = 4;

/** Gathers the octets of one message after the other, in memory of its own: a message takes one allocation, of its size. */
export interface OctetWriter {
  /** Begins anew; what was gathered and not taken is dropped. */
  start(): void;
  /** As UTF-8. */
  addText(text: string): void;
  /** As quoted-printable. A fragment that recurs in other messages is encoded once. */
  addFragment(text: string): void;
  /** As quoted-printable. Kept encoded as long as its `around` is in use. */
  addStencil(stencil: Stencil): void;
  /** A copy of all since `start`. */
  take(): Buffer;
}

export function createOctetWriter(): OctetWriter {
  let octets = Buffer.allocUnsafeSlow(256 * 1024);
  let length = 0;
  const encoded = createRecent<Buffer>(maxMemoOctets);
  const metOnce = createRecent<true>(maxMetOnce);
  const stencils = new WeakMap<readonly string[], EncodedStencil[]>();

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
    addStencil(stencil) {
      const { around, fills } = stencil;
      const forms = stencils.get(around);
      let form = forms?.find((one) => fitsStencil(one, fills));
      if (form === undefined && forms !== undefined) {
        const encodedNow = encodeStencil(stencil);
        if (encodedNow !== null && fitsStencil(encodedNow, fills)) {
          form = encodedNow;
          forms.unshift(form);
          forms.length = Math.min(forms.length, maxForms);
        }
      }
      // Most of what is met once is not met again.
      if (forms === undefined) stencils.set(around, []);
      if (form === undefined) {
        const text = textOf(stencil);
        reserve(maxEncodedOctets(text));
        length = writeQuotedPrintable(text, octets, length);
        return;
      }
      reserve(form.octets.length);
      length = writeStencil(form, fills, octets, length);
    },
    take: () => Buffer.from(octets.subarray(0, length)),
  };
}
