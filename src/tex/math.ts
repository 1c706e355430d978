import { accented, doubleStruck, script } from './scripts.ts';
import {
  type Argument,
  type Range,
  readArgument,
  readCommand,
  readGroup,
  readOption,
  type Source,
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

/** Deeper nesting is given back as it came. */
export const maxDepth = 40;

/** Renders text within mathematics (`\text{…}`); the text room gives itself. */
export type RenderText = (source: Source, range: Range, depth: number) => string;

/**
 * Mathematics as one line of Unicode: `O(n²)`, `x ≤ y`, `ℝ`, `(a+b)/2`. What has no such form stays legible as
 * `x^(a·q)`; an unknown command is its name. Total on any input.
 */
export function readableMath(source: Source, range: Range, depth: number, renderText: RenderText): string {
  if (depth > maxDepth) return source.text.slice(range.from, range.to);
  const { text } = source;
  const { to } = range;
  const inner = (argument: Range) => readableMath(source, argument, depth + 1, renderText);
  let out = '';
  let at = range.from;
  const take = (): Argument | null => {
    const argument = readArgument(source, at, to);
    if (argument) at = argument.end;
    return argument;
  };
  const operator = (sign: string): void => {
    const before = out.trimEnd();
    if (before === '' || /[([{,;:=<>≤≥≈∼]$/.test(before)) out = before === '' ? sign : `${out}${sign}`;
    else if (restIsEmpty(text, at, to)) out = before + sign;
    else out = `${before} ${sign} `;
  };
  const word = (name: string): void => {
    if (/[\p{L}\p{N})\]}]$/u.test(out)) out += ' ';
    out += name;
    if (startsWord(text, at, to)) out += ' ';
  };

  while (at < to) {
    const char = text[at] as string;
    if (char === '\\') {
      const { name, end } = readCommand(source, at, to);
      at = end;
      const symbol = mathSymbols.get(name);
      const sign = mathOperators.get(name);
      const space = spaces.get(name);
      const mark = mathAccents.get(name);
      if (symbol !== undefined) {
        out += symbol;
      } else if (sign !== undefined) operator(sign);
      else if (mathFunctions.has(name)) word(name);
      else if (name === '\\') out = `${out.trimEnd()}; `;
      else if (space !== undefined) out += space;
      else if (mark !== undefined) {
        const argument = take();
        out += argument ? accented(inner(argument), mark) : '';
      } else if (/^[dt]?frac$|^cfrac$|^sfrac$/.test(name)) {
        const [over, under] = [take(), take()];
        const fraction = `${atom(over ? inner(over) : '')}/${atom(under ? inner(under) : '')}`;
        if (/[\p{L}\p{N})]$/u.test(out)) out += ' ';
        out += startsWord(text, at, to) ? `${fraction} ` : fraction;
      } else if (/^[dt]?binom$/.test(name)) {
        const [over, under] = [take(), take()];
        out += `(${over ? inner(over) : ''} choose ${under ? inner(under) : ''})`;
      } else if (name === 'sqrt') {
        const root = readOption(source, at, to);
        if (root) at = root.end;
        const argument = take();
        const content = argument ? inner(argument) : '';
        out += `${root ? script('^', inner(root)).replace(/^\^/, '') : ''}√${/^[\p{L}\p{N}]*$/u.test(content) ? content : `(${content})`}`;
      } else if (name === 'mathbb' || name === 'mathds' || name === 'mathbbm') {
        const argument = take();
        out += argument ? doubleStruck(inner(argument)) : '';
      } else if (name === 'pmod') {
        const argument = take();
        out = `${out.trimEnd()} (mod ${argument ? inner(argument) : ''})`;
      } else if (name === 'not') {
        const argument = take();
        if (argument) operator(`${inner(argument).trim()}\u0338`.normalize('NFC'));
      } else if (/^(?:text|mbox|hbox|url|texttt|textbf|textit|textsc|textrm|textsf|emph)$/.test(name)) {
        const argument = readGroup(source, at, to);
        if (argument) {
          at = argument.end;
          out += renderText(source, argument, depth + 1);
        }
      } else if (dressings.has(name)) {
        if (text[at] === '*') at++;
        const argument = take();
        if (argument) {
          const content = inner(argument);
          if (/^operatorname$/.test(name)) word(content);
          else out += content;
        }
      } else if (silent.has(name)) {
        // \left. and \right. stand for no delimiter at all.
        if (/^(?:left|right|[bB]igg?[lrm]?)$/.test(name) && text[at] === '.') at++;
      } else if (/^(?:begin|end|label|tag|color|ref|eqref)$/.test(name)) {
        const argument = readGroup(source, at, to);
        if (argument) at = argument.end;
      } else if (/^(?:textcolor|href)$/.test(name) || textAccents.has(name)) {
        const start = at - name.length - 1;
        const stretch = wholeCommand(source, at, to, name === 'textcolor' || name === 'href' ? 2 : 1);
        at = stretch;
        out += renderText(source, { from: start, to: stretch }, depth + 1);
      } else if (/^[A-Za-z]/.test(name)) {
        const letter = textSymbols.get(name);
        if (letter !== undefined) out += letter;
        else if (!readGroup(source, at, to) || emptyGroup(source, at)) word(name);
      } else out += name;
    } else if (char === '^' || char === '_') {
      at++;
      const argument = take();
      out = out.trimEnd() + (argument ? script(char, inner(argument)) : '');
    } else if (char === '{') {
      const group = readGroup(source, at, to);
      if (group) {
        out += inner(group);
        at = group.end;
      } else {
        out += char;
        at++;
      }
    } else if (/\s/.test(char) || char === '~' || char === '&') {
      at++;
      if (!/\s$/.test(out) && !afterCommand(text, at - 1, range.from)) out += ' ';
    } else if (char === "'") {
      out += '′';
      at++;
    } else if (char === '$') at++;
    else {
      out += char;
      at++;
    }
  }
  return out;
}

function wholeCommand(source: Source, at: number, to: number, count: number): number {
  let end = at;
  for (let taken = 0; taken < count; taken++) end = readArgument(source, end, to)?.end ?? end;
  return end;
}

function emptyGroup(source: Source, at: number): boolean {
  return source.closing[at] === at + 1;
}

/** A fraction's part, in parentheses unless it is one number or name. */
function atom(content: string): string {
  const shown = content.trim();
  return /^[\p{L}\p{N}.,%∞]*[⁰¹²³⁴-⁹ⁿ₀-₉′ᵀ]*$/u.test(shown) ||
    /^[([|‖][^()[\]|‖]*[)\]|‖]$/.test(shown) ||
    (/^√?\(?[^()]*\)?$/.test(shown) && shown.startsWith('√'))
    ? shown
    : `(${shown})`;
}

/** The space that ends a command's name is no space. */
function afterCommand(text: string, at: number, from: number): boolean {
  let back = at - 1;
  while (back >= from && at - back < 40 && /[A-Za-z]/.test(text[back] as string)) back--;
  return back < at - 1 && back >= from && text[back] === '\\';
}

function restIsEmpty(text: string, at: number, to: number): boolean {
  for (let next = at; next < to && next < at + 8; next++)
    if (!/[\s}]/.test(text[next] as string)) return false;
  return to - at <= 8;
}

function startsWord(text: string, at: number, to: number): boolean {
  return (
    at < to && /[\s\p{L}\p{N}\\]/u.test(text[at] as string) && !/^\\[,;:!>) ]/.test(text.slice(at, at + 2))
  );
}
