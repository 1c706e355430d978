/** A group, with groups of its own, no longer than what one command takes. */
const group = String.raw`\{(?:[^{}]|\{[^{}]*\}){0,200}\}`;
/** Neither a command's name nor the end of a word. */
const edge = String.raw`(?<![\p{L}\\])`;

const fonts = 't?ext(bf|it|sc|tt|rm|sf|sl|up|normal)?';
const names =
  'math(?:cal|bb|bf|rm|it|sf|tt|scr|frak)|operatorname|emph|underline|textcolor|footnote|cite[pt]?|href|url';
const dress = new RegExp(`${edge}(?:${fonts}|(${names}))(?=${group})`, 'gu');
const fraction = new RegExp(`${edge}[dt]?f?rac(${group})(${group})`, 'gu');
/** `bar{x}`, over one letter alone. */
const accent = new RegExp(
  String.raw`${edge}(widehat|hat|widetilde|tilde|bar|vec|overline)(?=\{\p{L}\})`,
  'gu',
);
/** `sqrt{n}`, without spaces, which mathematics would drop, and without another group, whose place is not known. */
const root = new RegExp(String.raw`${edge}sqrt(?=\{[^{}\s]{1,40}\}(?!\{))`, 'gu');
/** No words but TeX's: `from 62% rightarrow 67%`. */
const sign = new RegExp(
  String.raw`${edge}((?:long)?(?:left|right|leftright)arrow|[lgn]eq|infty|[lc]dots)(?!\p{L})`,
  'gu',
);
/** `T{\"}ulu`: its letter slipped out of its braces. */
const slipped = /\{\\(["'`^~=.])\}(?=\p{L})/gu;

/** A contraction or genitive: `don\'t`. */
const apostrophe = /(?<=\p{L})\\'(?=(?:t|s|d|m|re|ve|ll)(?!\p{L}))/gu;
const quotation = /(?<![\p{L}\\{])\\"(?=\p{L})([^"\\{}\n]{2,200})\\"(?![\p{L}{])/gu;

/** The text without the backslashes of a string in a program: when each came twice, or before quotes that are no accents. */
function unescaped(text: string): string {
  // A single one, or three, cannot be of such a string: `\\host\share`, a line's end before a command. Two before a mere
  // word are a line's end.
  const isDoubled =
    /\\\\[A-Za-z]+\{|\$[^$]{0,400}\\\\[A-Za-z][^$]{0,400}\$/.test(text) &&
    !/(?<!\\)(?:\\\\)*\\(?!\\)/.test(text);
  const single = isDoubled ? text.replaceAll('\\\\', '\\') : text;
  const quoted = single.replace(quotation, '"$1"');
  const isEnglish = !/\\'/.test(quoted.replace(apostrophe, ''));
  return isEnglish ? quoted.replace(apostrophe, "'") : quoted;
}

/**
 * The text with its commands as they were, where nothing else can be meant. Upstream, some lost their backslash, alone or
 * with the letter that made an escape of it (`\t` of `\text`, `\f` of `\frac`): `ext{LLM}`, `rac{1}{2}`, `mathcal{O}`.
 */
export function restoreCommands(raw: string): string {
  const text = raw.includes('\\') ? unescaped(raw) : raw;
  const named = /arrow|[lgn]eq|infty|dots/.test(text) ? text.replace(sign, '\\$1') : text;
  if (!named.includes('{')) return named;
  return named
    .replace(slipped, '\\$1')
    .replace(dress, (_, font = '', name = `text${font}`) => `\\${name}`)
    .replace(accent, '\\$1')
    .replace(root, '\\sqrt')
    .replace(fraction, (_, over, under) => `\\frac${withNames(over)}${withNames(under)}`);
}

/** The words of a fraction lost theirs too: as names of functions they stay apart. */
function withNames(part: string): string {
  return part.replace(/(?<![\p{L}\\])[A-Za-z]{3,}(?![\p{L}{])/gu, '\\operatorname{$&}');
}
