import type { Candidate } from '../papers/candidate.ts';
import { buildAuthorIndex } from './authors.ts';
import { buildCategoryIndex } from './categories.ts';
import { compileTerm } from './compile.ts';
import { type Among, buildLikeIndex, type LikeIndex } from './like.ts';
import { type LeafNode, printQuery } from './query.ts';
import { buildTextIndex, type Postings, type SqliteHandle } from './text-index.ts';

/** Looks up single terms of queries. A document is a candidate's position in the list, 0… */
export interface LeafIndex {
  readonly size: number;
  /**
   * What a leaf finds; a term is looked up once however many topics share it. `among` matters to free text alone,
   * which finds what is nearest of those there are.
   */
  find(leaf: LeafNode, among?: Among): Postings;
  /** Leaves that find the same documents the same way have one key: `agent` and `agents`, not `ti:agent`. */
  keyOf(leaf: LeafNode): string;
  /** Free text; built when it is first asked for. */
  like(): LikeIndex;
  close(): void;
}

/** Documents held in the lists that are kept, over all terms; then the lists are begun anew. */
const maxKeptDocuments = 10_000_000;

export function buildLeafIndex(handle: SqliteHandle, candidates: readonly Candidate[]): LeafIndex {
  const size = candidates.length;
  const texts = buildTextIndex(handle, candidates);
  const authors = buildAuthorIndex(candidates.map(({ paper }) => paper.authors));
  const categories = buildCategoryIndex(candidates.map(({ paper }) => paper.categories));
  let likes: LikeIndex | undefined;
  const like = () => {
    likes ??= buildLikeIndex(candidates);
    return likes;
  };

  const keys = new WeakMap<LeafNode, string>();
  const keyOf = (leaf: LeafNode) => {
    let key = keys.get(leaf);
    if (key === undefined) {
      if (leaf.kind !== 'term' || leaf.field === 'au') key = printQuery(leaf).toLowerCase();
      else {
        const { table, match } = compileTerm(leaf);
        key = `${table} ${match}`;
      }
      keys.set(leaf, key);
    }
    return key;
  };

  const look = (leaf: LeafNode): Postings => {
    if (leaf.kind === 'like') return like().find(leaf.text);
    if (leaf.kind === 'category') return scoreByRarity(categories.find(leaf.text), size);
    if (leaf.kind === 'all') return scoreByRarity([...candidates.keys()], size);
    if (leaf.field === 'au') return scoreByRarity(authors.find(leaf.text, leaf.prefix), size);
    return texts.search(compileTerm(leaf));
  };
  const found = new Map<string, Postings>();
  let kept = 0;
  return {
    size,
    keyOf,
    like,
    find(leaf, among) {
      if (among && leaf.kind === 'like') return like().find(leaf.text, among);
      const key = keyOf(leaf);
      let postings = found.get(key);
      if (!postings) {
        postings = look(leaf);
        kept += postings.documents.length + 20;
        if (kept > maxKeptDocuments) {
          found.clear();
          kept = 0;
        }
        found.set(key, postings);
      }
      return postings;
    },
    close() {
      found.clear();
      texts.close();
    },
  };
}

/** Documents that have a property, scored as BM25 scores a word that stands in so many of them once. */
function scoreByRarity(documents: readonly number[], size: number): Postings {
  const rarity = Math.max(0, Math.log((size - documents.length + 0.5) / (documents.length + 0.5)));
  return { documents: Int32Array.from(documents), scores: new Float64Array(documents.length).fill(rarity) };
}
