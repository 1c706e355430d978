import type { Range } from './source.ts';

/** Length of a font's name whose backslash was lost upstream, as in `{sf A}`; 0 when there is none. */
export function startsFont(content: string): number {
  return /^(?:bf|sf|rm|tt|cal|sc|em)\s+(?=\S)/.exec(content)?.[0].length ?? 0;
}

/** Braces are TeX's own around a command, within a word, or around words; others may be a set or a template. */
export function dropsBraces(text: string, group: Range): boolean {
  if (text[group.from] === '\\' && !/^\\[{}]/.test(text.slice(group.from, group.from + 2))) return true;
  const content = text.slice(group.from, Math.min(group.to, group.from + 200));
  if (group.to - group.from > 200) return false;
  if (/^[\p{L}\p{N}_-]+$/u.test(content)) return true;
  // `{dsqrt{k}{n}}`: mathematics without its backslashes.
  if (/^[\p{L}\p{N}{}]+$/u.test(content)) return true;
  if (/^\p{L}[\p{L} '’-]*$/u.test(content) && /\p{L}{4}/u.test(content)) return true;
  const touches = /[\p{L}\p{N}]/u;
  const [before, after] = [text[group.from - 2] ?? '', text[group.to + 1] ?? ''];
  // `9{,}600`, `N{=}1`.
  if (/^[=<>+:,-]$/.test(content)) return touches.test(before) && touches.test(after);
  return /^[\p{L}\p{N} \\{}'"`^-]+$/u.test(content) && (touches.test(before) || touches.test(after));
}

/** Whether a group and the next belong to a word before them, which lost its backslash: `sqrt{k}{n}`. */
export function isPairOfWord(text: string, group: Range): boolean {
  if (text[group.to + 1] !== '{' || group.from === group.to) return false;
  return /(?:^|[^\\A-Za-z])[A-Za-z]+$/.test(text.slice(Math.max(0, group.from - 41), group.from - 1));
}

/** Whether the group would run into what stands before it, though it is no part of that word: `1{delta}`, `red{a word}`. */
export function isApart(text: string, group: Range): boolean {
  const before = text.slice(Math.max(0, group.from - 3), group.from - 1);
  const content = text.slice(group.from, Math.min(group.to, group.from + 200));
  return /(?:\d|\p{Lu}{2})$/u.test(before)
    ? /^[a-z]{3}/.test(content)
    : /\p{L}$/u.test(before) && /^\p{L}+ /u.test(content);
}

/** Both the label and the address of a link, or the address alone when the label is part of it. */
export function linked(address: string, label: string): string {
  const shown = label.trim();
  return shown === '' || address.includes(shown) ? address : `${shown} (${address})`;
}

/** `Fig.~3` and `26~FPS` are tied; `~50%`, `10~20` and `https://a.org/~me` are not. */
export function isTie(out: string, next: string): boolean {
  const before = out.slice(-1);
  if (/[\s~]/.test(next) || isAddress(out)) return false;
  return /[\p{L}\p{Co}.,)\]]/u.test(before) || (/\d/.test(before) && /[\p{L}\\(]/u.test(next));
}

function isAddress(out: string): boolean {
  return /https?:\/\/\S*$/.test(out.slice(-200));
}
