import { mathematicsAt, maxMathLength } from './dollars.ts';
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
    } else if (char === '~' && isTie(out, text[at + 1] ?? ' ')) {
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

/** Braces are TeX's own around a command, within a word, or around one word; others may be a set or a template. */
function dropsBraces(text: string, group: Range): boolean {
  if (text[group.from] === '\\') return true;
  const content = text.slice(group.from, Math.min(group.to, group.from + 200));
  if (group.to - group.from > 200) return false;
  if (/^[\p{L}\p{N}-]+$/u.test(content)) return true;
  const touches = /[\p{L}\p{N}]/u;
  // `9{,}600`, `N{=}1`.
  if (/^[=<>+:,-]$/.test(content))
    return touches.test(text[group.from - 2] ?? '') && touches.test(text[group.to + 1] ?? '');
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

/** `Fig.~3` and `26~FPS` are tied; `~50%`, `10~20` and `https://a.org/~me` are not. */
function isTie(out: string, next: string): boolean {
  const before = out.slice(-1);
  if (/[\s~]/.test(next) || isAddress(out)) return false;
  return /[\p{L}.,)\]]/u.test(before) || (/\d/.test(before) && /[\p{L}\\(]/u.test(next));
}

function isAddress(out: string): boolean {
  return /https?:\/\/\S*$/.test(out.slice(-200));
}
