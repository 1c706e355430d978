import { cleanLine, shorten } from '../digest/clean.ts';
import { topicLimits } from '../topics/definition.ts';
import { parseQuery } from '../topics/parse.ts';
import { likeQuery, type QueryError, queryLimits } from '../topics/query.ts';

/** What somebody wants to read about, in words of their own: a query, or a sentence or two about their work. */
export interface OwnWords {
  kind: 'query' | 'sentence';
  text: string;
  /** What the digest calls it; absent or blank: a name is made from the words. */
  name?: string | undefined;
}

/** UTF-16 units. A sentence has room for an abstract. */
export const wordsLimits = { query: 1_000, sentence: 3_000, name: topicLimits.name, madeName: 60 } as const;

/** What is wrong with one of the three, for the person who typed it; for a query that does not parse, also where. */
export interface WordsProblem {
  field: 'query' | 'sentence' | 'name';
  message: string;
  error?: QueryError;
}

export type ReadWords =
  | { ok: true; name: string; query: string }
  | { ok: false; text: string; problem: WordsProblem };

/**
 * Reads words of one's own to what a private topic holds. `text` of a failure is what the problem's place counts in:
 * the words as typed, without what nobody sees.
 */
export function readOwnWords({ kind, text: typed, name: given = '' }: OwnWords): ReadWords {
  const text = typed
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .trim();
  const refuse = (problem: WordsProblem): ReadWords => ({ ok: false, text, problem });
  if (text === '') return refuse({ field: kind, message: missing[kind] });
  const most = wordsLimits[kind];
  if (text.length > most)
    return refuse({
      field: kind,
      message: `This is too long: at most ${most.toLocaleString('en')} characters.`,
    });
  const name = cleanLine(given, queryLimits.length);
  if (name.length > wordsLimits.name)
    return refuse({ field: 'name', message: `A name has at most ${wordsLimits.name} characters.` });
  const query = kind === 'query' ? text : likeQuery(text.replace(/\s+/gu, ' '));
  const parsed = parseQuery(query);
  if (parsed.ok) return { ok: true, name: name || makeName(query, text), query };
  const { error } = parsed;
  if (kind === 'query')
    return refuse({ field: 'query', message: `${error.message}. Expected ${error.expected}.`, error });
  // Where in `like:"…"` it is wrong tells nobody anything.
  return refuse({
    field: 'sentence',
    message: 'Please name what you work on: every paper has words like these.',
  });
}

const missing = {
  query: 'There is nothing to search for yet.',
  sentence: 'Please say what you work on.',
} as const;

/** The words that a topic's query was made from, for a form to change them. */
export function wordsOf(topic: { query: string; name: string }): Required<OwnWords> {
  const sentence = sentenceOf(topic.query);
  return sentence === null
    ? { kind: 'query', text: topic.query, name: topic.name }
    : { kind: 'sentence', text: sentence, name: topic.name };
}

function sentenceOf(query: string): string | null {
  const parsed = parseQuery(query);
  return parsed.ok && parsed.query.root.kind === 'like' ? parsed.query.root.text : null;
}

/** How people begin to tell of their work; what follows is its name. */
const beginnings =
  /^(?:(?:i|we)(?:['’](?:m|re)| am| are)?|my|our)\s+(?:(?:currently|mainly|mostly|also)\s+)*(?:work(?:s|ing)?|stud(?:y|ying)|research(?:es|ing)?|interest(?:ed|s)?|looking|focus(?:ed|ing)?|phd|thesis)?\s*(?:topic|project)?\s*(?:is|are)?\s*(?:on|in|into|about|with|at|for)?\s+(?:the\s+)?/iu;

/** `I work on low-rank adaptation of large models. …` becomes `Low-rank adaptation of large models`; a query stays. */
function makeName(query: string, text: string): string {
  const sentence = sentenceOf(query);
  if (sentence === null) return cleanLine(text, wordsLimits.madeName) || 'My query';
  const line = cleanLine(sentence, wordsLimits.sentence);
  const first = /^.*?[\p{L}\p{N})\]]{2}(?=。|[.!?](?:\s|$))/u.exec(line)?.[0] ?? line;
  const rest = first.replace(beginnings, '');
  const name = shorten(
    (rest.length >= 3 ? rest : first).replace(/[\s.,;:!?。]+$/u, ''),
    wordsLimits.madeName,
  );
  return name === '' ? 'My work' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
