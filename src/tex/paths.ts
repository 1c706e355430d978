/** Segments, and no command that takes something. */
const path = /^(?:\\[\p{L}\p{N}_.-]+)+\\?(?![\p{L}\p{N}\\{^])/u;
const share = /^\\\\[\p{L}\p{N}_.-]+(?:\\[\p{L}\p{N}_.$-]+)+\\?(?![\p{L}\p{N}\\{^])/u;
/** Nothing longer is one. */
const maxLength = 260;

/**
 * The path that begins at a backslash: after a drive (`C:\new`), within one (`src\main\new`) or to another machine
 * (`\\host\new`). Null when there is none, or when its first names are those of commands, as `isCommand` tells.
 */
export function pathAt(text: string, at: number, isCommand: (name: string) => boolean): string | null {
  const before = text.slice(Math.max(0, at - 3), at);
  const rest = text.slice(at, at + maxLength);
  const isDrive = /(?:^|[^\p{L}\p{N}\\])[A-Za-z]:$/u.test(before);
  const shape = isDrive || /[\p{L}\p{N}.]$/u.test(before) ? path : share;
  if (shape === share && !/^$|\s$/.test(before)) return null;
  const found = shape.exec(rest)?.[0] ?? '';
  const names = found.split('\\').filter((name) => name !== '');
  const wanted = names.slice(0, isDrive ? 1 : 2);
  if (wanted.length < (isDrive ? 1 : 2)) return null;
  return wanted.some((name) => isCommand(/^[A-Za-z]*/.exec(name)?.[0] ?? '')) ? null : found;
}
