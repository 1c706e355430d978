import type { Card, CardCache, Why } from './cards.ts';
import type { Digest, DigestPaper } from './digest.ts';
import type { Part } from './own-lines.ts';
import type { Piece } from './pieces.ts';
import { writePreheader, writeSubject } from './subject.ts';
import type { CompiledTemplates } from './templates.ts';
import { type EditionView, type Site, viewEdition } from './view.ts';

/** A fragment that everyone with the same edition gets, or one that is filled with a subscriber's own links. */
export type Slot = string | FillOwn;
/** `feedbackUrl` as the part of the mail needs it: escaped for HTML. */
export type FillOwn = (view: EditionView, feedbackUrl: string) => string;

/** All of a mail but its reader's own links: the same for everyone with the same papers, notes, date and locale. */
export interface SharedEdition {
  cards: Card[];
  whys: Why[];
  subject: string;
  preheader: string;
  view: EditionView;
  html: Slots;
  text: Slots;
  /** UTF-8 bytes of the HTML that is shared. */
  htmlBytes: number;
  /** Mails rendered from it. */
  uses: number;
  /** Used so often that its fragments go out joined. */
  joined: boolean;
}

export interface Slots {
  parts: Slot[];
  /** The same with neighbouring shared fragments joined. */
  runs: Slot[];
}

/** How many papers are told in full, and how many at all (the rest of them brief). */
export interface Extent {
  full: number;
  shown: number;
}

/** Editions joined at one time, and after how many mails: joined, an edition shares no encoded card with others. */
const JOINED_AT_ONCE = 48;
const USES_TO_JOIN = 32;
const joined: SharedEdition[] = [];

/** Variants kept of one list of papers: its dates, locales and counts of what did not fit. */
const VARIANTS_KEPT = 50;

const kept = new WeakMap<object, { cache: CardCache; variants: Map<string, SharedEdition> }>();

/**
 * The digest's shared part with every paper in full. A frozen list of papers promises that nothing in it will
 * change, so what was made for it is kept as long as the list itself is in use.
 */
export function shareEdition(
  templates: CompiledTemplates,
  cache: CardCache,
  digest: Digest,
  site: Site,
): SharedEdition {
  const make = () => {
    const { locale } = digest;
    const span = digest.occasion === 'week' ? 'week' : 'day';
    const hasFeedback = digest.links.feedback !== undefined;
    const cards = digest.papers.map(({ paper }) => cache.card(paper, locale, hasFeedback));
    const whys = digest.papers.map(({ note }) => cache.why(note, locale, span));
    return cutEdition(templates, cards, whys, digest, site, { full: cards.length, shown: cards.length });
  };
  if (!Object.isFrozen(digest.papers)) return make();
  let known = kept.get(digest.papers);
  if (known?.cache !== cache) {
    known = { cache, variants: new Map() };
    kept.set(digest.papers, known);
  }
  const { sender, postalAddress } = site;
  const key = `${digest.editionDate} ${digest.locale} ${digest.occasion} ${digest.more} ${digest.links.feedback !== undefined}\n${digest.links.home}\n${sender.name}\n${sender.address}\n${postalAddress ?? ''}`;
  let shared = known.variants.get(key);
  if (!shared) {
    shared = make();
    if (known.variants.size >= VARIANTS_KEPT) known.variants.clear();
    known.variants.set(key, shared);
  }
  if (++shared.uses >= USES_TO_JOIN && !shared.joined) join(shared);
  return shared;
}

function join(edition: SharedEdition): void {
  edition.joined = true;
  joined.push(edition);
  if (joined.length <= JOINED_AT_ONCE) return;
  const oldest = joined.shift() as SharedEdition;
  oldest.joined = false;
  oldest.uses = 0;
}

/** The shared part of a mail that tells of as many papers as `extent` says. */
export function cutEdition(
  templates: CompiledTemplates,
  cards: Card[],
  whys: Why[],
  digest: Digest,
  site: Site,
  { full, shown }: Extent,
): SharedEdition {
  const titles = cards.map((card) => card.title);
  const preheader = writePreheader(titles, cards[0]?.summary ?? null, digest.locale);
  const view = viewEdition(digest, site, preheader, digest.more + cards.length - shown);
  const html = fillShared(templates.html.top, view);
  const text = fillShared(templates.text.top, view);
  for (let index = 0; index < shown; index++) {
    const card = cards[index] as Card;
    const why = whys[index] as Why;
    const { position } = digest.papers[index] as DigestPaper;
    const place = ([before, after]: Card['html'], why: string) => [
      ...before.map((part) => placePart(part, position)),
      why,
      ...after.map((part) => placePart(part, position)),
    ];
    if (index < full) html.push(...place(card.html, why.html));
    else html.push(card.brief.html);
    text.push(...place(card.text, why.text));
  }
  html.push(...fillShared(templates.html.bottom, view));
  text.push(...fillShared(templates.text.bottom, view));
  return {
    cards,
    whys,
    subject: writeSubject(titles, digest),
    preheader: view.preheader,
    view,
    html: { parts: html.filter(Boolean), runs: joinShared(html) },
    text: { parts: text.filter(Boolean), runs: joinShared(text) },
    htmlBytes: bytesOf(html),
    uses: 0,
    joined: false,
  };
}

function placePart(part: Part, position: number): Slot {
  return typeof part === 'string' ? part : (_view, feedbackUrl) => part.join(`${feedbackUrl}/${position}`);
}

function fillShared(pieces: Piece[], view: EditionView): Slot[] {
  return pieces.map((piece) => ('fixed' in piece ? piece.fixed : piece.own ? piece.fill : piece.fill(view)));
}

/** By `+`, which V8 defers until someone reads the whole: the wire takes the fragments. */
function joinShared(slots: Slot[]): Slot[] {
  const runs: Slot[] = [];
  for (const slot of slots) {
    const last = runs.at(-1);
    if (typeof slot === 'string' && typeof last === 'string') runs[runs.length - 1] = last + slot;
    else runs.push(slot);
  }
  return runs;
}

function bytesOf(slots: Slot[]): number {
  let bytes = 0;
  for (const slot of slots) if (typeof slot === 'string') bytes += Buffer.byteLength(slot);
  return bytes;
}
