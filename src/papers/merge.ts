import type { Paper } from './paper.ts';

export interface MergeSources {
  incomingSource: string;
  /** Sources that have told of the stored paper. */
  knownSources: readonly string[];
}

export interface Merged {
  paper: Paper;
  /** Fields of the stored paper that are different now, in order of `Paper`. */
  changed: (keyof Paper)[];
}

type Side = 'stored' | 'incoming';

/**
 * What is known of a paper after one more source has told of it. Nothing known is lost: null, empty text and
 * empty lists never replace anything. Where both sides speak, a newer version wins; of the same version the
 * place of publication (arXiv for `arxiv:` keys) is believed over others about what it alone decides: title,
 * abstract, authors, categories, comment, dates and its own links; otherwise the later telling wins. A cut-off abstract
 * yields to the whole one. The earliest announcement stays. Withdrawn stays withdrawn until a newer version
 * comes. Pure; merging the same record again changes nothing.
 */
export function mergePapers(stored: Paper, incoming: Paper, sources: MergeSources): Merged {
  const storedSpeaks = sources.knownSources.some((source) => publishes(source, stored.key));
  const incomingSpeaks = publishes(sources.incomingSource, stored.key);
  const preferred = prefer(stored, incoming, storedSpeaks, incomingSpeaks);
  const own = <T>(a: T, b: T): T => choose(a, b, preferred);
  const later = <T>(a: T, b: T): T => choose(a, b, 'incoming');
  // A date of the place of publication stands against those of others; between equals the bound decides.
  const date = (a: number | null, b: number | null, bound: (...dates: number[]) => number): number | null => {
    if (a === null || b === null) return a ?? b;
    if (storedSpeaks !== incomingSpeaks) return storedSpeaks ? a : b;
    return bound(a, b);
  };
  const paper: Paper = {
    key: stored.key,
    title: own(stored.title, incoming.title),
    abstract: wholeAbstract(stored.abstract, incoming.abstract) ?? own(stored.abstract, incoming.abstract),
    tldr: later(stored.tldr, incoming.tldr),
    authors: own(stored.authors, incoming.authors),
    categories: own(stored.categories, incoming.categories),
    keywords: later(stored.keywords, incoming.keywords),
    organization: later(stored.organization, incoming.organization),
    comment: own(stored.comment, incoming.comment),
    publishedAt: date(stored.publishedAt, incoming.publishedAt, Math.min),
    updatedAt: date(stored.updatedAt, incoming.updatedAt, Math.max),
    announcedAt: least(stored.announcedAt, incoming.announcedAt),
    version: greatest(stored.version, incoming.version),
    withdrawnAt: withdrawn(stored, incoming),
    paperUrl: own(stored.paperUrl, incoming.paperUrl),
    pdfUrl: own(stored.pdfUrl, incoming.pdfUrl),
    codeUrl: later(stored.codeUrl, incoming.codeUrl),
    projectUrl: later(stored.projectUrl, incoming.projectUrl),
  };
  const fields = Object.keys(paper) as (keyof Paper)[];
  return { paper, changed: fields.filter((field) => !same(stored[field], paper[field])) };
}

/** Whether the source is where papers of this key are published. */
function publishes(source: string, key: string): boolean {
  const colon = key.indexOf(':');
  const space = key.slice(0, colon);
  if (space === 'arxiv' || space === 'openreview') return source === space || source.startsWith(`${space}-`);
  if (/^doi:10\.(?:1101|64898)\//.test(key)) return source === 'biorxiv' || source === 'medrxiv';
  return false;
}

function prefer(stored: Paper, incoming: Paper, storedSpeaks: boolean, incomingSpeaks: boolean): Side {
  if (stored.version !== null && incoming.version !== null && stored.version !== incoming.version)
    return incoming.version > stored.version ? 'incoming' : 'stored';
  if (storedSpeaks !== incomingSpeaks) return incomingSpeaks ? 'incoming' : 'stored';
  if (stored.updatedAt !== null && incoming.updatedAt !== null && incoming.updatedAt < stored.updatedAt)
    return 'stored';
  return 'incoming';
}

/** The preferred of two values, or the one that says something. */
function choose<T>(stored: T, incoming: T, preferred: Side): T {
  if (isEmpty(incoming)) return stored;
  if (isEmpty(stored)) return incoming;
  return preferred === 'incoming' ? incoming : stored;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The longer abstract when one is but the cut-off beginning of the other; null when neither is. */
function wholeAbstract(a: string | null, b: string | null): string | null {
  if (!a?.trim() || !b?.trim()) return null;
  const [plainA, plainB] = [comparable(a), comparable(b)];
  if (plainA.length < plainB.length && plainB.startsWith(plainA)) return b;
  if (plainB.length < plainA.length && plainA.startsWith(plainB)) return a;
  return null;
}

function comparable(abstract: string): string {
  return abstract
    .trim()
    .replace(/(?:\.{3}|…)$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function withdrawn(stored: Paper, incoming: Paper): number | null {
  const order = (incoming.version ?? 0) - (stored.version ?? 0);
  const comparableVersions = incoming.version !== null && stored.version !== null;
  if (comparableVersions && order > 0) return incoming.withdrawnAt;
  if (comparableVersions && order < 0) return stored.withdrawnAt;
  return least(stored.withdrawnAt, incoming.withdrawnAt);
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function same(a: Paper[keyof Paper], b: Paper[keyof Paper]): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
