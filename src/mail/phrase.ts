import { encodeWord, quoteString } from 'nodemailer/lib/mime-funcs';

/** RFC 2047 §2. */
const maxEncodedWord = 75;
/** A word longer than this could not be folded into a line of 998 octets (RFC 5322 §2.1.1). */
export const maxWord = 900;
const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/;

/** Whether text with single spaces is no printable ASCII, looks like an encoded word, or could not be folded. */
export function needsEncoding(text: string): boolean {
  return /[^ -~]/.test(text) || text.includes('=?') || text.split(' ').some((word) => word.length > maxWord);
}

/**
 * The name beside an address (RFC 5322's phrase), of text with single spaces: atoms, a quoted string, one encoded word, or
 * several. Python puts a space between encoded words that follow each other, where RFC 2047 §6.2 has none: so the ASCII
 * words of a long name stand between them as they are, and the others are parted where a space does no harm.
 */
export function formatPhrase(text: string): string {
  if (!needsEncoding(text)) return formatAscii(text);
  const one = encode(text);
  return one.length <= maxEncodedWord ? one : runsOf(text).map(formatRun).join(' ');
}

function formatAscii(text: string): string {
  return atoms.test(text) ? text : quoteString(text);
}

/** The words in runs, of which every other one has to be encoded. */
function runsOf(text: string): string[] {
  const runs: string[] = [];
  let encoded: boolean | null = null;
  for (const word of text.split(' ')) {
    const isEncoded = needsEncoding(word);
    if (isEncoded === encoded) runs.push(`${runs.pop()} ${word}`);
    else runs.push(word);
    encoded = isEncoded;
  }
  return runs;
}

/** After a space, or punctuation of Chinese and Japanese, which has room beside it. */
const parting = /(?<=[ \u3001\u3002\u3009-\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f])/;

/** As many words to an encoded one as it holds; those before the last keep the space after them. */
function formatRun(run: string): string {
  if (!needsEncoding(run)) return formatAscii(run);
  const pieces: string[] = [];
  for (const word of run.split(parting)) {
    const joined = (pieces.at(-1) ?? '') + word;
    if (pieces.length > 0 && encode(joined).length <= maxEncodedWord) pieces[pieces.length - 1] = joined;
    else pieces.push(word);
  }
  return pieces.map((piece) => encode(piece, maxEncodedWord)).join(' ');
}

/** By the shorter of both encodings; in more than one word only where one may hold no more than `max`. */
function encode(text: string, max = 0): string {
  const [quoted, base64] = [encodeWord(text, 'Q', max), encodeWord(text, 'B', max)];
  return quoted.length <= base64.length ? quoted : base64;
}
