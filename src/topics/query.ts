/** Where a part of a query stands in the text as typed: UTF-16 offsets. */
export interface Span {
  position: number;
  length: number;
}

/** What a term is looked for in. `any`: title, keywords and abstract (not authors: use `au:`). */
export type TermField = 'any' | 'ti' | 'abs' | 'au';

/**
 * One word in any inflection, or `quoted`: words side by side, exactly but for the last one's plural.
 * `text` is as typed, without quotes and star.
 */
export interface TermNode extends Span {
  kind: 'term';
  field: TermField;
  text: string;
  quoted: boolean;
  prefix: boolean;
}

/** arXiv category: exact (`cs.LG`), or a whole archive (`cs`, `cs.*`). `text` is as typed. */
export interface CategoryNode extends Span {
  kind: 'category';
  text: string;
}

/** Free text to rank by. */
export interface LikeNode extends Span {
  kind: 'like';
  text: string;
}

/** `*`: every candidate. */
export interface AllNode extends Span {
  kind: 'all';
}

export interface GroupNode extends Span {
  kind: 'and' | 'or';
  children: QueryNode[];
}

export interface NotNode extends Span {
  kind: 'not';
  child: QueryNode;
}

export type LeafNode = TermNode | CategoryNode | LikeNode | AllNode;
export type QueryNode = LeafNode | GroupNode | NotNode;

/** A query that parsed: the text as typed and its syntax tree. */
export interface Query {
  text: string;
  root: QueryNode;
}

/** What is wrong with a query and where. `expected` completes "Expected …". */
export interface QueryError extends Span {
  message: string;
  expected: string;
  hint?: string;
}

/** `advice`: what is allowed but probably not meant, in sentences, such as a sentence typed as words. */
export type QueryResult = { ok: true; query: Query; advice: string[] } | { ok: false; error: QueryError };

export const queryLimits = { length: 10_000, terms: 256, depth: 64 } as const;

/** A text that had to be a good query is not. The message holds the drawing of `formatQueryError`. */
export class TopicQueryError extends Error {
  override name = 'TopicQueryError';
  readonly error: QueryError;
  constructor(text: string, error: QueryError) {
    super(formatQueryError(text, error));
    this.error = error;
  }
}

/** An error for people: what and where, in a sentence; the stretch of the query; and what is probably meant. */
export interface DrawnError {
  sentence: string;
  /** The stretch, and carets under what is wrong; for a font whose letters are all as wide. Null: there is no text. */
  drawing: [stretch: string, carets: string] | null;
  hint: string | null;
}

/** `around`: how many characters are shown before what is wrong, of it, and after it. */
export function drawQueryError(text: string, error: QueryError, around = 40): DrawnError {
  const visible = (part: string) => part.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
  const length = Math.min(error.length, around);
  const from = Math.max(0, error.position - around);
  const to = Math.min(text.length, error.position + Math.max(length, 1) + around);
  const before = (from > 0 ? '…' : '') + visible(text.slice(from, error.position));
  const after = visible(text.slice(error.position, to)) + (to < text.length ? '…' : '');
  const columns = countColumns(text.slice(error.position, error.position + length));
  const carets = '^'.repeat(Math.max(1, Math.min(columns, around)));
  return {
    sentence: `${error.message} (character ${error.position + 1}). Expected ${error.expected}.`,
    drawing: text.trim() === '' ? null : [before + after, ' '.repeat(countColumns(before)) + carets],
    hint: error.hint ?? null,
  };
}

/** The same for a terminal, in lines. */
export function formatQueryError(text: string, error: QueryError): string {
  const { sentence, drawing, hint } = drawQueryError(text, error);
  return [sentence, ...[...(drawing ?? []), ...(hint ? [hint] : [])].map((line) => `  ${line}`)].join('\n');
}

/** Terminal columns, near enough: East Asian wide letters and emoji take two. */
function countColumns(text: string): number {
  let columns = 0;
  for (const character of text)
    columns +=
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  return columns;
}

/** Free text as a query: `like:"…"`, quotes inside escaped. */
export function likeQuery(text: string): string {
  return `like:"${text.replace(/[\\"“”]/g, (mark) => (mark === '\\' ? '\\\\' : '\\"')).trim()}"`;
}

/** A tree as a query in one spelling: equal texts mean equal queries. Parses to the same tree. */
export function printQuery(node: QueryNode): string {
  const quoted = (text: string) => likeQuery(text).slice('like:'.length);
  switch (node.kind) {
    case 'all':
      return '*';
    case 'like':
      return likeQuery(node.text);
    case 'category':
      return `cat:${node.text}`;
    case 'term':
      return `${node.field === 'any' ? '' : `${node.field}:`}${node.quoted ? quoted(node.text) : node.text}${node.prefix ? '*' : ''}`;
    case 'not':
      return `NOT ${printQuery(node.child)}`;
    default:
      return `(${node.children.map(printQuery).join(node.kind === 'and' ? ' AND ' : ' OR ')})`;
  }
}
