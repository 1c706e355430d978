import type { QueryError, Span } from './query.ts';
import { splitWords } from './words.ts';

export type FieldName = 'ti' | 'abs' | 'au' | 'cat' | 'like' | 'any';

export type Token = Span &
  (
    | { kind: 'word' | 'phrase'; text: string; prefix: boolean }
    | { kind: 'field'; field: FieldName; typed: string }
    | { kind: 'star' | 'open' | 'close' | 'and' | 'or' | 'not' | 'end' }
  );

// Maps, not objects: `toString` is a word like any other.
const fields = new Map<string, FieldName>([
  ['ti', 'ti'],
  ['title', 'ti'],
  ['abs', 'abs'],
  ['abstract', 'abs'],
  ['au', 'au'],
  ['author', 'au'],
  ['cat', 'cat'],
  ['category', 'cat'],
  ['like', 'like'],
  ['all', 'any'],
]);
const operators = new Map<string, ('and' | 'or' | 'not')[]>([
  ['AND', ['and']],
  ['OR', ['or']],
  ['NOT', ['not']],
  ['ANDNOT', ['and', 'not']],
]);
const fieldNames = 'ti:, abs:, au:, cat: and like:';
const quotes = '"“”„';
const wordEnd = /[\s()"“”„\p{Cc}]/u;

export const operandExpected = 'a word, a "phrase", a field such as ti: or an opening parenthesis';

/**
 * The tokens of a query, an `end` last, or the first thing that cannot be one. Marks without a letter
 * or digit that stand alone (`-`, `&`, an emoji) find nothing in any paper and are passed over.
 */
export function lexQuery(text: string): { tokens: Token[] } | { error: QueryError } {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    if (/[\s\p{Cc}]/u.test(character)) at++;
    else if (character === '(' || character === ')') {
      tokens.push({ kind: character === '(' ? 'open' : 'close', position: at, length: 1 });
      at++;
    } else if (quotes.includes(character)) {
      const read = readPhrase(text, at, tokens.at(-1));
      if ('error' in read) return read;
      tokens.push(read.token);
      at += read.token.length;
    } else if (/^[-−](?![\s)\-−])./u.test(text.slice(at, at + 3))) {
      tokens.push({ kind: 'not', position: at, length: 1 });
      at++;
    } else if (/[-−]/.test(character)) at++;
    else {
      const read = readWord(text, at);
      if ('error' in read) return read;
      tokens.push(...read.tokens);
      at = read.end;
    }
  }
  tokens.push({ kind: 'end', position: text.length, length: 0 });
  return { tokens };
}

function readPhrase(text: string, from: number, before: Token | undefined) {
  let end = from + 1;
  let inside = '';
  while (end < text.length && !quotes.includes(text[end] as string)) {
    if (text[end] === '\\' && /["“”„\\]/.test(text[end + 1] ?? '')) end++;
    inside += text[end];
    end++;
  }
  if (end >= text.length)
    return fail('This quotation mark is never closed', from, 1, 'a closing " after the phrase');
  const prefix = text[end + 1] === '*';
  const length = end + 1 - from + (prefix ? 1 : 0);
  const free = before?.kind === 'field' && before.field === 'like';
  if (splitWords(inside).length === 0)
    return fail(
      'There is nothing to search for between these quotation marks',
      from,
      length,
      free ? 'a sentence or two about your work' : 'at least one letter or digit',
    );
  return { token: { kind: 'phrase' as const, text: inside, prefix, position: from, length } };
}

/** A word up to the next space, parenthesis or quotation mark, with the field or operator in front of it. */
function readWord(text: string, from: number): { tokens: Token[]; end: number } | { error: QueryError } {
  let end = from;
  while (end < text.length && !wordEnd.test(text[end] as string)) end++;
  const raw = text.slice(from, end);
  const operator = operators.get(raw);
  if (operator)
    return { tokens: operator.map((kind) => ({ kind, position: from, length: raw.length })), end };
  if (/^\|+$/.test(raw))
    return fail(`“${raw}” is not an operator here`, from, raw.length, 'OR', 'Write OR in capitals.');

  const name = /^(\p{L}+):/u.exec(raw)?.[1];
  if (name !== undefined) {
    const field = fields.get(name.toLowerCase());
    const length = name.length + 1;
    if (field) {
      const token: Token = { kind: 'field', field, typed: name, position: from, length };
      return { tokens: [token], end: from + length };
    }
    if (raw.length > length || quotes.includes(text[end] ?? ' ') || text[end] === '(')
      return fail(
        `There is no field “${name}:”`,
        from,
        length,
        `one of ${fieldNames}`,
        `To search for these very characters, put them in quotation marks.`,
      );
  }

  if (raw === '*') return { tokens: [{ kind: 'star', position: from, length: 1 }], end };
  const prefix = raw.endsWith('*');
  const word = prefix ? raw.slice(0, -1) : raw;
  const star = word.indexOf('*');
  if (star >= 0)
    return fail('A * can stand only at the end of a word', from + star, 1, 'the beginning of a word, then *');
  const words = splitWords(word);
  if (prefix && /^[\x20-\x7f]?$/.test(words.join('')))
    return fail(`“${raw}” is too short to search by`, from, raw.length, 'at least two letters before the *');
  if (words.length === 0) return { tokens: [], end };
  return { tokens: [{ kind: 'word', text: word, prefix, position: from, length: raw.length }], end };
}

/** An error result. */
export function fail(message: string, position: number, length: number, expected: string, hint?: string) {
  return { error: { message, position, length, expected, ...(hint === undefined ? {} : { hint }) } };
}
