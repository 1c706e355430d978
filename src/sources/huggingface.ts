import { z } from 'zod';
import { parseArxivId } from '../papers/key.ts';
import type { PaperRecord } from '../papers/paper.ts';
import { expectedAnnouncement, huggingfaceCalendar } from './calendar.ts';
import {
  isRecord,
  maxChars,
  readCount,
  readInstant,
  readLine,
  readList,
  readSignals,
  readText,
  readUrl,
} from './fields.ts';
import { type Http, HttpError } from './http.ts';
import { readPayload } from './payload.ts';
import { checkPaper, makePaper, RecordError, readEach } from './record.ts';
import {
  type Batch,
  type FetchRequest,
  type ParseContext,
  type Parsed,
  type Source,
  SourceError,
} from './source.ts';

/** What must be right for the record to be taken; every other field comes and goes and is read with care. */
const paperShape = z.looseObject({ id: z.string(), title: z.string() });
const dailyShape = z.looseObject({ paper: paperShape });
type Raw = Record<string, unknown>;

const dayMs = 86_400_000;
/** Votes are followed over this many days before today. */
const followedDays = 7;
const pageSize = 100;
const maxPages = 20;
const maxBackfillDays = 400;

/**
 * Hugging Face's daily papers (`GET /api/daily_papers?date=…`, https://huggingface.co/docs/hub/api): votes are
 * inside `paper`, comments outside; weekends are empty; there are no arXiv categories.
 */
export function huggingfaceSource(config: { baseUrl: string }): Source {
  return {
    name: 'huggingface',
    parse: parseDailyPapers,
    fetch: (request, http) => fetchDays(config.baseUrl, request, http),
  };
}

/** Reads a saved answer: a list of daily papers, or one. Throws SourceError when it is not that. */
export function parseDailyPapers(payload: Buffer | string, context: ParseContext): Parsed {
  const text = readPayload(payload, context.fileName);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new SourceError(
      `${context.fileName} is not JSON (${(cause as Error).message}). Expected the answer of Hugging Face's /api/daily_papers.`,
      { cause },
    );
  }
  const raws = Array.isArray(document)
    ? document
    : isRecord(document) && 'paper' in document
      ? [document]
      : null;
  if (!raws) {
    const said =
      isRecord(document) && typeof document.error === 'string' ? ` It says: ${document.error}` : '';
    throw new SourceError(
      `${context.fileName} is not a list of daily papers. Expected the answer of Hugging Face's /api/daily_papers.${said}`,
    );
  }
  if (raws.length > 0 && !raws.some((raw) => isRecord(raw) && ('paper' in raw || 'id' in raw)))
    throw new SourceError(
      `${context.fileName} is a list, but none of its ${raws.length} entries has a "paper". Expected the answer of Hugging Face's /api/daily_papers; other lists are read with --source file.`,
    );
  return readEach(raws, (raw, index) => place(context.fileName, raw, index), readDailyPaper);
}

/** Reads one daily paper. Throws RecordError. */
export function readDailyPaper(raw: unknown): PaperRecord {
  const shaped = dailyShape.safeParse(raw);
  if (!shaped.success) throw new RecordError(z.prettifyError(shaped.error).replace(/\s+/g, ' '));
  const outer: Raw = shaped.data;
  const inner: Raw = shaped.data.paper;
  const id = parseArxivId(shaped.data.paper.id);
  if (!id) throw new RecordError(`its id is not an arXiv id: ${JSON.stringify(inner.id).slice(0, 80)}`);
  const abstract = inner.summary ?? outer.summary;
  checkPaper(inner.title, abstract);
  const authors = Array.isArray(inner.authors)
    ? inner.authors.map((one) => (isRecord(one) ? one.name : one))
    : [];
  return {
    paper: makePaper({
      key: `arxiv:${id.id}`,
      title: readLine(inner.title, maxChars.title) as string,
      abstract: readText(abstract, maxChars.abstract),
      tldr: readText(inner.ai_summary, maxChars.tldr),
      authors: readList(authors, 10_000),
      keywords: readList(inner.ai_keywords, 50, 100),
      organization: readOrganization(inner.organization) ?? readOrganization(outer.organization),
      publishedAt: readInstant(inner.publishedAt ?? outer.publishedAt),
      announcedAt: readInstant(inner.submittedOnDailyAt),
      withdrawnAt: readInstant(inner.withdrawnAt),
      codeUrl: readUrl(inner.githubRepo),
      projectUrl: readUrl(inner.projectPage),
    }),
    signals: readSignals({
      upvotes: inner.upvotes,
      comments: outer.numComments,
      github_stars: readCount(inner.githubStars),
    }),
  };
}

async function* fetchDays(baseUrl: string, request: FetchRequest, http: Http): AsyncIterable<Batch> {
  const today = isoDate(request.at);
  const expected = expectedAnnouncement(huggingfaceCalendar, request.at);
  const currentDate = expected ? isoDate(expected.announcedAt) : today;
  for (const date of datesToAsk(request)) {
    for (let page = 0; page < maxPages; page += 1) {
      const url = `${baseUrl.replace(/\/$/, '')}/api/daily_papers?date=${date}&limit=${pageSize}&p=${page}`;
      const answer = await http
        .get(url, { conditional: request.sinceDate === null })
        .catch((error: unknown) => {
          // A date that has not begun at Hugging Face is refused, not answered with an empty list.
          if (error instanceof HttpError && error.status === 400 && date >= today) return null;
          throw error;
        });
      if (!answer || answer.kind === 'not_modified') break;
      const parsed = parseDailyPapers(answer.body, { fileName: url, at: request.at });
      yield { ...parsed, isCurrent: date >= currentDate, acknowledge: answer.remember };
      if (parsed.records.length + parsed.problems.length < pageSize) break;
    }
  }
}

/** Oldest first, so that the latest telling is stored last. Throws SourceError for a backfill beyond reason. */
function datesToAsk(request: FetchRequest): string[] {
  const today = Date.parse(isoDate(request.at));
  const since = request.sinceDate === null ? today - followedDays * dayMs : Date.parse(request.sinceDate);
  const days = Math.round((today - since) / dayMs);
  if (days > maxBackfillDays)
    throw new SourceError(
      `Hugging Face would be asked for ${days + 1} days. Give a --since within ${maxBackfillDays} days.`,
    );
  return Array.from({ length: Math.max(0, days + 1) }, (_, index) => isoDate(since + index * dayMs));
}

function readOrganization(value: unknown): string | null {
  if (typeof value === 'string') return readLine(value, maxChars.name);
  return isRecord(value)
    ? (readLine(value.fullname, maxChars.name) ?? readLine(value.name, maxChars.name))
    : null;
}

function place(fileName: string, raw: unknown, index: number): string {
  const inner = isRecord(raw) && isRecord(raw.paper) ? raw.paper : raw;
  const id = isRecord(inner) ? readLine(inner.id, 40) : null;
  return `${fileName}[${index}]${id ? ` (${id})` : ''}`;
}

const isoDate = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
