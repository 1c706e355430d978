import { encodeWord } from 'nodemailer/lib/mime-funcs';
import { formatPhrase, maxWord, needsEncoding } from './phrase.ts';

const maxLine = 78;
/** RFC 2047 §2: of a line with an encoded word. */
const maxEncodedLine = 76;
/** RFC 2047 §2: at most 75 characters a word, and the first shares its line with the header's name. */
const maxEncodedWord = 52;
/** Printable ASCII with single spaces is written as it is, but for what looks like an encoded word and `Name<id>`. */
const plainText = /^[!-~]+(?: [!-~]+)*$/;
const odd = /=\?|[^ ]</;

/** A header's name is not a field name of RFC 5322: a fault in the program, never in what came from outside. */
export class HeaderNameError extends Error {
  override name = 'HeaderNameError';
}

/** A Subject, or another header that is nothing but text (RFC 5322 §2.2.1): as `formatHeader`, with no `<…>` of its own. */
export function formatText(name: string, value: string): string {
  return formatEncoded(name, encodeText(clean(value)));
}

/**
 * One header line with its CRLF. `value` is text as people write it: CR, LF, NUL and other controls become
 * spaces, text that is not printable ASCII (or looks like an encoded word) becomes encoded words (RFC 2047),
 * long lines are folded. A value that ends in `<…>`, such as List-Id's, keeps that part as it is.
 */
export function formatHeader(name: string, value: string): string {
  if (value.length <= maxWord && plainText.test(value) && !odd.test(value)) return formatEncoded(name, value);
  const text = clean(value);
  const bracketed = /^([^<>]*)(<[!-;=?-~]{1,900}>)$/.exec(text);
  const encoded = bracketed ? joinPhrase(bracketed[1] ?? '', bracketed[2] ?? '') : encodeText(text);
  return formatEncoded(name, encoded);
}

/** A header line from a value that is already fit for the wire (but for folding). */
export function formatEncoded(name: string, value: string): string {
  if (!/^[!-9;-~]{1,76}$/.test(name)) throw new HeaderNameError(`not a header name: ${JSON.stringify(name)}`);
  return `${fold(`${name}: ${value}`)}\r\n`;
}

/** `Name <address>` for From: the name as atoms, a quoted string or encoded words, or none. */
export function formatMailbox(name: string, address: string): string {
  const text = clean(name);
  return text === '' ? address : `${formatPhrase(text)} <${address}>`;
}

function joinPhrase(phrase: string, rest: string): string {
  const text = phrase.trim();
  if (text === '') return rest;
  return `${needsEncoding(text) ? encodeText(text) : text} ${rest}`;
}

function encodeText(text: string): string {
  if (!needsEncoding(text)) return text;
  // base64 is the shorter one when most characters would be escaped
  const others = text.match(/[^ -~]/g)?.length ?? 0;
  return encodeWord(text, others * 3 > text.length ? 'B' : 'Q', maxEncodedWord);
}

/** One line, without controls or lone surrogates, spaces never doubled. */
function clean(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** Breaks at spaces only, and right after the name only where an encoded word has no room beside it. */
function fold(line: string): string {
  if (line.length <= maxEncodedLine) return line;
  const max = line.includes('=?') ? maxEncodedLine : maxLine;
  const [name = '', ...words] = line.split(' ');
  const lines: string[] = [];
  let current = name;
  for (const word of words) {
    const isKept = current === name && !word.startsWith('=?');
    if (isKept || current.length + 1 + word.length <= max) {
      current += ` ${word}`;
      continue;
    }
    lines.push(current);
    current = ` ${word}`;
  }
  lines.push(current);
  return lines.join('\r\n');
}
