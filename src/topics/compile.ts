import type { TermNode } from './query.ts';
import { stemWord } from './stem.ts';
import { joinCompounds, splitAll, splitWords } from './words.ts';

/** Columns of the full-text tables, in order, with their weight in BM25: a title says most. */
export const textColumns = { title: 8, keywords: 4, abstract: 1 } as const;

/**
 * One term as an FTS5 expression (https://sqlite.org/fts5.html#full_text_query_syntax). Words are looked
 * up in the table of `stems`; phrases in quotes and prefixes in that of the `words` themselves: among
 * stems, `"language modeling"` would be every language model and `reasoning*` would find nothing,
 * `reason` being all that is left of the word.
 */
export interface CompiledTerm {
  table: 'stems' | 'words';
  match: string;
}

/** How a term may stand in a text: runs of words, or of their stems, side by side. */
export interface Spelled {
  table: CompiledTerm['table'];
  runs: string[][];
  /** The last word of each run may go on. */
  prefix: boolean;
}

/**
 * The spellings by which a title, abstract or any-field term is found. A hyphenated word is also looked for in its
 * joined spelling (`gpt-4`, `GPT 4`, `GPT4`); the text's own hyphenated words are indexed joined as well, so
 * `pretraining` finds `pre-training`.
 */
export function spellTerm({ text, quoted, prefix }: Pick<TermNode, 'text' | 'quoted' | 'prefix'>): Spelled {
  const words = splitWords(text);
  const [joined, ...others] = joinCompounds(text);
  const spellings = [words];
  if (joined !== undefined && others.length === 0 && joined === words.join('')) spellings.push([joined]);
  if (!quoted && !prefix)
    return { table: 'stems', runs: spellings.map((spelling) => spelling.map(stemWord)), prefix };
  return { table: 'words', runs: prefix ? spellings : spellings.flatMap(varyNumber), prefix };
}

/**
 * Compiles a title, abstract or any-field term. Only folded words reach the expression, each run of them in quotes.
 */
export function compileTerm(term: Pick<TermNode, 'field' | 'text' | 'quoted' | 'prefix'>): CompiledTerm {
  const { table, runs, prefix } = spellTerm(term);
  return { table, match: `${columnsOf[term.field]}(${runs.map((run) => phrase(run, prefix)).join(' OR ')})` };
}

/** Where a field is looked for, as FTS5 says it. */
export const columnsOf = { any: '', ti: '{title} : ', abs: '{abstract} : ', au: '' } as const;

/** Words side by side, the last of which may go on. */
export function phrase(words: readonly string[], prefix = false): string {
  return `"${words.join(' ').replaceAll('"', '""')}"${prefix ? '*' : ''}`;
}

/** A phrase with its last word in the singular and the plural. */
function varyNumber(words: string[]): string[][] {
  const last = words.at(-1) ?? '';
  if (!/^[a-z]{3,}$/.test(last)) return [words];
  const forms = new Set([last]);
  if (/[^aeiou]y$/.test(last)) forms.add(last.replace(/y$/, 'ies'));
  else if (/(?:[sxz]|[cs]h)$/.test(last)) forms.add(`${last}es`);
  else forms.add(`${last}s`);
  if (/ies$/.test(last)) forms.add(last.replace(/ies$/, 'y'));
  else if (/(?:[sxz]|[cs]h)es$/.test(last)) forms.add(last.slice(0, -2));
  if (/[^su]s$/.test(last)) forms.add(last.slice(0, -1));
  return [...forms].map((form) => [...words.slice(0, -1), form]);
}

/** A paper's text as the tables hold it: its words (or their stems) in order, then its joined compounds. */
export function indexText(text: string): Record<CompiledTerm['table'], string> {
  const words = splitAll(text);
  return { words: words.join(' '), stems: words.map(stemWord).join(' ') };
}
