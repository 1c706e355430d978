import type { Formulas } from './formulas.ts';
import { maxMathLength } from './mathml.ts';
import type { Shown } from './shown.ts';
import {
  type Command,
  type Range,
  readArgument,
  readGroup,
  readOption,
  type Source,
  type Stretch,
  skipSpaces,
} from './source.ts';

/** What reading a command takes. */
export interface Tools {
  source: Source;
  forms: Formulas;
  /** Reads what stands within, at a depth. */
  read: (range: Range, depth: number) => string;
}

/**
 * Reads on past a command by name that is none of text: mathematics outside of mathematics (`5\times`, `\alpha-stable`) or a
 * macro. What is neither, or lacks an argument, stays as it came.
 */
export function readUnknown(tools: Tools, stretch: Stretch, command: Command): void {
  const { text } = tools.source;
  const { at, to } = stretch;
  const { end } = command;
  const touching = touchingEnd(tools.source, end, to);
  const found = mathematicsAt(tools, stretch, touching);
  const hasOption = touching > end && text[end] === '[';
  if (found === null || (found === 'unknown' && hasOption)) {
    stretch.out += text.slice(at, touching);
    stretch.at = touching;
  } else if (found === 'unknown') readMacro(tools, stretch, command);
  else {
    const apart = /[\p{L}\p{N})]\s$/u.test(stretch.out) && /[\p{L}\p{N}]/u.test(text[found.end] ?? '');
    stretch.out += tools.forms.keep(found.shown) + (apart ? ' ' : '');
    stretch.at = found.end;
  }
}

/** A command with what touches it, else with the one or two arguments it wants (`\frac12`, `\hat x`). */
function mathematicsAt(
  { source, forms }: Tools,
  { at, to }: Stretch,
  touching: number,
): { shown: Shown; end: number } | 'unknown' | null {
  const { text } = source;
  let end = touching;
  for (let more = 0; more <= 2; more++) {
    const shown = forms.command(text.slice(at, end));
    if (shown !== null) return shown === 'unknown' ? shown : { shown, end };
    const argument = readArgument(source, end, to);
    if (!argument || argument.end - at > maxMathLength) return null;
    // `\hat word`: a name, and a word after it.
    if (!argument.braced && /^\p{L}\p{L}/u.test(text.slice(argument.from, argument.from + 4))) return null;
    end = argument.end;
  }
  return null;
}

/** Words that a macro dresses (`\blue{a word}`), or its name (`\method{}`); what else it means only its source says. */
function readMacro({ source, read }: Tools, stretch: Stretch, { name, end }: Command): void {
  const { text } = source;
  const { at, to, depth } = stretch;
  const parts: string[] = [];
  let after = end;
  let group = readGroup(source, skipSpaces(source, end, to), to);
  for (; group; group = readGroup(source, after, to)) {
    if (group.from < group.to) parts.push(read(group, depth + 1));
    after = group.end;
  }
  const isCut = text[after] === '{';
  const isName = parts.length === 0 && !isCut && (name.length > 1 || text[at - 1] === '{');
  const isWithinWord = /\p{L}/u.test(text[after] ?? '');
  if (isName) stretch.out += name;
  else if (!isCut && (isWithinWord || parts.some((part) => /\p{L}{2}|\p{N}/u.test(part))))
    stretch.out += parts.join(' ');
  else stretch.out += text.slice(at, after);
  stretch.at = after;
}

/** Where a mathematical command ends: with the option, groups and scripts that touch it. */
function touchingEnd(source: Source, at: number, to: number): number {
  const option = readOption(source, at, to);
  let end = option && source.text[option.end] === '{' ? option.end : at;
  for (;;) {
    const isScript = source.text[end] === '^' || source.text[end] === '_';
    const next = isScript ? readArgument(source, end + 1, to) : readGroup(source, end, to);
    if (!next || next.end - at > maxMathLength) return end;
    end = next.end;
  }
}
