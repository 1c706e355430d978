import { maxDepth, readableMath } from './math.ts';
import { accented, script } from './scripts.ts';
import {
  type Range,
  readArgument,
  readCommand,
  readGroup,
  readOption,
  type Source,
  skipSpaces,
} from './source.ts';
import {
  dressings,
  mathAccents,
  mathFunctions,
  mathOperators,
  mathSymbols,
  silent,
  spaces,
  textAccents,
  textSymbols,
} from './symbols.ts';

/** Mathematics longer than this between two dollar signs is taken for prose between two prices. */
const maxMathLength = 1500;

/**
 * A stretch of TeX text as plain Unicode: accents, dress and mathematics resolved, the rest as it came. Total on
 * any input.
 */
export function readableRange(source: Source, range: Range, depth: number): string {
  if (depth > maxDepth) return source.text.slice(range.from, range.to);
  const { text } = source;
  const { to } = range;
  const inner = (part: Range) => readableRange(source, part, depth + 1);
  const maths = (part: Range) => readableMath(source, part, depth + 1, readableRange).trim();
  let out = '';
  let at = range.from;

  while (at < to) {
    const char = text[at] as string;
    if (char === '\\') {
      const command = readCommand(source, at, to);
      const { name } = command;
      const start = at;
      at = command.end;
      const mark = textAccents.get(name);
      const symbol = textSymbols.get(name);
      const space = spaces.get(name);
      if (mark !== undefined) {
        const argument = readArgument(source, at, to);
        const base = argument ? inner(argument) : '';
        const whole = argument && /^\p{L}/u.test(base) && (argument.braced || name.length === 1);
        // `\d+` and `\'` before a space are no accents.
        if (whole && !(/[a-z]/i.test(name) && !argument.braced && argument.from === at)) {
          const [first = '', ...others] = [...base];
          out += accented(first, mark) + others.join('');
          at = argument.end;
        } else out += text.slice(start, at);
      } else if (symbol !== undefined) {
        out += symbol;
        at = afterName(source, at, to, name);
      } else if (name === '(' || name === '[') {
        const close = text.slice(at, at + maxMathLength).indexOf(name === '(' ? '\\)' : '\\]');
        if (close < 0 || at + close >= to) out += text.slice(start, at);
        else {
          out += maths({ from: at, to: at + close });
          at += close + 2;
        }
      } else if (/^[%&#_${}|]$/.test(name)) out += name;
      else if (space !== undefined) out += space;
      else if (name === 'href') {
        const address = readGroup(source, at, to);
        const label = address && readGroup(source, skipSpaces(source, address.end, to), to);
        if (address && label) {
          out += linked(text.slice(address.from, address.to), inner(label));
          at = label.end;
        } else out += name;
      } else if (/^(?:url|path|nolinkurl)$/.test(name)) {
        const group = readGroup(source, at, to);
        out += group ? text.slice(group.from, group.to).replace(/\\([%_#&~{}])/g, '$1') : name;
        at = group?.end ?? at;
      } else if (/^(?:cite[a-z]*|Cite[a-z]*|ref|eqref|cref|Cref|autoref|footnote|thanks)$/.test(name)) {
        const option = readOption(source, at, to);
        const group = readGroup(source, option?.end ?? at, to);
        const [open, close] = /^(?:footnote|thanks)$/.test(name) ? [' (', ')'] : ['[', ']'];
        out += group ? `${open}${inner(group)}${close}` : name;
        at = group?.end ?? at;
      } else if (/^(?:textcolor|colorbox|color|begin|end|label|vspace|hspace)$/.test(name)) {
        const group = readGroup(source, at, to);
        at = group?.end ?? at;
      } else if (name === 'item') {
        out += '• ';
        at = skipSpaces(source, at, to);
      } else if (name === 'textsuperscript' || name === 'textsubscript') {
        const argument = readArgument(source, at, to);
        if (argument) {
          out += script(name === 'textsubscript' ? '_' : '^', inner(argument));
          at = argument.end;
        }
      } else if (silent.has(name)) at = skipSpaces(source, at, to);
      else if (isMathematics(name)) {
        const end = mathEnd(source, at, to, name);
        const shown = maths({ from: start, to: end });
        out += mathOperators.has(name) && /[\p{L}\p{N})]\s$/u.test(out) ? `${shown} ` : shown;
        at = end;
      } else if (dressings.has(name) || readGroup(source, at, to)) {
        const group = readGroup(source, skipSpaces(source, at, to), to);
        if (group) {
          // A macro without anything to dress is a name: \method{}.
          out += group.from === group.to && !dressings.has(name) ? name : inner(group);
          at = group.end;
        } else out += dressings.has(name) ? '' : name;
      } else if (/^[A-Za-z]/.test(name)) out += name;
      else out += text.slice(start, at);
    } else if (char === '$') {
      const found = mathematicsAt(text, at, to);
      if (found) {
        out += maths(found);
        at = found.end;
      } else {
        out += char;
        at++;
      }
    } else if (char === '{') {
      const group = readGroup(source, at, to);
      if (group && group.from === group.to) at = group.end;
      else if (group && dropsBraces(text, group)) {
        out += inner(group);
        at = group.end;
      } else {
        out += char;
        at++;
      }
    } else if ((char === '^' || char === '_') && /[\p{L}\p{N})\]}]$/u.test(out)) {
      const group = readGroup(source, at + 1, to);
      const digits =
        char === '^' ? /^-?\d{1,4}(?!\d)/.exec(text.slice(at + 1, Math.min(to, at + 7)))?.[0] : undefined;
      if (group && group.to - group.from <= 40) {
        out += script(char, maths(group));
        at = group.end;
      } else if (digits) {
        out += script('^', digits);
        at += 1 + digits.length;
      } else {
        out += char;
        at++;
      }
    } else if (
      char === '~' &&
      /[\p{L}.,)\]]$/u.test(out) &&
      /[^\s~]/.test(text[at + 1] ?? ' ') &&
      !isAddress(out)
    ) {
      out += ' ';
      at++;
    } else {
      out += char;
      at++;
    }
  }
  return out;
}

/** A symbol's name swallows the space after it, as TeX does: `\o stergaard`; not after names of several words' sense. */
function afterName(source: Source, at: number, to: number, name: string): number {
  if (/^(?:ss|SS|o|O|l|L|ae|AE|oe|OE|aa|AA|i|j|dh|DH|th|TH|dj|DJ|ng|NG)$/.test(name)) {
    if (source.text[at] === ' ' && /\p{Ll}/u.test(source.text[at + 1] ?? '')) return Math.min(to, at + 1);
  }
  const group = readGroup(source, at, to);
  return group && group.from === group.to ? group.end : at;
}

function isMathematics(name: string): boolean {
  return (
    mathSymbols.has(name) ||
    mathOperators.has(name) ||
    mathFunctions.has(name) ||
    mathAccents.has(name) ||
    /^(?:[dt]?frac|[dt]?binom|sqrt|mathbb|mathds|mathbbm|pmod|not)$/.test(name)
  );
}

/** Where a mathematical command outside of mathematics ends: with its arguments and scripts. */
function mathEnd(source: Source, at: number, to: number, name: string): number {
  const count = /frac$|binom$/.test(name)
    ? 2
    : mathAccents.has(name) || /^(?:sqrt|mathbb|mathds|mathbbm|pmod|not)$/.test(name)
      ? 1
      : 0;
  let end = at;
  for (let taken = 0; taken < count; taken++) end = readArgument(source, end, to)?.end ?? end;
  while (end < to && (source.text[end] === '^' || source.text[end] === '_'))
    end = readArgument(source, end + 1, to)?.end ?? end + 1;
  return end;
}

/**
 * The mathematics that a dollar sign opens; null when it is a price or stands alone. As in Pandoc, no space may
 * follow the opening one nor precede the closing one, and no digit may follow that; arXiv's authors do leave
 * spaces, so TeX between the two also counts, unless it reads as prose from a price to a price.
 */
function mathematicsAt(text: string, at: number, to: number): (Range & { end: number }) | null {
  const width = text[at + 1] === '$' ? 2 : 1;
  const from = at + width;
  const limit = Math.min(to, from + maxMathLength);
  let close = from;
  while (close < limit && text[close] !== '$') close += text[close] === '\\' ? 2 : 1;
  if (close >= limit || close === from) return null;
  if (width === 2 && text[close + 1] !== '$') return null;
  const content = text.slice(from, close);
  const end = close + width;
  if (/\n\s*\n/.test(content)) return null;
  if (width === 2) return { from, to: close, end };
  // A sign alone, such as `$+$9.0`, or `$ (X|Y) $`.
  if (/^\s*[^\s\p{L}\p{N}$]{1,3}\s*$/u.test(content)) return { from, to: close, end };
  const opensTight = !/^\s/.test(content);
  const closesTight = !/\s$/.test(content);
  const prose = /(?:^|\s)[a-z]{2,}\s/.test(content.replace(/\\[A-Za-z]+(?:\{[^{}]*\})?/g, ''));
  const balanced = (content.match(/[([]/g)?.length ?? 0) === (content.match(/[)\]]/g)?.length ?? 0);
  const isTex = /[\\^_{}=<>≤≥∈]/.test(content);
  if (opensTight && closesTight && !/\d/.test(text[end] ?? '') && (isTex || (!prose && balanced)))
    return { from, to: close, end };
  if (!prose && opensTight === closesTight && !/^\s*\d/.test(content) && (isTex || !opensTight))
    return { from, to: close, end };
  // A short sign in spaces, such as `$ n $`; or a sloppy edge, such as `$k $-means`.
  if (isTex ? !prose && !/^\d/.test(content) : /^\s*[\p{L}]\s*$/u.test(content))
    return { from, to: close, end };
  return null;
}

/** Braces are TeX's own around a command, within a word, or around one word; others may be a set or a template. */
function dropsBraces(text: string, group: Range): boolean {
  if (text[group.from] === '\\') return true;
  const content = text.slice(group.from, Math.min(group.to, group.from + 200));
  if (group.to - group.from > 200) return false;
  if (/^[\p{L}\p{N}-]+$/u.test(content)) return true;
  if (content === ',') return /\d/.test(text[group.from - 2] ?? '') && /\d/.test(text[group.to + 1] ?? '');
  const touches = /[\p{L}\p{N}]/u;
  return (
    /^[\p{L}\p{N} \\{}'"`^-]+$/u.test(content) &&
    (touches.test(text[group.from - 2] ?? '') || touches.test(text[group.to + 1] ?? ''))
  );
}

/** Both the label and the address of a link, or the address alone when the label is part of it. */
function linked(address: string, label: string): string {
  const shown = label.trim();
  return shown === '' || address.includes(shown) ? address : `${shown} (${address})`;
}

function isAddress(out: string): boolean {
  return /https?:\/\/\S*$/.test(out.slice(-200));
}
