/**
 * What `nearDuplicate` compares: sorted 32-bit hashes of a title's words and word pairs, and of its abstract's
 * rarer material when there is one. Make it once per paper.
 */
export interface Signature {
  title: Uint32Array;
  abstract: Uint32Array;
}

/** Shares of common shingles above which two papers say the same; found on titles of versions and republications. */
const titleLimit = 0.65;
const abstractLimit = 0.5;

/** Hashes kept of an abstract: the smallest ones, an unbiased sample (Broder's bottom-k sketch). */
const sketchSize = 32;
const enoughHashes = 16;

/** The signature of a paper's title and abstract as they came. Deterministic; linear in the (bounded) text. */
export function signatureOf(paper: { title: string; abstract: string | null }): Signature {
  const words = tokens(paper.title, 500);
  return {
    title: hashes([...words.filter((word) => !common.has(word)), ...shingles(words, 2)]),
    abstract: hashes(shingles(tokens(paper.abstract ?? '', 4000), 3)).slice(0, sketchSize),
  };
}

/**
 * Whether two papers are so alike that one digest should hold only one of them: nearly the same title, or nearly
 * the same abstract under another title. Symmetric. Well under a microsecond for papers that differ.
 */
export function nearDuplicate(a: Signature, b: Signature): boolean {
  return (
    jaccard(a.title, b.title, titleLimit) > 0 || sketchJaccard(a.abstract, b.abstract, abstractLimit) > 0
  );
}

/**
 * The first hashes of a signature: a near-duplicate by this part has at least one of them among its own first ones.
 * Of a title, more than (1 − limit) of its hashes would otherwise be missing in the other; of a sketch, more than
 * are let be different.
 */
export function leastShared({ title, abstract }: Signature, part: 'title' | 'abstract'): Uint32Array {
  if (part === 'title') {
    const needed = Math.ceil(titleLimit * title.length - 1e-9);
    return title.subarray(0, title.length - needed + 1);
  }
  if (abstract.length < enoughHashes) return abstract.subarray(0, 0);
  return abstract.subarray(0, Math.floor((1 - abstractLimit) * sketchSize) + 1);
}

/** How alike two papers are, 0..1: the larger of the titles' and the abstracts' Jaccard similarity. */
export function similarity(a: Signature, b: Signature): number {
  return Math.max(jaccard(a.title, b.title, 0), sketchJaccard(a.abstract, b.abstract, 0));
}

const common = new Set(
  'a an the of for and or in on to with from by via at as is are be using towards toward its their into'.split(
    ' ',
  ),
);

function tokens(text: string, maxLength: number): string[] {
  return (
    text
      .slice(0, maxLength)
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[\u0300-\u036f]/g, '')
      .match(/[\p{L}\p{N}+#]+/gu) ?? []
  );
}

function shingles(words: readonly string[], length: number): string[] {
  const found: string[] = [];
  for (let at = 0; at + length <= words.length; at++) found.push(words.slice(at, at + length).join(' '));
  return found;
}

function hashes(texts: readonly string[]): Uint32Array {
  return Uint32Array.from(new Set(texts.map(fnv1a))).sort();
}

/** FNV-1a over UTF-16 units, mixed at the end so that the smallest hashes are a fair sample. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Of two sorted sets; 0 when it is below `least`, told as soon as it is certain. Nothing is like nothing. */
function jaccard(a: Uint32Array, b: Uint32Array, least: number): number {
  const total = a.length + b.length;
  // both / (total − both) ≥ least needs this many in common.
  const needed = (least * total) / (1 + least);
  let [i, j, both] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    if (both + Math.min(a.length - i, b.length - j) < needed) return 0;
    const [x, y] = [a[i] as number, b[j] as number];
    if (x === y) both++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return both === 0 || both < needed ? 0 : both / (total - both);
}

/**
 * Estimate over the smallest hashes of the union, which are a sample of it; 0 when it is below `least` or when
 * there are too few to tell.
 */
function sketchJaccard(a: Uint32Array, b: Uint32Array, least: number): number {
  if (a.length < enoughHashes || b.length < enoughHashes) return 0;
  const misses = (1 - least) * sketchSize;
  let [i, j, both, either] = [0, 0, 0, 0];
  while (either < sketchSize && i < a.length && j < b.length) {
    const [x, y] = [a[i] as number, b[j] as number];
    either++;
    if (x === y) both++;
    else if (either - both > misses) return 0;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  // A sketch that is a whole set ran out: what is left of the other is in the union too.
  either = Math.min(sketchSize, either + (a.length - i) + (b.length - j));
  const share = both / either;
  return share >= least ? share : 0;
}
