import { type Stencil, textOf } from '../digest/fragments.ts';
import { encodeQuotedPrintable } from './quoted-printable.ts';

/**
 * A stencil as quoted-printable with the octets of its gaps known, for all fills that differ in nothing but what
 * follows their last slash, in as many letters: a reader's own token is put into it, and nothing is encoded again.
 */
export interface EncodedStencil {
  octets: Buffer;
  /** Each fill up to what may differ, and its whole length. */
  starts: readonly string[];
  lengths: readonly number[];
  /** Where the octets of what may differ stand, in order. */
  spots: Uint32Array;
}

/** Characters that quoted-printable writes as they are, wherever in a line they stand. */
const wordly = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
  wordly[character.charCodeAt(0)] = 1;

/** Null when the encoding of what surrounds a gap might depend on what is in it. */
export function encodeStencil({ around, fills }: Stencil): EncodedStencil | null {
  // `From ` at the start of a line is escaped (RFC 4155), and a gap could complete it.
  if (around.slice(1).some((text) => /^(?:(?:ro|o)?m)? /.test(text))) return null;
  const starts = fills.map((fill) => intern(fill.slice(0, fill.lastIndexOf('/') + 1)));
  const filledWith = (letter: string) =>
    encodeQuotedPrintable(
      textOf({
        around,
        fills: fills.map((fill, gap) => (starts[gap] as string).padEnd(fill.length, letter)),
      }),
    );
  const octets = filledWith('x');
  const others = filledWith('y');
  const spots: number[] = [];
  for (const [at, octet] of octets.entries()) if (octet !== others[at]) spots.push(at);
  return { octets, starts, lengths: fills.map((fill) => fill.length), spots: Uint32Array.from(spots) };
}

/** Of few installations there are few; one string for all is compared in no time. */
const interned = new Map<string, string>();

function intern(text: string): string {
  const known = interned.get(text);
  if (known !== undefined) return known;
  if (interned.size >= 100) interned.clear();
  interned.set(text, text);
  return text;
}

/** The link that was looked through last, with how it begins: most stand in a mail many times. */
let vouched = { fill: '', start: '' };

/** Whether these fills differ from those that were encoded only where they may. */
export function fitsStencil({ starts, lengths }: EncodedStencil, fills: readonly string[]): boolean {
  for (let gap = 0; gap < fills.length; gap++) {
    const fill = fills[gap] as string;
    const start = starts[gap] as string;
    if (fill.length !== lengths[gap]) return false;
    if (start === vouched.start && fill === vouched.fill) continue;
    if (!fill.startsWith(start)) return false;
    for (let at = start.length; at < fill.length; at++) if (wordly[fill.charCodeAt(at)] !== 1) return false;
    if (start !== '') vouched = { fill, start };
  }
  return true;
}

/** Writes the stencil with fills that fit it. Returns where it ends. */
export function writeStencil(
  { octets, starts, spots }: EncodedStencil,
  fills: readonly string[],
  output: Uint8Array,
  at: number,
): number {
  output.set(octets, at);
  let spot = 0;
  for (let gap = 0; gap < fills.length; gap++) {
    const fill = fills[gap] as string;
    for (let letter = (starts[gap] as string).length; letter < fill.length; letter++)
      output[at + (spots[spot++] as number)] = fill.charCodeAt(letter);
  }
  return at + octets.length;
}
