import type { Paper } from '../papers/paper.ts';
import { indexText } from './compile.ts';
import { foldText, splitWords } from './words.ts';

/**
 * How the archive's full-text tables hold a paper. Unlike the candidates, its hundred thousand papers are asked in one
 * expression a query (archive-query.ts), so stems, words and what else a query may name stand in one table, each
 * kind of token with a mark before it that no word has.
 */
export const marks = { word: '=', prefix: '~', category: '@' } as const;

/** Characters that belong to tokens beside letters and digits. */
export const tokenChars = '+#=~@.-';

/** Stands in every paper, for queries that only exclude. */
export const everyPaper = `${marks.category}.`;

/** Shortest words of which the first letters are tokens of their own: `co*` would be thousands of words. */
export const prefixLength = 3;

/** UTF-16 units that are indexed of a title, keywords or abstract; longer ones are no abstracts. */
const maxTextLength = 20_000;

/**
 * A text's tokens: its stems in order, its words in order, and the first letters of its words, each once. Stems and
 * words are those of the candidates' index, so a query finds the same here and there.
 */
export function archiveText(text: string): string {
  const { stems, words } = indexText(text.slice(0, maxTextLength));
  if (words === '') return '';
  const list = words.split(' ');
  const beginnings = new Set(list.map((word) => marks.prefix + word.slice(0, prefixLength)));
  return `${stems} ${list.map((word) => marks.word + word).join(' ')} ${[...beginnings].join(' ')}`;
}

/** What a paper's abstract column holds: the abstract, or else its summary. */
export function archiveAbstract({ abstract, tldr }: Pick<Paper, 'abstract' | 'tldr'>): string {
  return archiveText(abstract ?? tldr ?? '');
}

/** `cs.LG` as `@cs.lg.` and its archive `@cs.`, and what stands in every paper. */
export function archiveCategories(categories: readonly string[]): string {
  const tokens = new Set([everyPaper]);
  for (const category of categories) {
    let token: string = marks.category;
    for (const part of categoryParts(category)) {
      token += `${part}.`;
      tokens.add(token);
    }
  }
  return [...tokens].join(' ');
}

/** `cs.LG` as `cs`, `lg`; letters, digits and hyphens alone. */
export function categoryParts(category: string): string[] {
  return foldText(category)
    .replace(/[^\p{L}\p{N}.-]/gu, '')
    .split('.')
    .filter((part) => part !== '');
}

/** Names that are indexed of one author, and authors of one paper. */
const most = { names: 6, authors: 2000 };

/**
 * Authors' names and ordered pairs of them: `hinton`, `hinton+geoffrey`, `geoffrey+hinton`. A pair says that one author
 * bears both names; with a prefix it answers initials too.
 */
export function archiveNames(authors: readonly string[]): string {
  const tokens = new Set([everyPaper]);
  for (const author of authors.slice(0, most.authors)) {
    const names = splitWords(author.slice(0, 300)).slice(0, most.names);
    names.forEach((name, at) => {
      tokens.add(name);
      tokens.add(initialToken(name));
      names.forEach((other, beside) => {
        if (beside !== at) tokens.add(pairToken(name, other));
      });
    });
  }
  return [...tokens].join(' ');
}

/** One author bears both names. */
export function pairToken(name: string, other: string): string {
  return `${name}+${other}`;
}

/** An author bears a name that begins so. */
export function initialToken(name: string): string {
  return marks.prefix + ([...name][0] ?? '');
}
