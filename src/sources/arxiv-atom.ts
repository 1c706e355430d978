import { parseArxivId } from '../papers/key.ts';
import type { PaperRecord } from '../papers/paper.ts';
import { maxChars, readInstant, readLine, readList, readText } from './fields.ts';
import { checkPaper, isWithdrawn, makePaper, RecordError, readEach } from './record.ts';
import { type ParseContext, type Parsed, SourceError } from './source.ts';
import { childrenOf, contentOf, type Element, isElement, textOf } from './xml.ts';

/** What a page of the query API says about the whole answer. */
export interface QueryPage extends Parsed {
  /** How many papers match in all; null when the feed does not say. */
  total: number | null;
}

/**
 * Reads a page of arXiv's query API (Atom, https://info.arxiv.org/help/api/user-manual.html): titles are
 * hard-wrapped, `published` is the first version's submission and `updated` this version's, neither is the
 * announcement. An error comes as a feed of one entry titled "Error": thrown as SourceError.
 */
export function parseQueryFeed(feed: Element, context: ParseContext): QueryPage {
  const entries = childrenOf(feed, 'entry');
  for (const entry of entries) {
    if (!isElement(entry) || textOf(entry, 'title')?.trim() !== 'Error') continue;
    if (textOf(entry, 'id')?.includes('/api/errors'))
      throw new SourceError(
        `arXiv refused the query (${context.fileName}): ${readLine(textOf(entry, 'summary'), 300) ?? 'no reason given'}.`,
      );
  }
  const total = Number.parseInt(textOf(feed, 'opensearch:totalResults') ?? '', 10);
  return {
    ...readEach(
      entries,
      (entry, index) => placeOf(context, entry, index),
      (entry) => readEntry(entry, context),
    ),
    total: Number.isNaN(total) ? null : total,
  };
}

function readEntry(entry: unknown, context: ParseContext): PaperRecord {
  if (!isElement(entry)) throw new RecordError('the entry is empty');
  const name = textOf(entry, 'id') ?? '';
  const id = parseArxivId(name);
  if (!id) throw new RecordError(`its id is not an arXiv id: ${JSON.stringify(name.slice(0, 80))}`);
  checkPaper(textOf(entry, 'title'), textOf(entry, 'summary'));
  const comment = readLine(textOf(entry, 'arxiv:comment'), maxChars.comment);
  const abstract = unwrap(textOf(entry, 'summary'));
  const updatedAt = readInstant(textOf(entry, 'updated'));
  const primary = childrenOf(entry, 'arxiv:primary_category').map(termOf);
  const authors = childrenOf(entry, 'author').map((author) =>
    isElement(author) ? textOf(author, 'name') : null,
  );
  return {
    paper: makePaper({
      key: `arxiv:${id.id}`,
      title: readLine(textOf(entry, 'title'), maxChars.title) as string,
      abstract,
      authors: readList(authors, 10_000),
      categories: readCategories([...primary, ...childrenOf(entry, 'category').map(termOf)]),
      comment,
      publishedAt: readInstant(textOf(entry, 'published')),
      updatedAt,
      version: id.version,
      withdrawnAt: isWithdrawn(comment, abstract) ? (updatedAt ?? context.at) : null,
    }),
    signals: [],
  };
}

/**
 * The arXiv categories among the terms, in order and once each. ACM (`H.3.3; I.2.6`) and MSC (`68T50`,
 * `62J05, 62F10`) codes are given in the same place and dropped.
 */
export function readCategories(terms: readonly (string | null)[]): string[] {
  const categories = terms.map((term) => term?.trim() ?? '').filter((term) => isCategory(term));
  return [...new Set(categories)].slice(0, 50);
}

/** `cs.CL`, `hep-ph`, `cond-mat.mes-hall`, `math-ph` (https://arxiv.org/category_taxonomy). */
function isCategory(term: string): boolean {
  return /^[a-z]{1,10}(?:-[a-z]{2,8})?(?:\.(?:[A-Z]{2}|[a-z]{2,8}(?:-[a-z]{2,8})?))?$/.test(term);
}

/** Joins arXiv's hard-wrapped lines; a line that begins indented begins a paragraph. */
export function unwrap(text: string | null): string | null {
  const clean = readText(text, maxChars.abstract);
  if (clean === null) return null;
  const paragraphs = clean.split(/\n[ \t]*\n|\n(?=[ \t])/).map((one) => one.replace(/\s+/g, ' ').trim());
  return paragraphs.filter(Boolean).join('\n');
}

/** The category an element names: an attribute in Atom, the text in RSS. */
export function termOf(value: unknown): string | null {
  const term = isElement(value) ? value['@term'] : undefined;
  return typeof term === 'string' ? term : contentOf(value);
}

/** `feed.xml entry 3 (2508.13426v1)`. */
export function placeOf(context: ParseContext, entry: unknown, index: number): string {
  const name = isElement(entry) ? (textOf(entry, 'id') ?? textOf(entry, 'guid')) : null;
  const id = name && (parseArxivId(name)?.id ?? readLine(name, 80));
  return `${context.fileName} entry ${index + 1}${id ? ` (${id})` : ''}`;
}
