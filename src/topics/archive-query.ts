import { categoryParts, everyPaper, initialToken, marks, pairToken, prefixLength } from './archive-text.ts';
import { columnsOf, phrase, spellTerm } from './compile.ts';
import type { LeafNode, QueryNode, TermNode } from './query.ts';
import { stemWord } from './stem.ts';
import { isStopWord } from './stop-words.ts';
import { splitWords } from './words.ts';

/** What one of the archive's full-text tables answers by itself. */
export interface ArchiveMatch {
  kind: 'match';
  table: 'texts' | 'names';
  /** An FTS5 expression made of quoted tokens alone (https://sqlite.org/fts5.html#full_text_query_syntax). */
  match: string;
}

/** The papers that a query asks for: as one expression where one table knows all of it, and that is nearly always. */
export type ArchiveSet =
  | ArchiveMatch
  | { kind: 'and'; sets: ArchiveSet[]; without: ArchiveSet[] }
  | { kind: 'or'; sets: ArchiveSet[] };

/**
 * Compiles a query for the archive, so that it means what it means among the candidates (evaluate.ts). `like`: the
 * expression for free text over `texts`; null: it has no word that any paper has.
 */
export function compileArchiveQuery(root: QueryNode, like: (text: string) => string | null): ArchiveSet {
  switch (root.kind) {
    case 'and': {
      const isNegative = (node: QueryNode) => node.kind === 'not';
      const wanted = root.children.filter((child) => !isNegative(child) && child.kind !== 'all');
      const unwanted = root.children.flatMap((child) => (child.kind === 'not' ? [child.child] : []));
      return both(
        wanted.map((child) => compileArchiveQuery(child, like)),
        unwanted.map((child) => compileArchiveQuery(child, like)),
      );
    }
    case 'not':
      return both([], [compileArchiveQuery(root.child, like)]);
    case 'or': {
      const sets = root.children.map((child) => compileArchiveQuery(child, like));
      const merged = mergeMatches(sets, 'OR');
      return merged.length === 1 ? (merged[0] as ArchiveSet) : { kind: 'or', sets: merged };
    }
    default:
      return compileLeaf(root, like);
  }
}

/** Those in all of `wanted` (none: every paper) and in none of `unwanted`. */
function both(wanted: ArchiveSet[], unwanted: ArchiveSet[]): ArchiveSet {
  const sets = mergeMatches(wanted, 'AND');
  const without = mergeMatches(unwanted, 'OR');
  const [only, ...others] = sets;
  if (only === undefined) {
    // The same token stands in all papers of each table.
    const [first] = without;
    const table = without.length === 1 && first?.kind === 'match' ? first.table : 'texts';
    return both([{ kind: 'match', table, match: phrase([everyPaper]) }], without);
  }
  if (others.length > 0 || only.kind !== 'match')
    return without.length === 0 && others.length === 0 ? only : { kind: 'and', sets, without };
  const here = without.filter((set): set is ArchiveMatch => isMatchOf(set, only.table));
  const elsewhere = without.filter((set) => !isMatchOf(set, only.table));
  const match = here.reduce((kept, { match: excluded }) => `(${kept}) NOT (${excluded})`, only.match);
  const base: ArchiveMatch = { ...only, match };
  return elsewhere.length === 0 ? base : { kind: 'and', sets: [base], without: elsewhere };
}

function isMatchOf(set: ArchiveSet, table: ArchiveMatch['table']): boolean {
  return set.kind === 'match' && set.table === table;
}

/** What the same table answers becomes one expression. */
function mergeMatches(sets: ArchiveSet[], operator: 'AND' | 'OR'): ArchiveSet[] {
  const merged: ArchiveSet[] = sets.filter((set) => set.kind !== 'match');
  for (const table of ['names', 'texts'] as const) {
    const matches = sets
      .filter((set): set is ArchiveMatch => isMatchOf(set, table))
      .map(({ match }) => match);
    if (matches.length === 1) merged.unshift({ kind: 'match', table, match: matches[0] as string });
    else if (matches.length > 1)
      merged.unshift({
        kind: 'match',
        table,
        match: matches.map((match) => `(${match})`).join(` ${operator} `),
      });
  }
  return merged;
}

/** Stands in no paper. */
const nothing = phrase([`${marks.category}..`]);

function compileLeaf(leaf: LeafNode, like: (text: string) => string | null): ArchiveMatch {
  const texts = (match: string): ArchiveMatch => ({ kind: 'match', table: 'texts', match });
  if (leaf.kind === 'all') return texts(phrase([everyPaper]));
  if (leaf.kind === 'like') return texts(like(leaf.text) ?? nothing);
  if (leaf.kind === 'category') return texts(compileCategory(leaf.text));
  if (leaf.field === 'au') return { kind: 'match', table: 'names', match: compileAuthor(leaf) };
  return texts(compileText(leaf));
}

function compileText(term: TermNode): string {
  const { table, runs, prefix } = spellTerm(term);
  const phrases = runs.map((run) => {
    if (table === 'stems') return phrase(run);
    const [only, ...others] = run;
    if (prefix && only !== undefined && others.length === 0 && [...only].length <= prefixLength)
      // As long as the token, or shorter by a letter.
      return phrase([marks.prefix + only], [...only].length < prefixLength);
    return phrase(
      run.map((word) => marks.word + word),
      prefix,
    );
  });
  return `${columnsOf[term.field]}(${phrases.join(' OR ')})`;
}

/** `cs.LG`: that category; `cs`, `cs.*`: the archive; `cs.L*`: what begins so. */
function compileCategory(typed: string): string {
  const isOpen = typed.endsWith('*');
  const parts = categoryParts(isOpen ? typed.slice(0, -1) : typed);
  if (parts.length === 0) return nothing;
  const token = marks.category + parts.join('.');
  return isOpen && !/\.\*$/.test(typed) ? phrase([token], true) : phrase([`${token}.`]);
}

/**
 * All names of one author, as authors.ts compares them. More than two are compared pair by pair with the longest, and
 * names of which only initials are given are not asked to be one author's.
 */
function compileAuthor({ text, prefix }: TermNode): string {
  const names = splitWords(text.replaceAll('_', ' '));
  const open = prefix ? names.length - 1 : -1;
  const isLoose = (name: string, at: number) => at === open || [...name].length === 1;
  const full = names.map((name, at) => ({ name, at })).filter(({ name, at }) => !isLoose(name, at));
  if (full.length === 0)
    return names
      .map((name) => ([...name].length === 1 ? phrase([initialToken(name)]) : phrase([name], true)))
      .join(' AND ');
  const anchor = full.reduce((longest, one) => (one.name.length > longest.name.length ? one : longest));
  const pairs = names.flatMap((name, at) =>
    at === anchor.at ? [] : [phrase([pairToken(anchor.name, name)], isLoose(name, at))],
  );
  return pairs.length === 0 ? phrase([anchor.name]) : pairs.join(' AND ');
}

/** A word of a query by which texts can be ranked: an expression over `texts`, in stems. */
export type RankTerm = string;

/**
 * What speaks for a paper, each once: the stems of the query's words outside of exclusions. Words of a phrase weigh each for
 * themselves: all that is found has the phrase, and weighing it would take as long as finding it. Prefixes, authors and
 * categories select and do not rank.
 */
export function rankTermsOf(leaves: readonly LeafNode[]): RankTerm[] {
  const terms = new Set<RankTerm>();
  for (const leaf of leaves) {
    if (leaf.kind !== 'term' || leaf.field === 'au' || leaf.prefix) continue;
    for (const word of splitWords(leaf.text))
      if (!isStopWord(word)) terms.add(`${columnsOf[leaf.field]}${phrase([stemWord(word)])}`);
  }
  return [...terms];
}
