import { html, raw } from 'hono/html';
import type { TrendNote } from '../../archive/note.ts';
import { type Piece, showPaper } from '../../archive/shown.ts';
import type { StoredPaper } from '../../papers/paper.ts';
import type { Span } from '../../store/trending.ts';
import type { Html } from '../shell/page.ts';
import { dayInWords, figuresOf } from './figures.ts';
import { paperPath } from './head.ts';
import { sparkline } from './sparkline.ts';

/** How a paper stands in a list. */
export interface Entry {
  paper: StoredPaper;
  note?: TrendNote;
  span?: Span;
  /** What a query found; left out: title, authors and summary as they are. */
  found?: { title: Piece[]; names: Piece[]; excerpt: Piece[] };
  /** Of the headings around it. */
  level?: 2 | 3;
}

/** A paper in a list: title, authors, what it says, where to read it, and how it trends. */
export function entry(base: string, { paper, note, span = 'day', found, level = 3 }: Entry): Html {
  const shown = showPaper(paper);
  const id = `paper-${paper.id}`;
  const title = html`<a href="${base}${paperPath(paper.key)}">${found ? pieces(found.title) : raw(shown.title.html)}</a>`;
  const names = found && found.names.length > 0 ? pieces(found.names) : shown.authors;
  return html`<li><article class="entry" aria-labelledby="${id}">
${level === 2 ? html`<h2 id="${id}">${title}</h2>` : html`<h3 id="${id}">${title}</h3>`}
${names ? html`<p class="byline">${names}</p>` : ''}
${note ? trendLine(note, span) : ''}
<div class="said">
${found ? excerpt(found.excerpt) : shown.summary ? html`<p>${raw(shown.summary.html)}</p>` : ''}
${found ? '' : abstractOf(shown)}
</div>
<p class="links">${paperLinks(shown)}${whenIt(paper)}</p>
</article></li>
`;
}

/** Where a paper can be read, and when it came out. */
export function paperLinks({ links }: { links: { label: string; href: string }[] }): Html[] {
  return links.map(({ label, href }) => html`<a href="${href}" rel="noopener nofollow">${label}</a> `);
}

function whenIt(paper: StoredPaper): Html {
  const at = paper.announcedAt ?? paper.publishedAt ?? paper.firstSeenAt;
  return html`<time datetime="${new Date(at).toISOString().slice(0, 10)}">${dayInWords(at)}</time>`;
}

/** The whole abstract, folded up; nothing where the summary is all of it. */
function abstractOf({ abstract, summary }: ReturnType<typeof showPaper>): Html | '' {
  const [only, ...others] = abstract;
  if (!only || (others.length === 0 && only.text === summary?.text)) return '';
  return html`<details><summary>Abstract</summary>${abstract.map((part) => html`<p>${raw(part.html)}</p>`)}</details>`;
}

function excerpt(found: Piece[]): Html | '' {
  return found.length > 0 ? html`<p>${pieces(found)}</p>` : '';
}

/** Pieces made of escaped text and a few tags of ours, what was found marked. */
export function pieces(list: readonly Piece[]): Html[] {
  return list.map((piece) =>
    piece.isFound ? html`<mark>${raw(piece.html)}</mark>` : html`${raw(piece.html)}`,
  );
}

/** Votes and stars with what they gained, a picture of the last days, and what a topic found. */
export function trendLine(note: TrendNote, span: Span): Html | '' {
  const figures = figuresOf(note, span);
  const spark = sparkline(note.votesByDay);
  if (figures.length === 0 && !spark && !note.rising) return '';
  return html`<p class="trend">${spark ?? ''}${note.rising ? html`<strong class="rising">Rising</strong> ` : ''}${figures.map(
    ({ value, unit, gained }) =>
      html`<span class="figure"><b>${value}</b> ${unit}${gained ? html` <span class="gain">${gained}</span>` : ''}</span> `,
  )}</p>`;
}
