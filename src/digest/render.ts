import { escapeHtml } from '../tex/escape.ts';
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
  const feedbackUrl = digest.links.feedback ?? '';
  const feedbackHtml = escapeHtml(feedbackUrl);
  let html = fillOwn(shared.html, view, feedbackHtml, shared.joined);
  const excess = shared.htmlBytes + html.ownBytes - MAX_HTML_BYTES;
  if (excess > 0) {
    const { cards, whys } = shared;
    const sizes = digest.papers.map(({ position }, index) =>
      sizeOf(cards[index] as Card, whys[index] as Why, `${feedbackHtml}/${position}`),
    );
    shared = cutEdition(templates, cards, whys, digest, site, fit(sizes, excess));
    view = addLinks(shared.view, digest);
    html = fillOwn(shared.html, view, feedbackHtml, false);
  }
  const text = fillOwn(shared.text, view, feedbackUrl, shared.joined);
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
  return {
    ...view,
    preferencesUrl: links.preferences,
    unsubscribeUrl: links.unsubscribe,
    viewUrl: links.view ?? null,
  };
}

function fillOwn(
  slots: Slots,
  view: EditionView,
  feedbackUrl: string,
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
      filled = run(view, feedbackUrl);
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

/** A paper's bytes of HTML, told in full and in brief. */
interface Size {
  full: number;
  brief: number;
}

function sizeOf(card: Card, why: Why, ownLink: string): Size {
  const full = card.htmlBytes + why.htmlBytes + card.ownLinks * Buffer.byteLength(ownLink);
  return { full, brief: card.brief.htmlBytes };
}

/** How many papers can stay in full, and how many at all, to save `excess` bytes. */
function fit(sizes: Size[], excess: number): Extent {
  let left = excess;
  let full = sizes.length;
  while (left > 0 && full > 0) {
    const { full: inFull, brief } = sizes[--full] as Size;
    left -= inFull - brief;
  }
  let shown = sizes.length;
  while (left > 0 && shown > 1) left -= (sizes[--shown] as Size).brief;
  return { full, shown };
}
