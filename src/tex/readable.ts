import { restoreCommands } from './lost.ts';
import { readableName } from './names.ts';
import { htmlOf, plainOf, type ReadableLine, withoutPrivate } from './readable-line.ts';
import { sourceOf } from './source.ts';
import { TextReader } from './text.ts';

export { htmlOf, plainOf, type ReadableLine, readableName };

/** More than any title or abstract; what lies beyond is given as it came. */
const maxLength = 20_000;

/**
 * A title or abstract as people read it: TeX's accents, quotes, dashes, dress and mathematics resolved, white space
 * single, paragraphs kept. Prices and plain text stay as they are; TeX that cannot be resolved stays as it came, and
 * no text is lost. Never throws; linear in time, an abstract takes some tenths of a millisecond. `plainOf` and
 * `htmlOf` give the line, or what was cut out of it, its form.
 */
export function readLine(raw: string): ReadableLine {
  const cut = restoreCommands(withoutPrivate(raw.slice(0, maxLength)));
  const rest = withoutPrivate(raw.slice(maxLength));
  if (!/[\\${}~`^]|''|--/.test(cut)) return { line: tidy(cut + rest), formulas: [] };
  const reader = new TextReader(sourceOf(cut));
  const line = tidy(punctuated(reader.read({ from: 0, to: cut.length }, 0)) + rest);
  return { line, formulas: reader.formulas };
}

/** In plain Unicode: `O(n^(2/3)√T)`, `x ≤ y`, `Schrödinger`. Not HTML: escape it. */
export function readableText(raw: string): string {
  const { line, formulas } = readLine(raw);
  return plainOf(line, formulas);
}

/** TeX's quotes and dashes. Dashes that lead a word are an option's (`--verbose`). */
function punctuated(text: string): string {
  return text
    .replace(/``([^`"]{1,400}?)(?:''|")/g, '“$1”')
    .replace(/(?<![\p{L}\p{N}\p{Co}'])''(?=[^\s'])([^'"\n]{1,200})(?<!\s)''(?![\p{L}'])/gu, '“$1”')
    .replace(/(?<![\p{L}\p{N}`])`([^`'\n]{1,200})'(?![\p{L}\p{N}'])/gu, '‘$1’')
    .replace(/(?<=[^\s-] ?)(?<!-)---(?=[^-])/g, '—')
    .replace(/(?<=[^\s-])--(?=[^\s-])|(?<= )--(?= )/g, '–');
}

function tidy(text: string): string {
  // Nearly all texts are tidy but for their ends.
  if (!/[^\S ]| {2}/.test(text)) return text.trim();
  return text
    .replace(/[^\S\n]*\n[^\S\n]*\n\s*/g, '\n\n')
    .replace(/(?<!\n)\n(?!\n)|[^\S\n]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}
