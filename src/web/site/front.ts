import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { readTrending, type TrendingList } from '../../archive/lists.ts';
import { showPaper } from '../../archive/shown.ts';
import { listPublicTopics } from '../../store/topics.ts';
import { findNextTrendingDate, listTrendingDates, type Span } from '../../store/trending.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { type Frame, frameOf, type Html, page } from '../shell/page.ts';
import { sendPublic } from '../shell/send-page.ts';
import { entry } from './entry.ts';
import { dayInWords } from './figures.ts';
import { type FeedOfPage, headOf } from './head.ts';

/** Papers on a page of what trends. */
const shownPapers = 30;
/** Dates on a page. */
const shownDates = 90;

export const trendingFeed: FeedOfPage = { title: 'Trending papers', path: '/feed' };

const names: Record<Span, string> = { day: 'Today', week: 'This week', month: 'This month' };
const namesOfDate: Record<Span, string> = { day: 'Day', week: 'Week', month: 'Month' };
const paths: Record<Span, string> = { day: '/', week: '/this-week', month: '/this-month' };
const whatOf: Record<Span, string> = { day: 'on', week: 'in the week to', month: 'in the month to' };

const pitch = 'Get trending papers in your email inbox once a day';
const description =
  'What researchers publish and what is gaining attention now: pick your topics, and the papers you have not seen yet come by mail at breakfast.';

/** What anybody sees first, and what trended on earlier days. */
export function frontPages({ store, config, clock }: WebDependencies): Hono {
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const { publicUrl } = config.web;
  const today = () => new Date(clock.now()).toISOString().slice(0, 10);

  for (const span of ['day', 'week', 'month'] as const)
    site.get(paths[span], async (c) => {
      const list = await readTrending(store.db, span, today());
      const topics = await listPublicTopics(store.db);
      const content = html`${joinForm(frame)}
<section class="trending" aria-labelledby="trending">
<div class="bar"><h2 id="trending">Trending</h2>${tabs(base, span, (one) => paths[one])}</div>
${list ? html`<p class="dateline"><time datetime="${list.date}">${dayInWords(list.date)}</time></p>` : ''}
${papersOf(base, list)}
${list ? html`<p class="more"><a href="${base}/trending">Earlier days</a></p>` : ''}
</section>
<section aria-labelledby="topics"><h2 id="topics">Topics</h2>
${
  topics.length === 0
    ? html`<p class="hint">No topics have been set up here yet.</p>`
    : html`<ul class="topic-names">${topics.map(
        ({ slug, name }) => html`<li><a href="${base}/topics/${slug}">${name}</a></li>`,
      )}</ul>`
}
</section>`;
      const head = headOf({
        ...{ publicUrl, base, path: paths[span], title: `Paperboy: ${pitch}`, description },
        feeds: [trendingFeed],
      });
      return sendPublic(
        c,
        String(
          await page(frame, 'Paperboy', content, {
            ...{ description, head, at: 'trending', wide: true },
            heading: null,
          }),
        ),
      );
    });

  site.get('/trending', async (c) => {
    const before = readDate(c.req.query('before') ?? '');
    const dates = await listTrendingDates(store.db, { before, limit: shownDates + 1 });
    const shown = dates.slice(0, shownDates);
    const months = Map.groupBy(shown, (date) => date.slice(0, 7));
    const last = shown.at(-1);
    const content = html`${
      shown.length === 0 ? html`<p class="hint">There are no days to go back to yet.</p>` : ''
    }${[...months].map(
      ([month, days]) => html`<h2>${monthInWords(month)}</h2>
<ul class="dates">${days.map(
        (date) =>
          html`<li><a href="${base}/trending/${date}"><time datetime="${date}">${dayInWords(date)}</time></a></li>`,
      )}</ul>`,
    )}${
      dates.length > shownDates
        ? html`<p class="more"><a href="${base}/trending?before=${last}">Earlier days</a></p>`
        : ''
    }`;
    const title = 'Earlier days';
    const told = 'What trended in research on each day.';
    const path = before ? `/trending?before=${before}` : '/trending';
    const head = headOf({
      ...{ publicUrl, base, path, title, description: told },
      isListed: !before,
      feeds: [trendingFeed],
    });
    return sendPublic(
      c,
      String(await page(frame, title, content, { ...{ description: told, head, at: 'trending' } })),
    );
  });

  site.get('/trending/:date', (c) => showDay(c, 'day'));
  site.get('/trending/:date/:span{week|month}', (c) => showDay(c, c.req.param('span') as Span));

  async function showDay(c: Context, span: Span): Promise<Response> {
    const date = readDate(c.req.param('date') ?? '');
    const list = date === null ? null : await readTrending(store.db, span, date);
    if (!list || list.date !== date) return c.notFound();
    const [earlier] = await listTrendingDates(store.db, { before: date, limit: 1 });
    const later = await findNextTrendingDate(store.db, date);
    const own = (one: Span) => `/trending/${date}${one === 'day' ? '' : `/${one}`}`;
    const title = `Trending ${whatOf[span]} ${dayInWords(date)}`;
    const told = describe(list);
    const content = html`<div class="bar"><h1>${title}</h1>${tabs(base, span, own, namesOfDate)}</div>
${papersOf(base, list, 2)}
<nav class="pages" aria-label="Days">${
      earlier ? html`<a rel="prev" href="${base}/trending/${earlier}">← ${dayInWords(earlier)}</a>` : ''
    } <a href="${base}/trending">All days</a> ${
      later ? html`<a rel="next" href="${base}/trending/${later}">${dayInWords(later)} →</a>` : ''
    }</nav>`;
    const head = headOf({
      publicUrl,
      base,
      path: own(span),
      title,
      description: told,
      feeds: [trendingFeed],
    });
    // A day that is over stays what it was.
    const maxAgeS = date < today() ? 3600 : 60;
    const options = { ...{ description: told, head, at: 'trending' as const, wide: true }, heading: null };
    return sendPublic(c, String(await page(frame, title, content, options)), { maxAgeS });
  }
  return site;
}

/** The first step; whoever takes it is shown the next one. An address never stands in a URL, hence POST. */
function joinForm({ base, isSignUpOpen }: Frame): Html {
  if (!isSignUpOpen)
    return html`<section class="join" aria-labelledby="join">
<h1 id="join">Trending research papers, once a day by mail</h1>
<div><p>Whoever runs this Paperboy adds its readers: anybody else reads here, or by the <a href="${base}/feed.atom">feed</a>.</p>
<p class="hint">Those who get the mail find a link to their preferences in each.</p></div>
</section>`;
  return html`<section class="join" aria-labelledby="join">
<h1 id="join">${pitch}</h1>
<div><form method="post" action="${base}/subscribe">
<label for="email">Your email address</label>
<div class="line"><input id="email" name="email" type="email" required maxlength="254" autocomplete="email" placeholder="you@example.org">
<button>Subscribe</button></div>
</form>
<p class="hint">Choose topics and a time, or describe your work in a sentence. One click ends it.</p></div>
</section>`;
}

function tabs(base: string, here: Span, pathOf: (span: Span) => string, named = names): Html {
  return html`<nav class="tabs" aria-label="Over how long"><ul>${(Object.keys(named) as Span[]).map(
    (span) =>
      html`<li><a href="${base}${pathOf(span)}"${span === here ? html` aria-current="page"` : ''}>${named[span]}</a></li>`,
  )}</ul></nav>`;
}

function papersOf(base: string, list: TrendingList | null, level: 2 | 3 = 3): Html {
  if (!list || list.papers.length === 0)
    return html`<p class="hint">There is no new paper here. They come in every day.</p>`;
  return html`<ol class="papers ranked">${list.papers
    .slice(0, shownPapers)
    .map(({ paper, note }) => entry(base, { paper, note, span: list.span, level }))}</ol>`;
}

function describe({ papers }: TrendingList): string {
  const titles = papers.slice(0, 3).map(({ paper }) => showPaper(paper).title.text);
  return titles.join(' · ').slice(0, 300);
}

/** A date that there is; null: it is none. */
function readDate(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : text;
}

const months = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const monthInWords = (month: string) => months.format(Date.parse(`${month}-01T00:00:00Z`));
