/** TeX source with its braces paired once, so that reading stays linear however they nest. */
export interface Source {
  text: string;
  /** Index of the `}` that closes the `{` at this index; 0: none does. */
  closing: Int32Array;
}

/** A stretch of the source, `to` excluded. */
export interface Range {
  from: number;
  to: number;
}

/** A stretch that is being read: where, how deep, and what came of it so far. */
export interface Stretch {
  out: string;
  at: number;
  to: number;
  depth: number;
}

export interface Command {
  /** `alpha`, or the one character of `\%`; empty for a backslash at the very end. */
  name: string;
  end: number;
}

/** An argument's inside and where reading goes on. */
export interface Argument extends Range {
  end: number;
  braced: boolean;
}

export function sourceOf(text: string): Source {
  const closing = new Int32Array(text.length);
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '{') open.push(at);
    else if (char === '}') {
      const start = open.pop();
      if (start !== undefined) closing[start] = at;
    }
  }
  return { text, closing };
}

/** The inside of the group that opens at `at`; null when there is no `{` or its `}` lies not before `to`. */
export function readGroup(source: Source, at: number, to: number): Argument | null {
  if (source.text[at] !== '{') return null;
  const close = source.closing[at] ?? 0;
  return close > at && close < to ? { from: at + 1, to: close, end: close + 1, braced: true } : null;
}

/** The command at the backslash at `at`, within `to`. */
export function readCommand(source: Source, at: number, to: number): Command {
  let end = at + 1;
  while (end < to && isLetter(source.text.charCodeAt(end))) end++;
  if (end > at + 1) return { name: source.text.slice(at + 1, end), end };
  const char = end < to ? String.fromCodePoint(source.text.codePointAt(end) ?? 0) : '';
  return { name: char, end: end + char.length };
}

/** What a command at this place takes: a group, a command, or one character; null when nothing is left. */
export function readArgument(source: Source, at: number, to: number): Argument | null {
  const start = skipSpaces(source, at, to);
  if (start >= to) return null;
  const group = readGroup(source, start, to);
  if (group) return group;
  if (source.text[start] === '\\') {
    const { end } = readCommand(source, start, to);
    // A command as an argument brings its own: \hat\mathbf{x}.
    const own = readGroup(source, end, to);
    return { from: start, to: own?.end ?? end, end: own?.end ?? end, braced: false };
  }
  const end = start + String.fromCodePoint(source.text.codePointAt(start) ?? 0).length;
  return { from: start, to: end, end, braced: false };
}

/** The inside of `[…]` right at `at`; null when there is none within a short way. */
export function readOption(source: Source, at: number, to: number): Argument | null {
  if (source.text[at] !== '[') return null;
  const close = source.text.slice(at, Math.min(to, at + 200)).indexOf(']');
  return close > 0 ? { from: at + 1, to: at + close, end: at + close + 1, braced: true } : null;
}

export function skipSpaces(source: Source, at: number, to: number): number {
  let next = at;
  while (next < to && /\s/.test(source.text[next] as string)) next++;
  return next;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
