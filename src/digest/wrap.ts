// East Asian wide and fullwidth forms and emoji take two columns (Unicode UAX #11).
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
const ZERO_WIDTH = /\p{M}|[\u061C\u200C-\u200F\u2066-\u2069]/u;

/** How many terminal columns a text takes. */
export function columns(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Latin letters and their punctuation
  if (/^[\u0000-\u02FF\u2010-\u2027]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += ZERO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/**
 * Wraps one paragraph at `width` columns, each line after `indent`. Breaks at spaces and between wide
 * characters (Chinese and Japanese have no spaces); a link is never broken, any other word longer than
 * a line is. What a no-break space ties stays together and is written with a plain one. Lines are joined by LF; none
 * ends in a space.
 */
export function wrap(paragraph: string, width = 72, indent = ''): string {
  const room = Math.max(8, width - columns(indent));
  const lines: string[] = [];
  let line = '';
  let filled = 0;
  const flush = () => {
    if (line !== '') lines.push(indent + line.replaceAll('\u00A0', ' ').trimEnd());
    line = '';
    filled = 0;
  };
  const put = (piece: string, spaced: boolean) => {
    const width = columns(piece);
    const gap = spaced && line !== '' ? 1 : 0;
    if (line !== '' && filled + gap + width > room) flush();
    line += line !== '' && gap ? ` ${piece}` : piece;
    filled = line === piece ? width : filled + gap + width;
  };
  for (const word of paragraph.split(/[^\S\u00A0\u202F]+/u)) {
    if (word === '') continue;
    if (columns(word) <= room && !WIDE.test(word)) put(word, true);
    else if (/^https?:\/\//.test(word)) put(word, true);
    else for (const [index, piece] of breakWord(word, room).entries()) put(piece, index === 0);
  }
  flush();
  return lines.join('\n');
}

// No line of Chinese or Japanese begins with these.
const CLOSING = /[、。，．：；！？）］｝〉》」』】〕’”…,.;:!?)\]}]/u;

/** Pieces a line may end after: single wide characters with what must follow them, runs of at most `room` columns. */
function breakWord(word: string, room: number): string[] {
  const pieces: string[] = [];
  let wide = false;
  for (const character of word) {
    const last = pieces.length - 1;
    const previous = pieces[last];
    const isWide = WIDE.test(character) && !CLOSING.test(character);
    const isTied = character === '\u00A0' || previous?.endsWith('\u00A0');
    const joins =
      previous !== undefined &&
      (isTied || ZERO_WIDTH.test(character) || CLOSING.test(character) || (!isWide && !wide)) &&
      columns(previous) + columns(character) <= room;
    if (joins) pieces[last] = previous + character;
    else pieces.push(character);
    if (!ZERO_WIDTH.test(character)) wide = isWide;
  }
  return pieces;
}
