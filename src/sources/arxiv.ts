import { parseQueryFeed, type QueryPage } from './arxiv-atom.ts';
import { parseAnnouncements } from './arxiv-feed.ts';
import { parseListings } from './file.ts';
import { type Gate, type Http, HttpError } from './http.ts';
import { readPayload } from './payload.ts';
import {
  type Batch,
  type FetchRequest,
  type ParseContext,
  type Parsed,
  type Source,
  SourceError,
} from './source.ts';
import { parseXml, textOf } from './xml.ts';

export interface ArxivConfig {
  /** `https://export.arxiv.org` */
  apiUrl: string;
  /** `https://rss.arxiv.org` */
  feedUrl: string;
  /** `cs.CL`, `stat.ML` … */
  categories: readonly string[];
}

/** https://info.arxiv.org/help/api/tou.html: one connection, one request in three seconds, all machines together. */
export const arxivGate: Gate = { name: 'arxiv', intervalMs: 3000 };

/** A feed of several categories holds at most 2000 entries (https://info.arxiv.org/help/rss.html). */
const maxFeedEntries = 2000;
const categoriesPerFeed = 6;
const idsPerLookup = 100;
const pageSize = 500;
const maxBackfillPapers = 20_000;
const maxEmptyPages = 3;

/**
 * arXiv: the announcement feeds for what is new, the query API for backfilling and for looking up ids. All
 * requests of all commands go through one gate.
 */
export function arxivSource(config: ArxivConfig): Source {
  return {
    name: 'arxiv',
    parse: parseArxiv,
    fetch: (request, http) => fetchNew(config, request, http),
    lookup: (ids, at, http) => lookUp(config, ids, at, http),
  };
}

/**
 * Reads a saved payload: a page of the query API, an announcement feed (Atom or RSS 2.0), or arXiv listings
 * as JSON lines. Throws SourceError when it is none of them, or arXiv's own error.
 */
export function parseArxiv(payload: Buffer | string, context: ParseContext): Parsed {
  const text = readPayload(payload, context.fileName);
  if (!text.trimStart().startsWith('<')) return parseListings(text, context);
  const { name, root } = parseXml(text, context.fileName);
  if (name === 'rss') return parseAnnouncements(root, context);
  if (name !== 'feed')
    throw new SourceError(
      `${context.fileName} is XML of <${name.slice(0, 40)}>; expected an Atom <feed> of arXiv's API or announcements, or its <rss>.`,
    );
  return 'opensearch:totalResults' in root || textOf(root, 'id')?.includes('arxiv.org/api')
    ? parseQueryFeed(root, context)
    : parseAnnouncements(root, context);
}

async function* fetchNew(config: ArxivConfig, request: FetchRequest, http: Http): AsyncIterable<Batch> {
  // Backfill first: a feed that succeeds alone would make what was missed look seen.
  if (request.sinceDate !== null) yield* backfill(config, request, request.sinceDate, http);
  for (let begin = 0; begin < config.categories.length; begin += categoriesPerFeed)
    yield* fetchFeed(config, config.categories.slice(begin, begin + categoriesPerFeed), request.at, http);
}

async function* fetchFeed(
  config: ArxivConfig,
  categories: readonly string[],
  at: number,
  http: Http,
): AsyncIterable<Batch> {
  const url = `${base(config.feedUrl)}/atom/${categories.join('+')}`;
  const answer = await http.get(url, { conditional: true, gate: arxivGate });
  if (answer.kind === 'not_modified') return;
  const parsed = parseArxiv(answer.body, { fileName: url, at });
  yield { ...parsed, isCurrent: true, acknowledge: answer.remember };
  if (parsed.records.length + parsed.problems.length < maxFeedEntries || categories.length === 1) return;
  // The feed was cut off at its limit: ask for each category by itself.
  for (const category of categories) yield* fetchFeed(config, [category], at, http);
}

/** What was submitted since that day, oldest first. */
async function* backfill(
  config: ArxivConfig,
  request: FetchRequest,
  sinceDate: string,
  http: Http,
): AsyncIterable<Batch> {
  if (config.categories.length === 0) return;
  const stamp = (iso: string): string => iso.replace(/\D/g, '').slice(0, 12);
  const from = `${stamp(sinceDate)}0000`;
  const to = stamp(new Date(request.at).toISOString());
  const categories = config.categories.map((category) => `cat:${category}`).join(' OR ');
  const query = `(${categories}) AND submittedDate:[${from} TO ${to}]`;
  let emptyPages = 0;
  for (let start = 0; start < maxBackfillPapers; ) {
    const url = apiUrl(config, {
      search_query: query,
      start: `${start}`,
      max_results: `${pageSize}`,
      sortBy: 'submittedDate',
      sortOrder: 'ascending',
    });
    const page = await ask(url, request.at, http);
    const entries = page.records.length + page.problems.length;
    const total = page.total ?? start + entries;
    if (entries > 0) yield page;
    if (total > maxBackfillPapers)
      throw new SourceError(
        `arXiv has ${total} papers since ${sinceDate} in ${config.categories.join(', ')}; at most ${maxBackfillPapers} are fetched. Give a later --since or fewer categories.`,
      );
    start += entries;
    if (start >= total) return;
    // The API is known to serve an empty page amid an answer now and then; the same page comes on asking again.
    emptyPages = entries === 0 ? emptyPages + 1 : 0;
    if (emptyPages >= maxEmptyPages)
      throw new SourceError(`arXiv's API stops at ${start} of ${total} papers (${url}). Try again later.`);
  }
}

async function* lookUp(
  config: ArxivConfig,
  ids: readonly string[],
  at: number,
  http: Http,
): AsyncIterable<Batch> {
  for (let begin = 0; begin < ids.length; begin += idsPerLookup) {
    const some = ids.slice(begin, begin + idsPerLookup);
    yield await ask(apiUrl(config, { id_list: some.join(','), max_results: `${some.length}` }), at, http);
  }
}

async function ask(url: string, at: number, http: Http): Promise<QueryPage> {
  const context = { fileName: url, at };
  const answer = await http.get(url, { gate: arxivGate }).catch((error: unknown) => {
    // A refused query is answered 400, with a feed that says why.
    if (error instanceof HttpError && error.status === 400 && error.body.includes('<feed'))
      parseArxiv(error.body, context);
    throw error;
  });
  if (answer.kind === 'not_modified') return { records: [], problems: [], total: null };
  const { name, root } = parseXml(readPayload(answer.body, url), url);
  if (name !== 'feed') throw new SourceError(`${url} answers <${name.slice(0, 40)}> where a feed belongs.`);
  return parseQueryFeed(root, context);
}

function apiUrl(config: ArxivConfig, query: Record<string, string>): string {
  return `${base(config.apiUrl)}/api/query?${new URLSearchParams(query)}`;
}

const base = (url: string): string => url.replace(/\/+$/, '');
