import { parseArxivId } from '../papers/key.ts';
import type { PaperRecord } from '../papers/paper.ts';
import { placeOf, readCategories, termOf, unwrap } from './arxiv-atom.ts';
import { splitAuthors } from './author-list.ts';
import { maxChars, readInstant, readLine, readList } from './fields.ts';
import { checkPaper, isWithdrawn, makePaper, RecordError, readEach } from './record.ts';
import type { ParseContext, Parsed } from './source.ts';
import { childrenOf, contentOf, type Element, isElement, textOf } from './xml.ts';

/** `arXiv:2508.13426v1 Announce Type: cross \nAbstract: …` */
const prefix = /^\s*arXiv:(\S+)\s+Announce Type:\s*([a-z-]+)\s*(?:\n|\s)\s*Abstract:\s*/i;

/**
 * Reads an announcement feed of arXiv, Atom or RSS 2.0 (https://info.arxiv.org/help/rss_specifications.html):
 * ids carry the version, the abstract begins with id and announce type, authors are one line of raw TeX. Only
 * `new` and `cross` are announcements of the paper; a `replace` tells of a new version, so its date is
 * `updatedAt` and never makes an old paper look new.
 */
export function parseAnnouncements(root: Element, context: ParseContext): Parsed {
  const channel = childrenOf(root, 'channel')[0];
  const entries = isElement(channel) ? childrenOf(channel, 'item') : childrenOf(root, 'entry');
  return readEach(
    entries,
    (entry, index) => placeOf(context, entry, index),
    (entry) => readEntry(entry, context),
  );
}

function readEntry(entry: unknown, context: ParseContext): PaperRecord {
  if (!isElement(entry)) throw new RecordError('the entry is empty');
  const text = textOf(entry, 'summary') ?? textOf(entry, 'description') ?? '';
  const head = prefix.exec(text);
  const names = [textOf(entry, 'id'), textOf(entry, 'guid'), head?.[1] ?? null, linkOf(entry)];
  const ids = names.flatMap((name) => (name && parseArxivId(name)) || []);
  const id = ids.find((one) => one.version !== null) ?? ids[0];
  if (!id)
    throw new RecordError(`it names no arXiv id: ${JSON.stringify(names[0] ?? names[1])?.slice(0, 80)}`);
  const type = (textOf(entry, 'arxiv:announce_type') ?? head?.[2] ?? 'new').trim().toLowerCase();
  checkPaper(textOf(entry, 'title'), text);
  const abstract = unwrap(text.replace(prefix, ''));
  const comment = readLine(textOf(entry, 'arxiv:comment'), maxChars.comment);
  const dateAt = readInstant(textOf(entry, 'published') ?? textOf(entry, 'pubDate'));
  const replaced = type.startsWith('replace');
  const authors = childrenOf(entry, 'dc:creator').flatMap((line) => splitAuthors(contentOf(line) ?? ''));
  return {
    paper: makePaper({
      key: `arxiv:${id.id}`,
      title: readLine(textOf(entry, 'title'), maxChars.title) as string,
      abstract,
      authors: readList(authors, 10_000),
      categories: readCategories(childrenOf(entry, 'category').map(termOf)),
      comment,
      announcedAt: replaced ? null : dateAt,
      updatedAt: replaced ? dateAt : null,
      version: id.version,
      withdrawnAt: isWithdrawn(comment, abstract) ? (dateAt ?? context.at) : null,
    }),
    signals: [],
  };
}

function linkOf(entry: Element): string | null {
  const link = childrenOf(entry, 'link')[0];
  const href = isElement(link) ? link['@href'] : undefined;
  return typeof href === 'string' ? href : contentOf(link);
}
