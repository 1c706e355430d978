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

/** The papers that a query asks for: of one expression, as nearly always, or put together of those of several. */
export type ArchiveSet =
  | ArchiveMatch
  | { kind: 'and'; sets: ArchiveSet[]; without: ArchiveSet[] }
  | { kind: 'or'; sets: ArchiveSet[] };

/**
 * Words of one expression. FTS5 can go through all papers of each before it finds one that matches, and nothing stops it
 * on the way; and its parser takes 28 levels of parentheses, each of which has a word of its own here.
 */
const mostWords = 16;
/** As how many words those of a phrase count, whose places are compared, and a beginning, which is many words. */
const wordsFor = { oneOfPhrase: 2, beginning: 4 };

/**
 * Compiles a query for the archive, so that it means what it means among the candidates (evaluate.ts). `like`: the
 * expression for free text over `texts`; null: it has no word that any paper has.
 */
export function compileArchiveQuery(root: QueryNode, like: (text: string) => string | null): ArchiveSet {
  const node = plain(root);
  switch (node.kind) {
    case 'and': {
      const children = node.children.map(plain);
      const wanted = children.filter((child) => child.kind !== 'not' && child.kind !== 'all');
      const unwanted = children.flatMap((child) => (child.kind === 'not' ? [child.child] : []));
      return both(
        wanted.map((child) => compileArchiveQuery(child, like)),
        unwanted.map((child) => compileArchiveQuery(child, like)),
      );
    }
    case 'not':
      return both([], [compileArchiveQuery(node.child, like)]);
    case 'or': {
      const sets = node.children.map((child) => compileArchiveQuery(child, like));
      const merged = mergeMatches(sets, 'OR');
      return merged.length === 1 ? (merged[0] as ArchiveSet) : { kind: 'or', sets: merged };
    }
    default:
      return compileLeaf(node, like);
  }
}

/** What is excluded from what is excluded is there. */
function plain(node: QueryNode): QueryNode {
  return node.kind === 'not' && node.child.kind === 'not' ? plain(node.child.child) : node;
}

/** Those in all of `wanted` (none: every paper) and in none of `unwanted`. */
function both(wanted: ArchiveSet[], unwanted: ArchiveSet[]): ArchiveSet {
  const sets = mergeMatches(wanted, 'AND');
  const without = mergeMatches(unwanted, 'OR');
  const [only, ...others] = sets;
  if (only === undefined) {
    // The same token stands in all papers of each table.
    const table = without.every((set) => isMatchOf(set, 'names')) ? 'names' : 'texts';
    return both([{ kind: 'match', table, match: phrase([everyPaper]) }], without);
  }
  if (others.length > 0 || only.kind !== 'match')
    return without.length === 0 && others.length === 0 ? only : { kind: 'and', sets, without };
  const here = without.find(
    (set): set is ArchiveMatch => isMatchOf(set, only.table) && countWords(only, set) <= mostWords,
  );
  const elsewhere = without.filter((set) => set !== here);
  const base = here ? { ...only, match: `(${only.match}) NOT (${here.match})` } : only;
  return elsewhere.length === 0 ? base : { kind: 'and', sets: [base], without: elsewhere };
}

function isMatchOf(set: ArchiveSet, table: ArchiveMatch['table']): set is ArchiveMatch {
  return set.kind === 'match' && set.table === table;
}

/** What the same table answers becomes one expression, or few. Authors come first: they leave fewest papers. */
function mergeMatches(sets: ArchiveSet[], operator: 'AND' | 'OR'): ArchiveSet[] {
  const merged: ArchiveSet[] = [];
  for (const table of ['names', 'texts'] as const) {
    let group: ArchiveMatch[] = [];
    const close = () => {
      const [only, ...others] = group;
      const match = group.map((one) => `(${one.match})`).join(` ${operator} `);
      if (only) merged.push(others.length === 0 ? only : { kind: 'match', table, match });
      group = [];
    };
    for (const set of sets.filter((one) => isMatchOf(one, table))) {
      if (countWords(...group, set) > mostWords) close();
      group.push(set);
    }
    close();
  }
  return [...merged, ...sets.filter((set) => set.kind !== 'match')];
}

function countWords(...matches: ArchiveMatch[]): number {
  let words = 0;
  for (const { match } of matches)
    for (const [, quoted = '', star] of match.matchAll(/"([^"]*)"(\*?)/g)) {
      const { length } = quoted.split(' ');
      words += (length === 1 ? 1 : length * wordsFor.oneOfPhrase) + (star ? wordsFor.beginning - 1 : 0);
    }
  return words;
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
