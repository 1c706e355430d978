import { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { lookAtPaper, type PaperLook } from '../../archive/paper.ts';
import { showPaper } from '../../archive/shown.ts';
import { cleanLine, isolate } from '../../digest/clean.ts';
import { readableName } from '../../tex/readable.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, type Html, page } from '../shell/page.ts';
import { sendPublic } from '../shell/send-page.ts';
import { paperLinks, trendLine } from './entry.ts';
import { dayInWords } from './figures.ts';
import { trendingFeed } from './front.ts';
import { headOf, paperPath } from './head.ts';
import { sparkline } from './sparkline.ts';

/** Longer keys there are none. */
const maxKey = 450;
/** Names that are told; a collaboration has thousands. */
const shownNames = 60;

/** One paper: what it says, where to read it, how it trends and why, and what is related. */
export function paperPages({ store, config, clock }: WebDependencies): Hono {
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const { publicUrl } = config.web;

  site.get('/papers/:key{.+}', async (c) => {
    const key = c.req.param('key');
    if (key.length > maxKey) return c.notFound();
    const found = await lookAtPaper(store.db, key, clock.now());
    if (found.state === 'unknown') return c.notFound();
    if (found.state === 'moved') return c.redirect(`${base}${paperPath(found.key)}`, 301);
    if (found.state === 'withdrawn')
      return c.html(
        page(
          frame,
          'This paper was withdrawn',
          html`<p>Its authors took it back.</p>
<p><a href="${base}/">What trends today</a></p>`,
        ),
        410,
      );
    const { look } = found;
    const shown = showPaper(look.paper);
    const description = shown.summary?.text ?? `A paper by ${shown.authors ?? 'unknown authors'}.`;
    const title = shown.title.text;
    const path = paperPath(look.paper.key);
    const head = headOf({
      ...{ publicUrl, base, path, title, description },
      kind: 'article',
      feeds: [trendingFeed],
    });
    const content = paperArticle(base, look);
    return sendPublic(
      c,
      String(await page(frame, title, content, { ...{ description, head, wide: true }, heading: null })),
      { maxAgeS: 300 },
    );
  });
  return site;
}

function paperArticle(base: string, { paper, trend, votesByDay, related }: PaperLook): Html {
  const shown = showPaper(paper);
  const spark = sparkline(votesByDay, votesByDay.length > 10 ? 8 : 16);
  const note = { ...trend, votesByDay: [], gained: null, terms: [] };
  return html`<article class="paper">
<h1>${raw(shown.title.html)}</h1>
<p class="byline">${namesOf(paper.authors)}</p>
<p class="links">${paperLinks(shown)}</p>
${
  shown.abstract.length > 0
    ? html`<section class="abstract" aria-label="Abstract">${shown.abstract.map((part) => html`<p>${raw(part.html)}</p>`)}</section>`
    : shown.summary
      ? html`<section class="abstract" aria-label="Summary"><p>${raw(shown.summary.html)}</p></section>`
      : ''
}
<div class="beside"><section aria-labelledby="trend"><h2 id="trend">How it trends</h2>
${trendLine(note, 'day')}
${spark ? html`<figure>${spark}<figcaption>Votes a day, the last ${votesByDay.length} days</figcaption></figure>` : ''}
<table class="parts"><caption>What makes its trend score</caption>
<thead><tr><th scope="col">Because of</th><th scope="col">Points</th></tr></thead>
<tbody>${trend.parts.map(
    ({ name, contribution }) =>
      html`<tr><th scope="row">${partName(name)}</th><td>${contribution.toFixed(2)}</td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">Trend score</th><td>${trend.score.toFixed(2)}</td></tr></tfoot></table>
<details class="counted"><summary>How it is counted</summary><ul>${trend.parts.map(
    ({ name, note }) => html`<li>${partName(name)}: ${note}</li>`,
  )}</ul></details>
</section>
${facts(base, { paper })}</div>
${
  related.length === 0
    ? ''
    : html`<section class="related" aria-labelledby="related"><h2 id="related">Related papers</h2>
<ul class="related">${related.map((one) => {
        const other = showPaper(one);
        return html`<li><a href="${base}${paperPath(one.key)}">${raw(other.title.html)}</a>${
          other.authors ? html`<br><small>${other.authors}</small>` : ''
        }</li>`;
      })}</ul></section>`
}</article>`;
}

/** `github_stars gained` as `Stars gained`. */
function partName(name: string): string {
  const plain = name.replace('github_stars', 'stars').replace('fresh', 'being new');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

function namesOf(authors: readonly string[]): string {
  const names = authors.slice(0, shownNames).map((name) => cleanLine(readableName(name.slice(0, 200)), 60));
  // Each in its own place, whichever way it runs.
  const told = names
    .filter((name) => name !== '')
    .map((name) => isolate(name))
    .join(', ');
  return authors.length > shownNames ? `${told}, and ${authors.length - shownNames} more` : told;
}

function facts(base: string, { paper }: Pick<PaperLook, 'paper'>): Html {
  const rows: [string, Html][] = [];
  const day = (name: string, at: number | null) => {
    if (at !== null)
      rows.push([
        name,
        html`<time datetime="${new Date(at).toISOString().slice(0, 10)}">${dayInWords(at)}</time>`,
      ]);
  };
  day('Submitted', paper.publishedAt);
  day('Announced', paper.announcedAt);
  day('Revised', paper.updatedAt === paper.publishedAt ? null : paper.updatedAt);
  const line = (name: string, value: string | null) => {
    const text = cleanLine(value ?? '', 300);
    if (text !== '') rows.push([name, html`${text}`]);
  };
  line('From', paper.organization);
  const categories = paper.categories.slice(0, 12).map((one) => cleanLine(one, 40));
  if (categories.length > 0)
    rows.push([
      'Categories',
      html`${categories.map(
        (one) =>
          html`<a href="${base}/search?q=${encodeURIComponent(`cat:${one}`)}&amp;sort=date">${one}</a> `,
      )}`,
    ]);
  line('Keywords', paper.keywords.slice(0, 12).join(', '));
  line('Comment', paper.comment);
  line('Known as', paper.key);
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
