import { advise, missingOperand } from './explain.ts';
import { type FieldName, fail, lexQuery, operandExpected, type Token } from './lex.ts';
import {
  type Query,
  type QueryError,
  type QueryNode,
  type QueryResult,
  queryLimits,
  TopicQueryError,
} from './query.ts';
import { isStopWord } from './stop-words.ts';
import { splitWords } from './words.ts';

/** Leaves the recursive descent at the first error; never leaves this file. */
class Stop extends Error {
  readonly error: QueryError;
  constructor({ error }: { error: QueryError }) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Parses a topic's query. Never throws.
 *
 *     either  = both { OR both }
 *     both    = one { [AND] one }          words side by side must all occur
 *     one     = { NOT | - } operand
 *     operand = ( either ) | field operand | word | prefix* | "phrase" | *
 *
 * NOT binds closest, then AND, then OR. Operators are in capitals; `ANDNOT` (arXiv's) is AND NOT.
 */
export function parseQuery(text: string): QueryResult {
  if (text.length > queryLimits.length) {
    const { length } = queryLimits;
    const expected = `at most ${length} characters`;
    return { ok: false, ...fail('The query is too long', length, text.length - length, expected) };
  }
  const lexed = lexQuery(text);
  if ('error' in lexed) return { ok: false, error: lexed.error };
  try {
    const parser = new Parser(lexed.tokens);
    return { ok: true, query: { text, root: parser.parse() }, advice: advise(lexed.tokens) };
  } catch (thrown) {
    if (thrown instanceof Stop) return { ok: false, error: thrown.error };
    throw thrown;
  }
}

/** For text that was checked before, such as a stored topic's. Throws TopicQueryError. */
export function parseQueryOrThrow(text: string): Query {
  const result = parseQuery(text);
  if (!result.ok) throw new TopicQueryError(text, result.error);
  return result.query;
}

class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #terms = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): QueryNode {
    const first = this.#peek();
    if (first.kind === 'end')
      throw new Stop(
        fail(
          'The query has nothing to search for',
          0,
          first.position,
          operandExpected,
          'A lone * stands for every paper.',
        ),
      );
    const root = this.#either('any');
    const rest = this.#peek();
    if (rest.kind !== 'end')
      throw new Stop(
        fail(
          'This parenthesis closes nothing',
          rest.position,
          rest.length,
          'an opening parenthesis before it, or the end of the query',
        ),
      );
    return root;
  }

  #either(field: FieldName): QueryNode {
    const children = [this.#both(field)];
    while (this.#peek().kind === 'or') {
      this.#take();
      children.push(this.#both(field));
    }
    return group('or', children);
  }

  #both(field: FieldName): QueryNode {
    const children = [this.#one(field)];
    for (;;) {
      const { kind } = this.#peek();
      if (kind === 'and') this.#take();
      else if (kind === 'or' || kind === 'close' || kind === 'end') break;
      children.push(this.#one(field));
    }
    return group('and', children);
  }

  #one(field: FieldName): QueryNode {
    const start = this.#peek();
    let negative = false;
    while (this.#peek().kind === 'not') {
      this.#take();
      negative = !negative;
    }
    const child = this.#operand(field);
    if (!negative) return child;
    const end = child.position + child.length;
    return { kind: 'not', child, position: start.position, length: end - start.position };
  }

  #operand(field: FieldName): QueryNode {
    const token = this.#take();
    switch (token.kind) {
      case 'open':
        return this.#parenthesised(token, field);
      case 'field':
        return this.#fielded(token);
      case 'star':
        if (field !== 'any')
          throw new Stop(
            fail(
              'A lone * stands for every paper and takes no field',
              token.position,
              1,
              'a word or a "phrase"',
            ),
          );
        return this.#count({ kind: 'all', position: token.position, length: 1 });
      case 'word':
      case 'phrase':
        return this.#leaf(token, field);
      default:
        throw new Stop(missingOperand(token, this.#tokens[this.#tokens.indexOf(token) - 1]));
    }
  }

  #parenthesised(open: Token, field: FieldName): QueryNode {
    if (++this.#depth > queryLimits.depth)
      throw new Stop(
        fail('Parentheses are nested too deeply', open.position, 1, `at most ${queryLimits.depth} levels`),
      );
    const inside = this.#either(field);
    const close = this.#take();
    if (close.kind !== 'close')
      throw new Stop(fail('This parenthesis is never closed', open.position, 1, 'a closing parenthesis'));
    this.#depth--;
    return inside;
  }

  #fielded(token: Token & { kind: 'field' }): QueryNode {
    const { kind, position, length } = this.#peek();
    const operand = kind === 'word' || kind === 'phrase' || kind === 'open' || kind === 'star';
    if (!operand || (token.field === 'like' && kind !== 'phrase')) {
      const expected =
        token.field === 'like' ? 'a text in quotation marks' : 'a word, a "phrase" or an opening parenthesis';
      const hint = token.field === 'like' ? 'Write like:"what I work on, in a sentence or two".' : undefined;
      const at = operand ? ([position, length] as const) : ([token.position, token.length] as const);
      throw new Stop(fail(`Nothing to search for follows ${token.typed}:`, ...at, expected, hint));
    }
    const node = this.#operand(token.field);
    return { ...node, position: token.position, length: node.position + node.length - token.position };
  }

  #leaf(token: Token & { kind: 'word' | 'phrase' }, field: FieldName): QueryNode {
    const { text, prefix, position, length } = token;
    if (field === 'like') {
      if (splitWords(text).every(isStopWord))
        throw new Stop(
          fail(
            'This text has only words that every paper has',
            position,
            length,
            'words of the field you work in',
          ),
        );
      return this.#count({ kind: 'like', text, position, length });
    }
    if (field !== 'cat')
      return this.#count({
        kind: 'term',
        field,
        text,
        quoted: token.kind === 'phrase',
        prefix,
        position,
        length,
      });
    const category = prefix ? `${text}*` : text;
    if (!/^\p{L}[\p{L}\p{N}-]*(?:\.\*|\.[\p{L}\p{N}-]+\*?|\*)?$/u.test(category))
      throw new Stop(
        fail(
          `“${category}” is not a category`,
          position,
          length,
          'a category such as cs.LG, or an archive such as cs',
        ),
      );
    return this.#count({ kind: 'category', text: category, position, length });
  }

  #count<T extends QueryNode>(node: T): T {
    if (++this.#terms > queryLimits.terms)
      throw new Stop(
        fail(
          'The query has too many terms',
          node.position,
          node.length,
          `at most ${queryLimits.terms}`,
          'To search by a longer text, write like:"…".',
        ),
      );
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  /** The next token; `end` is never passed. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }
}

/** One node of the children; groups of the same kind are merged, a single child stands for itself. */
function group(kind: 'and' | 'or', nodes: QueryNode[]): QueryNode {
  const [first] = nodes;
  if (nodes.length === 1 && first) return first;
  const children = nodes.flatMap((node) => (node.kind === kind ? node.children : [node]));
  const position = Math.min(...nodes.map((node) => node.position));
  const end = Math.max(...nodes.map((node) => node.position + node.length));
  return { kind, children, position, length: end - position };
}
