import { type Card, CardCache, type Why } from './cards.ts';
import type { Digest, RenderedMail } from './digest.ts';
import { writeHeaders } from './headers.ts';
import type { Piece } from './pieces.ts';
import { writePreheader, writeSubject } from './subject.ts';
import type { CompiledTemplates } from './templates.ts';
import { type EditionView, type Site, viewEdition } from './view.ts';

/** A rendered mail and the fragments it is made of, each ending in LF; those that recur are the identical string. */
export interface RenderedDigest extends RenderedMail {
  htmlParts: string[];
  textParts: string[];
}

/** Gmail clips a mail at 102 KB and hides its footer. UTF-8 bytes. */
export const MAX_HTML_BYTES = 88_000;

const caches = new WeakMap<CompiledTemplates, CardCache>();

/** The cards rendered with these templates so far. */
export function cardsOf(templates: CompiledTemplates): CardCache {
  let cache = caches.get(templates);
  if (!cache) {
    cache = new CardCache(templates.html, templates.text);
    caches.set(templates, cache);
  }
  return cache;
}

/**
 * A frozen digest as a mail: the one function behind send, preview and test-send. Same input, same
 * bytes. Where the HTML would grow beyond `MAX_HTML_BYTES`, the last papers keep title and authors only.
 * Throws HeaderError when a link of ours is not http(s), RangeError when there is no paper.
 */
export function renderDigest(templates: CompiledTemplates, digest: Digest, site: Site): RenderedDigest {
  if (digest.papers.length === 0) throw new RangeError('A digest without papers is not a mail.');
  const cache = cardsOf(templates);
  const { locale } = digest;
  const cards = digest.papers.map(({ paper }) => cache.card(paper, locale));
  const whys = digest.papers.map(({ note }) => cache.why(note, locale));
  const titles = cards.map((card) => card.title);
  const preheader = writePreheader(titles, cards[0]?.summary ?? null, locale);

  let view = viewEdition(digest, site, preheader, digest.more);
  let top = fill(templates.html.top, view);
  let bottom = fill(templates.html.bottom, view);
  const { full, shown } = fit(cards, whys, MAX_HTML_BYTES - bytesOf(top) - bytesOf(bottom));
  if (shown < cards.length) {
    view = viewEdition(digest, site, preheader, digest.more + cards.length - shown);
    top = fill(templates.html.top, view);
    bottom = fill(templates.html.bottom, view);
  }

  const htmlParts = top;
  const textParts = fill(templates.text.top, view);
  for (let index = 0; index < shown; index++) {
    const card = cards[index] as Card;
    const why = whys[index] as Why;
    if (index < full) htmlParts.push(card.html[0], why.html, card.html[1]);
    else htmlParts.push(card.brief.html);
    textParts.push(card.text[0], why.text, card.text[1]);
  }
  htmlParts.push(...bottom);
  textParts.push(...fill(templates.text.bottom, view));
  return {
    subject: writeSubject(titles, locale),
    preheader,
    html: concatenate(htmlParts),
    text: concatenate(textParts),
    htmlParts: htmlParts.filter(Boolean),
    textParts: textParts.filter(Boolean),
    headers: writeHeaders(digest, site),
  };
}

function fill(pieces: Piece[], view: EditionView): string[] {
  return pieces.map((piece) => ('fixed' in piece ? piece.fixed : piece.fill(view)));
}

/** By `+`, which V8 defers until someone reads the whole: the wire takes the fragments. */
function concatenate(parts: string[]): string {
  let whole = '';
  for (const part of parts) whole += part;
  return whole;
}

function bytesOf(parts: string[]): number {
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}

/** How many papers fit into `room` bytes in full, and how many at all (the rest of them brief). */
function fit(cards: Card[], whys: Why[], room: number): { full: number; shown: number } {
  const fullBytes = (index: number) => (cards[index]?.htmlBytes ?? 0) + (whys[index]?.htmlBytes ?? 0);
  const briefBytes = (index: number) => cards[index]?.brief.htmlBytes ?? 0;
  let bytes = 0;
  for (let index = 0; index < cards.length; index++) bytes += fullBytes(index);
  let full = cards.length;
  while (bytes > room && full > 0) {
    full--;
    bytes += briefBytes(full) - fullBytes(full);
  }
  let shown = cards.length;
  while (bytes > room && shown > 1) bytes -= briefBytes(--shown);
  return { full, shown };
}
