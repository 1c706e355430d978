import { html, raw } from 'hono/html';
import type { PastEdition, PastPaper } from '../../delivery/previews.ts';
import { safeLink } from '../../digest/clean.ts';
import { markLine } from '../../digest/marked-text.ts';
import { viewWhy } from '../../digest/why.ts';
import type { Html } from '../shell/page.ts';

/** A preview as a page shows it. */
export interface ShownPreview {
  /** All of it in one sentence: that alone is read out when it changes. */
  told: string;
  /** What to make of that. */
  hint?: string;
  /** Latest first. */
  editions?: readonly PastEdition[];
}

/**
 * Where a preview stands: inside the form; htmx asks for it whenever something in that changes, `path` being what answers
 * with `previewFragment`. Without scripts a button shows it with the page, which is at `page` and gets `act=preview`.
 */
export function previewPlace(page: string, path: string, shown: ShownPreview | null): Html {
  return html`<section class="preview" aria-labelledby="preview-title">
<h2 id="preview-title">What you would have got</h2>
<p class="hint told"><span id="preview-told" role="status">${
    shown?.told ?? 'The last seven days, as your digest would have been.'
  }</span> <a href="#preview-title">See more</a></p>
<div id="preview" hx-post="${path}" hx-include="closest form" hx-trigger="${
    shown === null ? 'load, ' : ''
  }input from:'closest form' delay:500ms" hx-target="this" hx-swap="innerHTML swapEmpty:true" hx-sync="this:replace">${
    shown === null ? '' : showRest(shown)
  }</div>
<button class="quiet" name="act" value="preview" formaction="${page}#preview-title" formnovalidate data-without-scripts>Show preview</button>
</section>`;
}

/** What htmx puts into `previewPlace`: a screen reader tells a change only of what was on the page before. */
export function previewFragment(shown: ShownPreview): Html {
  return html`<span id="preview-told" hx-swap-oob="innerHTML">${shown.told}</span>${showRest(shown)}`;
}

/** What digests would have held, told and listed. */
export function showEditions(editions: readonly PastEdition[]): ShownPreview {
  const papers = editions.reduce((sum, one) => sum + one.papers.length, 0);
  const mails = editions.filter((one) => one.papers.length > 0).length;
  return papers === 0
    ? {
        told: 'Nothing in the last seven days.',
        hint: 'Either no new papers came in, or the topics are narrow, and broader ones bring more.',
      }
    : { told: `In the last seven days: ${count(mails, 'mail')} with ${count(papers, 'paper')}.`, editions };
}

/** The days, the latest with papers unfolded. */
function showRest({ hint, editions = [] }: ShownPreview): Html {
  const open = editions.findIndex((one) => one.papers.length > 0);
  return html`${hint === undefined ? '' : html`<p class="hint">${hint}</p>`}${
    editions.length === 0
      ? ''
      : html`<ol class="past">${editions.map((edition, place) => html`<li>${showEdition(edition, place === open)}</li>`)}</ol>`
  }`;
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
