import type { LeafNode, QueryError, QueryNode } from '../topics/query.ts';
import { splitWords } from '../topics/words.ts';

/**
 * What a search over all papers takes of a query; a topic's may be longer, as it is asked of the candidates alone. A
 * phrase is looked for by all its words at once, and the words of free texts are counted, which nothing ends early.
 */
export const searchLimits = { wordsOfPhrase: 20, freeTexts: 3 } as const;

/** What is too much, and where; null: nothing. */
export function checkSearch(root: QueryNode): QueryError | null {
  let freeTexts = 0;
  for (const leaf of leavesOf(root)) {
    const { position, length } = leaf;
    if (leaf.kind === 'term' && splitWords(leaf.text).length > searchLimits.wordsOfPhrase)
      return {
        ...{ position, length },
        message: 'This phrase is too long to search for',
        expected: `at most ${searchLimits.wordsOfPhrase} words`,
        hint: 'To search by a longer text, write like:"…".',
      };
    if (leaf.kind === 'like' && ++freeTexts > searchLimits.freeTexts)
      return {
        ...{ position, length },
        message: 'The query has too many free texts to search by',
        expected: `at most ${searchLimits.freeTexts} of like:"…"`,
      };
  }
  return null;
}

function leavesOf(node: QueryNode): LeafNode[] {
  if (node.kind === 'not') return leavesOf(node.child);
  return 'children' in node ? node.children.flatMap(leavesOf) : [node];
}
