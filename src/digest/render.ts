import { escapeHtml } from '../tex/escape.ts';
import { type Card, CardCache, type Why } from './cards.ts';
import { type Digest, isMail, type RenderedMail } from './digest.ts';
import { type Fragment, wholeOf } from './fragments.ts';
import { writeHeaders } from './headers.ts';
import { fillOwn, type OwnLinks } from './own-lines.ts';
import { cutEdition, type Extent, type SharedEdition, type Slot, shareEdition } from './shared.ts';
import type { CompiledTemplates } from './templates.ts';
import type { Site } from './view.ts';

/** A rendered mail, and the fragments it is made of: one where an edition has many readers. */
export interface RenderedDigest extends RenderedMail {
  htmlParts: Fragment[];
  textParts: Fragment[];
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
  const links = linksOf(digest, (link) => link);
  const escaped = linksOf(digest, escapeHtml);
  const excess = htmlBytesOf(shared, escaped) - MAX_HTML_BYTES;
  if (excess > 0) {
    const { cards, whys } = shared;
    const sizes = digest.papers.map(({ position }, index) => {
      const { html, briefHtml } = cards[index] as Card;
      const parts = [...html[0], (whys[index] as Why).html, ...html[1]];
      const slots = parts.map((part) => ({ part, position: String(position) }));
      return {
        full: Buffer.byteLength(wholeOf(fill(slots, escaped))),
        brief: Buffer.byteLength(briefHtml),
      };
    });
    shared = cutEdition(templates, cards, whys, digest, site, fit(sizes, excess));
  }
  const { joined, html, text } = shared;
  const htmlParts = joined ? [fillOwn(joined.html, escaped)] : fill(html, escaped);
  const textParts = joined ? [fillOwn(joined.text, links)] : fill(text, links);
  return {
    subject: shared.subject,
    preheader: shared.preheader,
    // The wire takes the fragments: nobody puts them together for a mail that is only sent.
    get html() {
      return wholeOf(htmlParts);
    },
    get text() {
      return wholeOf(textParts);
    },
    htmlParts,
    textParts,
    headers: writeHeaders(digest, site),
  };
}

function linksOf({ links }: Digest, write: (link: string) => string): OwnLinks {
  return {
    preferences: write(links.preferences),
    unsubscribe: write(links.unsubscribe),
    view: write(links.view ?? ''),
    feedback: write(links.feedback ?? ''),
  };
}

function htmlBytesOf({ htmlBytes, ownLinks }: SharedEdition, links: OwnLinks): number {
  let bytes = htmlBytes;
  for (const [name, times] of ownLinks) bytes += times * Buffer.byteLength(links[name]);
  return bytes;
}

function fill(slots: Slot[], links: OwnLinks): Fragment[] {
  return slots.map(({ part, position }) =>
    typeof part === 'string' ? part : fillOwn(part, links, position),
  );
}

/** A paper's bytes of HTML, told in full and in brief. */
interface Size {
  full: number;
  brief: number;
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
