import { Hono } from 'hono';
import { html } from 'hono/html';
import type { SearchResult, SearchSort } from '../../archive/search.ts';
import { markExcerpt, markNames, markTitle, showPaper } from '../../archive/shown.ts';
import type { QueryError } from '../../topics/query.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { type Frame, frameOf, type Html, page } from '../shell/page.ts';
import { sendPublic } from '../shell/send-page.ts';
import { entry } from './entry.ts';
import { trendingFeed } from './front.ts';
import { type FeedOfPage, headOf } from './head.ts';
import type { SearchDoor } from './search-door.ts';

const papersOfPage = 15;
/** For who is answered with 429. */
export const tooMuch =
  'From your network, or from everybody together, came more to search for in the last minute than is done here. Please try again in a minute.';
/** A query may be longer; one that is typed into a page, hardly. */
export const maxQuery = 2000;

export function searchFeed(query: string): FeedOfPage {
  return {
    title: `Papers on ${query.slice(0, 100)}`,
    path: '/search/feed',
    search: `?q=${encodeURIComponent(query)}`,
  };
}

/** Full text of all papers, asked in the language of the topics. */
export function searchPages({ config }: WebDependencies, door: SearchDoor): Hono {
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const { publicUrl } = config.web;

  site.get('/search', async (c) => {
    const query = (c.req.query('q') ?? '').trim().slice(0, maxQuery).toWellFormed();
    const sort: SearchSort = c.req.query('sort') === 'date' ? 'date' : 'relevance';
    const after = c.req.query('after') ?? null;
    const title = query === '' ? 'Search' : `Search: ${query.slice(0, 80)}`;
    const description = 'Search the titles, abstracts and authors of all papers.';
    const heading = html`<h1>Search</h1>`;
    const found = query === '' ? null : await door.search(c, { query, sort, after, limit: papersOfPage });
    if (found === null && query !== '') {
      const content = html`${searchForm(base, query, sort, null)}<p class="wrong" role="alert">${tooMuch}</p>`;
      return c.html(page(frame, title, content, { at: 'search', wide: true, heading }), 429);
    }
    const content = html`${searchForm(base, query, sort, found && !found.ok ? found.error : null)}
${found === null ? help(base) : found.ok ? results(frame, query, sort, after, found) : ''}`;
    const path = query === '' ? '/search' : `/search?q=${encodeURIComponent(query)}`;
    const head = headOf({
      ...{ publicUrl, base, path, title, description },
      feeds: found?.ok ? [searchFeed(query)] : [trendingFeed],
      isListed: query === '',
    });
    return sendPublic(
      c,
      String(
        await page(frame, title, content, {
          ...{ description, head, at: 'search', wide: true },
          heading,
        }),
      ),
    );
  });
  return site;
}

function searchForm(base: string, query: string, sort: SearchSort, error: QueryError | null): Html {
  return html`<search><form class="search" method="get" action="${base}/search">
<label for="q">Words, "phrases", AND, OR, -without, ti:, abs:, au:, cat:</label>
<div class="line"><input id="q" name="q" type="search" value="${query}" maxlength="${maxQuery}" autocapitalize="off" spellcheck="false"${
    error ? html` aria-invalid="true" aria-describedby="q-problem"` : ''
  }>
<button>Search</button></div>
${sort === 'date' ? html`<input type="hidden" name="sort" value="date">` : ''}
${error ? problem(query, error) : ''}
</form></search>`;
}

/** What is wrong with the query, with the place marked. */
function problem(query: string, error: QueryError): Html {
  const from = Math.max(0, error.position - 60);
  const to = Math.min(query.length, error.position + error.length + 60);
  return html`<div class="wrong" id="q-problem" role="alert"><p>${error.message}. Expected ${error.expected}.${
    error.hint ? ` ${error.hint}` : ''
  }</p>
<p><code>${from > 0 ? '…' : ''}${query.slice(from, error.position)}<mark>${
    query.slice(error.position, error.position + error.length) || '\u00A0'
  }</mark>${query.slice(error.position + error.length, to)}${to < query.length ? '…' : ''}</code></p></div>`;
}

const numbers = new Intl.NumberFormat('en');

function results(
  { base, isSignUpOpen }: Frame,
  query: string,
  sort: SearchSort,
  after: string | null,
  found: SearchResult,
): Html {
  const address = (changed: { sort?: SearchSort; after?: string }) => {
    const asked = new URLSearchParams({ q: query });
    if ((changed.sort ?? sort) === 'date') asked.set('sort', 'date');
    if (changed.after) asked.set('after', changed.after);
    return `${base}/search?${asked}`;
  };
  const { papers, count, isCapped, isCut, ranked, next, advice, marks } = found;
  const told = isCapped
    ? `More than ${numbers.format(count)} papers`
    : count === 1
      ? 'One paper'
      : `${numbers.format(count)} papers`;
  const sorts: [SearchSort, string][] = [
    ['relevance', 'Best match'],
    ['date', 'Newest'],
  ];
  const feed = searchFeed(query);
  return html`<div class="bar"><p class="count" role="status">${count === 0 ? 'No paper matches.' : html`<b>${told}</b>`}${
    after === null ? '' : ', continued'
  }</p>
${
  count === 0
    ? ''
    : html`<nav class="tabs" aria-label="Order"><ul>${sorts.map(
        ([one, name]) =>
          html`<li><a href="${address({ sort: one })}"${one === sort ? html` aria-current="page"` : ''}>${name}</a></li>`,
      )}</ul></nav>`
}</div>
${advice.map((sentence) => html`<p class="hint">${sentence}</p>`)}
<ol class="papers">${papers.map((paper) =>
    entry(base, {
      paper,
      level: 2,
      found: {
        title: markTitle(paper, marks),
        names: markNames(showPaper(paper).authors ?? '', marks),
        excerpt: markExcerpt(paper, marks),
      },
    }),
  )}</ol>
${next ? html`<nav class="pages" aria-label="Pages"><a rel="next" href="${address({ after: next })}">More papers →</a></nav>` : ''}
${
  next === null && ranked !== null && isCapped && !isCut
    ? html`<p class="hint">These were the best of the newest. <a href="${address({ sort: 'date' })}">All of them, the newest first</a></p>`
    : ''
}
<p class="actions">${
    isSignUpOpen
      ? html`<a class="button quiet" href="${base}/subscribe?query=${encodeURIComponent(query)}">Get new ones by mail</a> `
      : ''
  }<a href="${base}${feed.path}.atom${feed.search}">Feed</a></p>`;
}

const examples: [query: string, told: string][] = [
  ['low-rank adaptation', 'both words, in any inflection'],
  ['"language model" agents', 'a phrase as it stands, and a word'],
  ['ti:diffusion -video', 'in the title; without a word'],
  ['au:"Geoffrey Hinton"', 'by an author'],
  ['cat:cs.CL (reasoning OR planning)', 'in an arXiv category; either word'],
  ['quanti*', 'words that begin so'],
  ['like:"robots that learn to walk from video"', 'papers about the same as a sentence'],
];

function help(base: string): Html {
  return html`<table class="examples"><caption>What can be asked</caption>
<thead><tr><th scope="col">Query</th><th scope="col">Finds</th></tr></thead>
<tbody>${examples.map(
    ([query, told]) =>
      html`<tr><th scope="row"><a href="${base}/search?q=${encodeURIComponent(query)}"><code>${query}</code></a></th><td>${told}</td></tr>`,
  )}</tbody></table>`;
}
