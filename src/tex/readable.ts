import { sourceOf } from './source.ts';
import { textAccents, textSymbols } from './symbols.ts';
import { readableRange } from './text.ts';

/** More than any title or abstract; what lies beyond is given as it came. */
const maxLength = 20_000;

/**
 * A title or abstract as people read it: TeX's accents, quotes, dashes, dress and mathematics as plain Unicode
 * (`O(n²)`, `x ≤ y`, `Schrödinger`), white space single, paragraphs kept. Prices and plain text stay as they are; TeX
 * that cannot be resolved stays legible, and no text is lost. Never throws; the worst
 * input takes some tens of milliseconds, an abstract a tenth of one. Not HTML: escape it.
 */
export function readableText(raw: string): string {
  // `T{\\"}ulu`: an accent whose letter slipped out of its braces.
  const cut = raw.slice(0, maxLength).replace(/\{\\(["'`^~=.])\}(?=\p{L})/gu, '\\$1');
  const rest = raw.slice(maxLength);
  if (!/[\\${}~`^]|''|--/.test(cut)) return tidy(cut + rest);
  const source = sourceOf(cut);
  return tidy(punctuated(readableRange(source, { from: 0, to: cut.length }, 0)) + rest);
}

/** TeX's quotes and dashes. Dashes that lead a word are an option's (`--verbose`). */
function punctuated(text: string): string {
  return text
    .replace(/``([^`"]{1,400}?)(?:''|")/g, '“$1”')
    .replace(/(?<![\p{L}\p{N}`])`([^`'\n]{1,200})'(?![\p{L}\p{N}'])/gu, '‘$1’')
    .replace(/(?<=[^\s-] ?)(?<!-)---(?=[^-])/g, '—')
    .replace(/(?<=[^\s-])--(?=[^\s-])|(?<= )--(?= )/g, '–');
}

function tidy(text: string): string {
  return text
    .replace(/[^\S\n]*\n[^\S\n]*\n\s*/g, '\n\n')
    .replace(/(?<!\n)\n(?!\n)|[^\S\n]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/**
 * An author's name with TeX's accents and letters resolved (`Schr{\"o}dinger`, `\L{}ukasz`) and its grouping braces
 * dropped; never mathematics, so a `$` stays. Never throws.
 */
export function readableName(raw: string): string {
  const cut = raw.slice(0, 1000);
  const name = /[\\{}~]/.test(cut) ? accentsOnly(cut) : cut;
  return (name + raw.slice(1000)).replace(/\s+/g, ' ').trim();
}

function accentsOnly(text: string): string {
  return text
    .replace(
      /\\(ss|SS|[oOlLij]|ae|AE|oe|OE|aa|AA|dh|DH|th|TH|dj|DJ)(?![A-Za-z])(?:\{\}| (?=\p{Ll}))?/gu,
      (_, name: string) => textSymbols.get(name) ?? name,
    )
    .replace(
      /\\(?:(['`^"~=.])\s*|([uvHckrbdt])(?:\s+|(?=\{)))(?:\{\s*\{?(\p{L})\}?\s*\}|(\p{L}))/gu,
      (_, sign?: string, letter?: string, braced?: string, bare?: string) => {
        const base = (braced ?? bare ?? '').replace('ı', 'i').replace('ȷ', 'j');
        return (base + (textAccents.get(sign ?? letter ?? '') ?? '')).normalize('NFC');
      },
    )
    .replace(/(?<!\\)[{}]/g, '')
    .replace(/~/g, ' ')
    .replace(/\\([&%#_ {}])/g, '$1');
}
