/**
 * Outside text and links, made safe to show. Escaping is the templates' work; this is what escaping
 * does not do: control characters, bidi overrides, stacks of accents, endless lengths, odd schemes.
 */

// C0 and C1 controls and line separators; among the invisible are soft hyphen and BOM, which only hide text.
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
// Embeddings, overrides and isolates reorder what stands beside them (Trojan Source).
const INVISIBLE =
  /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]+/gu;
const ACCENT_STACK = /(\p{M}{4})\p{M}+/gu;

/** One line of text: no control or invisible characters, single spaces, at most `maxLength` UTF-16 units (ends in … when cut). */
export function cleanLine(text: string, maxLength: number): string {
  // Nothing below looks further than a few times the limit, however long the input.
  const bounded = text.length > maxLength * 8 + 64 ? text.slice(0, maxLength * 8 + 64) : text;
  // Nearly all lines are such: half the time of a page of papers went here.
  if (!/[^ -~]| {2}/.test(bounded)) return shorten(bounded.trim(), maxLength);
  const line = bounded
    .toWellFormed()
    .replace(CONTROLS, ' ')
    .replace(INVISIBLE, '')
    .replace(ACCENT_STACK, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
  return shorten(line, maxLength);
}

/** Cuts at the last space in the final third, else at a character's edge, and ends in `…`. Never longer than `maxLength`. */
export function shorten(line: string, maxLength: number): string {
  if (line.length <= maxLength) return line;
  let cut = line.slice(0, maxLength - 1);
  const last = cut.charCodeAt(cut.length - 1);
  if (last >= 0xd800 && last <= 0xdbff) cut = cut.slice(0, -1);
  const space = cut.lastIndexOf(' ');
  if (space > maxLength * 0.66) cut = cut.slice(0, space);
  return `${cut.replace(/[\s,;:.–—-]+$/u, '')}…`;
}

const MAX_LINK_LENGTH = 1000;

/** The address as it may stand in an `href`: absolute, http(s), no login in it, bounded; null for anything else. */
export function safeLink(address: string | null): string | null {
  if (address === null || address.length > MAX_LINK_LENGTH) return null;
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  return url.href.length > MAX_LINK_LENGTH ? null : url.href;
}

/** By the first strong letter, as `dir=auto` does; null when there is none. */
export function direction(text: string): 'ltr' | 'rtl' | null {
  const strong = /\p{L}/u.exec(text)?.[0];
  if (strong === undefined) return null;
  return /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(strong)
    ? 'rtl'
    : 'ltr';
}

/** Text that runs against `around` keeps its own order and leaves what stands beside it alone: FSI … PDI (UAX #9). */
export function isolate(text: string, around: 'ltr' | 'rtl' = 'ltr'): string {
  const own = direction(text);
  return own !== null && own !== around ? `\u2068${text}\u2069` : text;
}
