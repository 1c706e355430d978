/** Letters that Unicode does not decompose, as people type them without the right keyboard. */
const unfoldable: Record<string, string> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ħ: 'h',
};

// Scripts written without spaces become one word a character, so that a phrase search finds any part.
const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+(?:['’][[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+)*(?:(?:\+\+?|#)(?![\p{L}\p{N}]))?/gv;

// The same for text of ASCII alone, which nearly all is: several times as fast.
const asciiPattern = /[a-z0-9]+(?:'[a-z0-9]+)*(?:(?:\+\+?|#)(?![a-z0-9]))?/g;

const compoundPattern = /[\p{L}\p{N}]+(?:[-‐‑][\p{L}\p{N}]+)+/gu;
const asciiCompoundPattern = /[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+/g;

/** TeX's accent commands to their bare letters: `\"{o}` and `{\"o}` to `o`. */
function unescapeAccents(text: string): string {
  return text.replace(
    /(\{?)\\(?:["'`^~=.]|[uvHckrbdt](?![A-Za-z]))\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))(\}?)/g,
    (_, open: string, braced: string | undefined, bare: string | undefined, close: string) => {
      const letter = braced ?? bare ?? '';
      return open && close ? letter : open + letter + close;
    },
  );
}

/**
 * Text as it is compared: NFKC, lower case, accents gone (`Ångström`, `\"o` and `o` alike), control
 * characters and lone surrogates replaced by spaces.
 */
export function foldText(text: string): string {
  const plain = text.includes('\\') ? unescapeAccents(text) : text;
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.toLowerCase();
  return plain
    .toWellFormed()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[øłđðþßæœıħ]/g, (letter) => unfoldable[letter] ?? letter)
    .replace(/[\p{Cc}\p{Cf}\ufffd]/gu, ' ');
}

/**
 * The words of a text, folded, in order. `C++`, `C#` stay one word of their own and a longer name's
 * `++` is a word beside it (`PointNet++` → `pointnet`, `++`), so that neither equals the bare name.
 */
export function splitWords(text: string): string[] {
  return wordsOf(foldText(text));
}

function wordsOf(folded: string): string[] {
  const ascii = /^[\x20-\x7e]*$/.test(folded);
  const words: string[] = [];
  for (const match of folded.match(ascii ? asciiPattern : wordPattern) ?? []) {
    if (ascii && /^[a-z0-9]+$/.test(match)) {
      words.push(match);
      continue;
    }
    const mark = /[+#]+$/.exec(match)?.[0] ?? '';
    const word = match
      .slice(0, match.length - mark.length)
      .replace(/['’]s$/, '')
      .replace(/['’]/g, '');
    if (mark === '' || (mark === '#' && word.length > 1)) words.push(word);
    else if (word.length === 1) words.push(word + mark);
    else words.push(word, mark);
  }
  return words;
}

/** A text's hyphenated words written as one (`fine-tuning` → `finetuning`), folded. */
export function joinCompounds(text: string): string[] {
  return compoundsOf(foldText(text));
}

function compoundsOf(folded: string): string[] {
  const isAscii = /^[\x20-\x7e]*$/.test(folded);
  if (isAscii && !folded.includes('-')) return [];
  const found = folded.match(isAscii ? asciiCompoundPattern : compoundPattern) ?? [];
  return found.map((match) => match.replace(/[-‐‑]/g, ''));
}

/** The words of a text, then its joined compounds: what an index holds. */
export function splitAll(text: string): string[] {
  const folded = foldText(text);
  const words = wordsOf(folded);
  // A text may have more words than one call takes arguments.
  for (const compound of compoundsOf(folded)) words.push(compound);
  return words;
}

/** A word of a text and where it stands: UTF-16 offsets, `to` excluded. */
export interface PlacedWord {
  word: string;
  from: number;
  to: number;
}

/**
 * The words of a text as `splitWords` gives them, each with its place; several share one that was written as one
 * (`PointNet++`). `compounds`: the hyphenated ones, joined.
 */
export function placeWords(text: string): { words: PlacedWord[]; compounds: PlacedWord[] } {
  const words: PlacedWord[] = [];
  const compounds: PlacedWord[] = [];
  const isAscii = /^[\x20-\x7e]*$/.test(text);
  // Lower case keeps the places of ASCII letters.
  const places = isAscii ? text.toLowerCase().matchAll(asciiPattern) : text.matchAll(wordPattern);
  for (const { 0: written, index: from } of places) {
    const to = from + written.length;
    if (isAscii && /^[a-z0-9]+$/.test(written)) words.push({ word: written, from, to });
    else for (const word of splitWords(written)) words.push({ word, from, to });
  }
  if (isAscii && !text.includes('-')) return { words, compounds };
  for (const { 0: written, index: from } of text.matchAll(isAscii ? asciiCompoundPattern : compoundPattern)) {
    const [word] = joinCompounds(written);
    if (word !== undefined) compounds.push({ word, from, to: from + written.length });
  }
  return { words, compounds };
}
