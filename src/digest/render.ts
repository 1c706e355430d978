import { type Card, CardCache, type Why } from './cards.ts';
import { type Digest, isMail, type RenderedMail } from './digest.ts';
import { writeHeaders } from './headers.ts';
import { cutEdition, type Extent, type Slots, shareEdition } from './shared.ts';
import type { CompiledTemplates } from './templates.ts';
import type { EditionView, Site } from './view.ts';

/**
 * A rendered mail and the fragments it is made of, each ending in LF; those that recur are the identical string.
 * Where an edition has many readers its fragments come joined to longer ones.
 */
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
 * What subscribers with the same papers share is made once for a `papers` list that is `Object.isFrozen`;
 * nothing in such a list may change. Throws HeaderError when a link of ours is not http(s), RangeError
 * when there is no paper and the occasion is not that there is none.
 */
export function renderDigest(templates: CompiledTemplates, digest: Digest, site: Site): RenderedDigest {
  if (!isMail(digest)) throw new RangeError('A digest without papers is not a mail, but on a quiet day.');
  let shared = shareEdition(templates, cardsOf(templates), digest, site);
  let view = addLinks(shared.view, digest);
  let html = fillOwn(shared.html, view, shared.joined);
  const around = shared.htmlBytes - shared.cardBytes + html.ownBytes;
  if (around + shared.cardBytes > MAX_HTML_BYTES) {
    const { cards, whys } = shared;
    const extent = fit(cards, whys, MAX_HTML_BYTES - around);
    shared = cutEdition(templates, cards, whys, digest, site, extent);
    view = addLinks(shared.view, digest);
    html = fillOwn(shared.html, view, false);
  }
  const text = fillOwn(shared.text, view, shared.joined);
  return {
    subject: shared.subject,
    preheader: shared.preheader,
    html: html.whole,
    text: text.whole,
    htmlParts: html.parts,
    textParts: text.parts,
    headers: writeHeaders(digest, site),
  };
}

function addLinks(view: EditionView, { links }: Digest): EditionView {
  return { ...view, preferencesUrl: links.preferences, unsubscribeUrl: links.unsubscribe };
}

function fillOwn(
  slots: Slots,
  view: EditionView,
  joined: boolean,
): { parts: string[]; whole: string; ownBytes: number } {
  const own: string[] = [];
  const runs: string[] = [];
  let whole = '';
  let ownBytes = 0;
  for (const run of slots.runs) {
    let filled: string;
    if (typeof run === 'string') filled = run;
    else {
      filled = run(view);
      own.push(filled);
      ownBytes += Buffer.byteLength(filled);
    }
    if (filled !== '') runs.push(filled);
    whole += filled;
  }
  if (joined) return { parts: runs, whole, ownBytes };
  let next = 0;
  const parts = slots.parts.map((slot) => (typeof slot === 'string' ? slot : (own[next++] ?? '')));
  return { parts: parts.filter(Boolean), whole, ownBytes };
}

/** How many papers fit into `room` bytes in full, and how many at all. */
function fit(cards: Card[], whys: Why[], room: number): Extent {
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
