import type { AllNode, LeafNode, QueryNode } from './query.ts';
import type { Postings } from './text-index.ts';

/** Finds a leaf's documents; the same object for the same leaf. Scores of 0 say nothing about rank. */
export type FindLeaf = (leaf: LeafNode) => Postings;

/** The documents a tree matches, ascending. `size`: how many documents there are. */
export function evaluate(node: QueryNode, find: FindLeaf, size: number): Int32Array {
  switch (node.kind) {
    case 'all':
      return Int32Array.from({ length: size }, (_, document) => document);
    case 'not':
      return subtract(null, evaluate(node.child, find, size), size);
    case 'or':
      return node.children.map((child) => evaluate(child, find, size)).reduce(unite);
    case 'and': {
      // Restrictions before exclusions: the complement of a set is never built beside another set.
      const wanted = node.children.filter((child) => child.kind !== 'not' && child.kind !== 'all');
      let found: Int32Array | null = null;
      for (const child of wanted) {
        const next = evaluate(child, find, size);
        found = found ? intersect(found, next) : next;
        if (found.length === 0) return found;
      }
      for (const child of node.children)
        if (child.kind === 'not') found = subtract(found, evaluate(child.child, find, size), size);
      return found ?? evaluate({ kind: 'all', position: 0, length: 0 }, find, size);
    }
    default:
      return find(node).documents;
  }
}

/** Leaves that speak for a document, in the order typed: those not under a NOT (under two, again). */
export function collectPositive(node: QueryNode, positive = true): ScoringLeaf[] {
  if (node.kind === 'not') return collectPositive(node.child, !positive);
  if ('children' in node) return node.children.flatMap((child) => collectPositive(child, positive));
  return positive && node.kind !== 'all' ? [node] : [];
}

/** A leaf that can speak for a document; `*` speaks for all alike. */
export type ScoringLeaf = Exclude<LeafNode, AllNode>;

function intersect(one: Int32Array, other: Int32Array): Int32Array {
  const found = new Int32Array(Math.min(one.length, other.length));
  let length = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const [a, b] = [one[i] as number, other[j] as number];
    if (a === b) found[length++] = a;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return found.subarray(0, length);
}

function unite(one: Int32Array, other: Int32Array): Int32Array {
  const found = new Int32Array(one.length + other.length);
  let length = 0;
  for (let i = 0, j = 0; i < one.length || j < other.length; ) {
    const a = i < one.length ? (one[i] as number) : Number.POSITIVE_INFINITY;
    const b = j < other.length ? (other[j] as number) : Number.POSITIVE_INFINITY;
    found[length++] = Math.min(a, b);
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return found.subarray(0, length);
}

/** `from` (null: every document) without `removed`. */
function subtract(from: Int32Array | null, removed: Int32Array, size: number): Int32Array {
  const found = new Int32Array(from ? from.length : size);
  let length = 0;
  for (let i = 0, j = 0; i < found.length; i++) {
    const document = from ? (from[i] as number) : i;
    while (j < removed.length && (removed[j] as number) < document) j++;
    if (removed[j] !== document) found[length++] = document;
  }
  return found.subarray(0, length);
}
