import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import type { PastEdition, PastPaper, PreviewWish } from '../../delivery/previews.ts';
import { safeLink } from '../../digest/clean.ts';
import { markLine } from '../../digest/marked-text.ts';
import { viewWhy } from '../../digest/why.ts';
import type { WebDependencies } from '../context.ts';
import { createLimiter } from '../shell/limiter.ts';
import { blockOf, networkOf } from '../shell/network.ts';
import type { Html } from '../shell/page.ts';

/** Whoever types sees a preview a second at most; all together as many as one thread can play. */
const limits = { windowMs: 60_000, each: { network: 60, block: 150 }, all: 500 };

/** What a digest would have held on each of the last seven days, for pages with a form that chooses. */
export interface PreviewDoor {
  /** Whether there are previews here. */
  readonly isOpen: boolean;
  /** Gets the thread ready while somebody begins to read the form. */
  warm(): void;
  /**
   * The fragment that goes into `previewPlace`, and its status (429: too often, with Retry-After set). Null: nothing was
   * chosen.
   */
  show(c: Context, wish: PreviewWish | null): Promise<{ fragment: Html; status: 200 | 429 | 503 }>;
}

/** One for each page that shows previews; what limits them is counted apart. `nothingChosen`: what to do first. */
export function createPreviewDoor(
  { previews, clock, config, log }: WebDependencies,
  nothingChosen = 'Choose a topic, and you see here what you would have got.',
): PreviewDoor {
  const limiter = createLimiter(limits);
  return {
    isOpen: previews !== undefined,
    warm: () => previews?.warm(clock.now()),
    async show(c, wish) {
      if (!previews) return { fragment: say('There is no preview here.'), status: 503 };
      if (!wish || wish.topics.length === 0) return { fragment: say(nothingChosen), status: 200 };
      const network = networkOf(c, config.access?.trustedProxies);
      const waitMs = await limiter.take({ network, block: blockOf(network) });
      if (waitMs !== null) {
        c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
        return { fragment: say('That were many previews. Please wait a moment and try again.'), status: 429 };
      }
      const preview = await previews.play(wish, clock.now());
      if (preview.ok) return { fragment: showEditions(preview.editions), status: 200 };
      if (preview.reason === 'failed')
        log?.error({ error: preview.message }, 'a preview could not be played');
      return {
        fragment: say(
          preview.reason === 'query'
            ? 'One of your own queries cannot be understood yet.'
            : 'The preview cannot be shown just now. It makes no difference to what you get.',
        ),
        status: preview.reason === 'query' ? 200 : 503,
      };
    },
  };
}

/**
 * Where the fragment goes: inside the form, by htmx whenever something in it changes, `path` being what answers with
 * the fragment alone. Without scripts a button shows it with the page, which is at `page` and gets `act=preview`.
 */
export function previewPlace(page: string, path: string, fragment: Html | null): Html {
  return html`<section class="preview" aria-labelledby="preview-title">
<h2 id="preview-title">What you would have got</h2>
<div id="preview" aria-live="polite" hx-post="${path}" hx-include="closest form" hx-trigger="${
    fragment === null ? 'load, ' : ''
  }input from:'closest form' delay:500ms" hx-target="this" hx-swap="innerHTML" hx-sync="this:replace">${
    fragment ?? html`<p class="hint">The last seven days, as your digest would have been.</p>`
  }</div>
<button class="quiet" name="act" value="preview" formaction="${page}#preview-title" formnovalidate data-without-scripts>Show preview</button>
</section>`;
}

function say(words: string): Html {
  return html`<p class="hint">${words}</p>`;
}

/** The seven days, the latest with papers unfolded. */
export function showEditions(editions: readonly PastEdition[]): Html {
  const papers = editions.reduce((sum, one) => sum + one.papers.length, 0);
  const mails = editions.filter((one) => one.papers.length > 0).length;
  if (papers === 0)
    return say(
      'Nothing in the last seven days. Either no new papers came in, or the topics are narrow, and broader ones bring more.',
    );
  const open = editions.findIndex((one) => one.papers.length > 0);
  return html`<p class="hint">In the last seven days: ${count(mails, 'mail')} with ${count(papers, 'paper')}.</p>
<ol class="past">${editions.map((edition, place) => html`<li>${showEdition(edition, place === open)}</li>`)}</ol>`;
}

function showEdition({ date, dueAt, papers, more }: PastEdition, open: boolean): Html {
  const day = html`<time datetime="${date}">${dates.format(Date.parse(`${date}T00:00:00Z`))}</time>`;
  if (papers.length === 0)
    return html`<p class="none">${day} <span>${dueAt === null ? 'no digest on this day' : 'nothing new, no mail'}</span></p>`;
  return html`<details${open ? html` open` : ''}><summary>${day} <span>${count(papers.length, 'paper')}</span></summary>
<ol>${papers.map(showPaper)}</ol>
${more > 0 ? html`<p class="hint">${count(more, 'further paper')} matched and did not fit.</p>` : ''}</details>`;
}

function showPaper({ title, key, paperUrl, note }: PastPaper): Html {
  const line = markLine(title, 200);
  const href = safeLink(paperUrl);
  const name = line ? raw(line.html) : key;
  return html`<li><span dir="auto">${href ? html`<a href="${href}" rel="noopener nofollow">${name}</a>` : name}</span>
<small>${viewWhy(note, 'en').line}</small></li>`;
}

const dates = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  timeZone: 'UTC',
});

function count(number: number, one: string): string {
  return `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;
}
