import { parseArxivId } from '../papers/key.ts';
import type { Paper, PaperRecord } from '../papers/paper.ts';
import { maxChars } from './fields.ts';

/** Why a record cannot be taken. */
export class RecordError extends Error {
  override name = 'RecordError';
}

/** A paper of which only this much is known: the rest is null or empty, the links those of its key. */
export function makePaper(known: Partial<Paper> & Pick<Paper, 'key' | 'title'>): Paper {
  return {
    abstract: null,
    tldr: null,
    authors: [],
    categories: [],
    keywords: [],
    organization: null,
    comment: null,
    publishedAt: null,
    updatedAt: null,
    announcedAt: null,
    version: null,
    withdrawnAt: null,
    codeUrl: null,
    projectUrl: null,
    ...known,
    paperUrl: known.paperUrl ?? linkOf(known.key, 'paper'),
    pdfUrl: known.pdfUrl ?? linkOf(known.key, 'pdf'),
  };
}

/** Throws RecordError when a paper's title is missing or a text is longer than any real one. */
export function checkPaper(title: unknown, abstract: unknown): void {
  if (typeof title !== 'string' || title.trim() === '') throw new RecordError('it has no title');
  if (title.length > maxChars.title * 2)
    throw new RecordError(`its title has ${title.length} characters; that is no title`);
  if (typeof abstract === 'string' && abstract.length > maxChars.abstract)
    throw new RecordError(
      `its abstract has ${abstract.length} characters; at most ${maxChars.abstract} are taken`,
    );
}

/** Runs `read` on each raw record; those that throw RecordError become problems and the rest go on. */
export function readEach<T>(
  raws: Iterable<T>,
  placeOf: (raw: T, index: number) => string,
  read: (raw: T) => PaperRecord,
): { records: PaperRecord[]; problems: { where: string; message: string }[] } {
  const records: PaperRecord[] = [];
  const problems: { where: string; message: string }[] = [];
  let index = 0;
  for (const raw of raws) {
    try {
      records.push(read(raw));
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      problems.push({ where: placeOf(raw, index), message: error.message });
    }
    index += 1;
  }
  return { records, problems };
}

const saysWithdrawn =
  /^\W*(?:(?:this|the|our)\s+(?:\w+\s+){0,3}(?:has\s+been|have\s+been|is|was)\s+(?:\w+\s+)?withdrawn\b|withdrawn\b|(?:paper|article|manuscript|submission)\s+withdrawn\b)/i;

/**
 * Whether arXiv's comment or abstract is a withdrawal notice (https://info.arxiv.org/help/withdraw.html): it
 * begins with "This paper has been withdrawn by …" or the like.
 */
export function isWithdrawn(comment: string | null, abstract: string | null): boolean {
  return saysWithdrawn.test(comment ?? '') || saysWithdrawn.test(abstract ?? '');
}

function linkOf(key: string, kind: 'paper' | 'pdf'): string | null {
  const [space, name] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
  if (space === 'arxiv' && parseArxivId(name))
    return `https://arxiv.org/${kind === 'pdf' ? 'pdf' : 'abs'}/${name}`;
  if (space === 'doi' && kind === 'paper') return `https://doi.org/${encodeURI(name)}`;
  if (space === 'openreview') return `https://openreview.net/${kind === 'pdf' ? 'pdf' : 'forum'}?id=${name}`;
  return null;
}
