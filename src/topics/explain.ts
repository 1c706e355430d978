import { fail, operandExpected, type Token } from './lex.ts';
import type { QueryError } from './query.ts';

/** The error for a token where a word, phrase or group had to stand. */
export function missingOperand(token: Token, before: Token | undefined): { error: QueryError } {
  const names = { and: 'AND', or: 'OR', not: 'NOT' } as Record<string, string>;
  if (before && names[before.kind])
    return fail(
      `Nothing to search for follows ${names[before.kind]}`,
      token.position,
      token.length,
      operandExpected,
    );
  if (names[token.kind])
    return fail(
      `Nothing to search for stands before ${names[token.kind]}`,
      token.position,
      token.length,
      operandExpected,
      'To search for the word itself, write it in small letters.',
    );
  if (before?.kind === 'open')
    return fail(
      'There is nothing between these parentheses',
      before.position,
      token.position + token.length - before.position,
      operandExpected,
    );
  return fail('This parenthesis closes nothing', token.position, token.length, operandExpected);
}

const sentenceWords = 7;

/** Sentences on what is allowed but probably not meant. */
export function advise(tokens: Token[]): string[] {
  const advice: string[] = [];
  const bare = tokens.flatMap((token) => (token.kind === 'word' ? [token.text] : []));
  if (bare.length >= sentenceWords && tokens.length === bare.length + 1)
    advice.push(`All ${bare.length} words must occur in a paper. To search by a sentence, write like:"…".`);
  for (const word of ['or', 'and', 'not'])
    if (bare.includes(word))
      advice.push(`“${word}” is searched as a word here; the operator is ${word.toUpperCase()}.`);
  return advice;
}
