import { doiKey, paperKeyFrom, parseArxivId } from '../papers/key.ts';
import type { Paper, PaperRecord } from '../papers/paper.ts';
import { readCategories } from './arxiv-atom.ts';
import { splitAuthors } from './author-list.ts';
import {
  isRecord,
  maxChars,
  readInstant,
  readLine,
  readList,
  readSignals,
  readText,
  readUrl,
} from './fields.ts';
import { readDailyPaper } from './huggingface.ts';
import { type Line, readJsonLines } from './json-lines.ts';
import { readPayload } from './payload.ts';
import { checkPaper, isWithdrawn, makePaper, RecordError, readEach } from './record.ts';
import { type ParseContext, type Parsed, type Source, SourceError } from './source.ts';

type Raw = Record<string, unknown>;

/** A `summary` beyond this is an abstract; a summary of one or two sentences is shorter. */
const maxSummaryChars = 700;

/** Papers from files alone: JSON (`[…]`, `{"papers": […]}`, one object) or JSONL, gzipped or not. */
export function fileSource(): Source {
  return { name: 'file', parse: parsePapers };
}

/**
 * Reads papers of several shapes, told apart record by record:
 * - our own: `title`, `abstract`, `id` (arXiv id or DOI) or `doi` or `url`, `tldr` (or a short `summary`),
 *   `authors` (names, or one comma-joined line), `categories`, `keywords`, `organization`, `comment`,
 *   `publishedAt`, `updatedAt`, `announcedAt` or `featuredAt` (ISO dates), `version`, `withdrawnAt`, `paperUrl`,
 *   `pdfUrl`, `codeUrl` or `repository`, `projectUrl` or `project`; `signals` as object or list, or by name
 *   `upvotes`, `comments`, `stars`, `citations`. Only `title` must be there; what is missing is unknown;
 * - a Hugging Face daily paper, `{paper: {…}, numComments}`;
 * - arXiv listings, `{id, categories, title, authors, summary, comment, pdf, abs}`, where `summary` is the abstract;
 * - bare `{title, abstract}`, known by the normalised title.
 * Throws SourceError when the payload is no JSON at all.
 */
export function parsePapers(payload: Buffer | string, context: ParseContext): Parsed {
  return readRecords(readJsonLines(readPayload(payload, context.fileName), context.fileName), context);
}

/** Reads arXiv listings alone, as above. Throws SourceError when the payload is no JSON or is something else. */
export function parseListings(text: string, context: ParseContext): Parsed {
  const lines = readJsonLines(text, context.fileName);
  const raws = lines.map((line) => line.value).filter(isRecord);
  if (raws.some((raw) => isRecord(raw.paper)))
    throw new SourceError(
      `${context.fileName} holds daily papers of Hugging Face and no arXiv listings. Read it with --source huggingface.`,
    );
  if (raws.length > 0 && !raws.some((raw) => keyOf(raw)?.startsWith('arxiv:')))
    throw new SourceError(
      `${context.fileName} holds no arXiv listings: none of its ${raws.length} records has an arXiv id. Read it with --source file.`,
    );
  return readRecords(lines, context);
}

function readRecords(lines: Line[], context: ParseContext): Parsed {
  return readEach(
    lines,
    (line) => `${line.where}${idOf(line.value)}`,
    (line) => readRecord(line, context),
  );
}

function readRecord(line: Line, context: ParseContext): PaperRecord {
  if (line.error !== null) throw new RecordError(line.error);
  const raw = line.value;
  if (!isRecord(raw)) throw new RecordError('it is not an object');
  if (isRecord(raw.paper)) return readDailyPaper(raw);
  const abstract = raw.abstract ?? (summaryIsAbstract(raw) ? raw.summary : null);
  checkPaper(raw.title, abstract);
  const key = keyOf(raw);
  if (!key) throw new RecordError('it has neither an id nor a title to be known by');
  const id = firstText(raw.id, raw.arxivId, raw.arxiv_id, raw.key);
  const comment = readLine(raw.comment ?? raw.comments, maxChars.comment);
  const seen = makePaper({
    key,
    title: readLine(raw.title, maxChars.title) as string,
    abstract: readText(abstract, maxChars.abstract),
    tldr: readText(
      raw.tldr ?? raw.ai_summary ?? (summaryIsAbstract(raw) ? null : raw.summary),
      maxChars.tldr,
    ),
    authors: readAuthors(raw.authors),
    categories: readCategories(readList(raw.categories, 50)),
    keywords: readList(raw.keywords ?? raw.ai_keywords, 50, 100),
    organization: readLine(
      isRecord(raw.organization) ? (raw.organization.fullname ?? raw.organization.name) : raw.organization,
      maxChars.name,
    ),
    comment,
    publishedAt: readInstant(raw.publishedAt ?? raw.published),
    updatedAt: readInstant(raw.updatedAt ?? raw.updated),
    announcedAt: readInstant(raw.announcedAt ?? raw.featuredAt),
    version: readVersion(raw.version) ?? (id === null ? null : (parseArxivId(id)?.version ?? null)),
    withdrawnAt: readInstant(raw.withdrawnAt),
    paperUrl: readUrl(raw.paperUrl) ?? readUrl(raw.abs) ?? readUrl(raw.url),
    pdfUrl: readUrl(raw.pdfUrl) ?? readUrl(raw.pdf),
    codeUrl: readUrl(raw.codeUrl) ?? readUrl(raw.repository) ?? readUrl(raw.githubRepo),
    projectUrl: readUrl(raw.projectUrl) ?? readUrl(raw.project) ?? readUrl(raw.projectPage),
  });
  const withdrawnAt =
    seen.withdrawnAt ?? (isWithdrawn(comment, seen.abstract) ? (seen.updatedAt ?? context.at) : null);
  return { paper: { ...seen, withdrawnAt }, signals: readSignals(signalsOf(raw)) };
}

/** `summary` is the abstract in arXiv listings, and a short text of our own in the sample. */
function summaryIsAbstract(raw: Raw): boolean {
  if (raw.abstract !== undefined || typeof raw.summary !== 'string') return false;
  return raw.abs !== undefined || raw.pdf !== undefined || raw.summary.length > maxSummaryChars;
}

function keyOf(raw: Raw): Paper['key'] | null {
  const id = firstText(raw.key, raw.id, raw.arxivId, raw.arxiv_id);
  return paperKeyFrom({
    arxivId: id,
    doi: firstText(raw.doi) ?? (id && doiKey(id) ? id : null),
    openreviewId: firstText(raw.openreviewId) ?? (id?.startsWith('openreview:') ? id : null),
    urls: [raw.paperUrl, raw.abs, raw.url, raw.pdf].map(readUrl),
    title: readLine(raw.title, maxChars.title),
  });
}

function signalsOf(raw: Raw): Parameters<typeof readSignals>[0] {
  const listed: Raw = {};
  if (Array.isArray(raw.signals)) {
    for (const one of raw.signals)
      if (isRecord(one) && typeof one.kind === 'string') listed[one.kind] = one.value;
  } else if (isRecord(raw.signals)) Object.assign(listed, raw.signals);
  return {
    upvotes: listed.upvotes ?? raw.upvotes,
    comments: listed.comments ?? raw.comments ?? raw.numComments,
    github_stars: listed.github_stars ?? listed.stars ?? raw.stars ?? raw.githubStars,
    citations: listed.citations ?? raw.citations,
  };
}

function readAuthors(value: unknown): string[] {
  if (typeof value === 'string') return readList(splitAuthors(value), 10_000);
  if (!Array.isArray(value)) return [];
  return readList(
    value.map((one) => (isRecord(one) ? one.name : one)),
    10_000,
  );
}

function readVersion(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value < 1000
    ? value
    : null;
}

function firstText(...values: unknown[]): string | null {
  return (
    (values.find((value) => typeof value === 'string' && value.trim() !== '') as string | undefined) ?? null
  );
}

function idOf(value: unknown): string {
  if (!isRecord(value)) return '';
  const inner = isRecord(value.paper) ? value.paper : value;
  const id = readLine(inner.id ?? inner.key, 40);
  return id ? ` (${id})` : '';
}
