import type { TermNode } from './query.ts';
import { stemWord } from './stem.ts';
import { joinCompounds, splitWords } from './words.ts';

/** Columns of the full-text tables, in order, with their weight in BM25: a title says most. */
export const textColumns = { title: 8, keywords: 4, abstract: 1 } as const;

/**
 * One term as an FTS5 expression (https://sqlite.org/fts5.html#full_text_query_syntax). `table` is
 * `stems` for words and phrases and `words` for prefixes: in a table of stems `reasoning*` would find
 * nothing, `reason` being all that is left of the word.
 */
export interface CompiledTerm {
  table: 'stems' | 'words';
  match: string;
}

/**
 * Compiles a title, abstract or any-field term. Only folded words reach the expression, each phrase in
 * quotes. A hyphenated word is also looked for in its joined spelling (`gpt-4`, `GPT 4`, `GPT4`); the
 * text's own hyphenated words are indexed joined as well, so `pretraining` finds `pre-training`.
 */
export function compileTerm({
  field,
  text,
  prefix,
}: Pick<TermNode, 'field' | 'text' | 'prefix'>): CompiledTerm {
  const words = splitWords(text);
  const [joined, ...others] = joinCompounds(text);
  const whole = joined !== undefined && others.length === 0 && joined === words.join('');
  const spellings = [words, ...(whole ? [[joined]] : [])];
  const phrases = spellings.map((spelling) => {
    const shown = prefix ? spelling : spelling.map(stemWord);
    return `"${shown.join(' ').replaceAll('"', '""')}"${prefix ? '*' : ''}`;
  });
  const columns = { any: '', ti: '{title} : ', abs: '{abstract} : ', au: '' }[field];
  return { table: prefix ? 'words' : 'stems', match: `${columns}(${phrases.join(' OR ')})` };
}

/** A paper's text as the tables hold it: its words (or their stems) in order, then its joined compounds. */
export function indexText(text: string): Record<CompiledTerm['table'], string> {
  const words = [...splitWords(text), ...joinCompounds(text)];
  return { words: words.join(' '), stems: words.map(stemWord).join(' ') };
}
