import type { Card, CardCache, Why } from './cards.ts';
import type { Digest } from './digest.ts';
import { cutOwn, joinParts, type OwnLines, type OwnLinks, type Part } from './own-lines.ts';
import type { Piece } from './pieces.ts';
import { writePreheader, writeSubject } from './subject.ts';
import type { CompiledTemplates } from './templates.ts';
import { type EditionView, type Site, viewEdition } from './view.ts';

/** A part of a mail, and the place of the paper it is about; empty for what is around the papers. */
export interface Slot {
  part: Part;
  position: string;
}

/** All of a mail but its reader's own links: the same for everyone with the same papers, notes, date and locale. */
export interface SharedEdition {
  cards: Card[];
  whys: Why[];
  subject: string;
  preheader: string;
  html: Slot[];
  text: Slot[];
  /** UTF-8 bytes of the HTML that is shared, and how often each of the reader's own links is in it. */
  htmlBytes: number;
  ownLinks: Map<keyof OwnLinks, number>;
  /** Mails rendered from it. */
  uses: number;
  /** Used so often that each part goes out as one fragment. */
  joined: { html: OwnLines; text: OwnLines } | null;
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
    const countedUrl = site.counting?.clicks ? `${digest.links.home}to/${digest.editionDate}` : null;
    const cards = digest.papers.map(({ paper }) => cache.card(paper, locale, hasFeedback, countedUrl));
    const whys = digest.papers.map(({ note }) => cache.why(note, locale, span));
    return cutEdition(templates, cards, whys, digest, site, { full: cards.length, shown: cards.length });
  };
  if (!Object.isFrozen(digest.papers)) return make();
  let known = kept.get(digest.papers);
  if (known?.cache !== cache) {
    known = { cache, variants: new Map() };
    kept.set(digest.papers, known);
  }
  const { sender, postalAddress, counting } = site;
  const key = `${digest.editionDate} ${digest.locale} ${digest.occasion} ${digest.more} ${digest.links.view !== undefined} ${digest.links.feedback !== undefined} ${counting?.clicks} ${counting?.opens}\n${digest.links.home}\n${sender.name}\n${sender.address}\n${postalAddress ?? ''}`;
  let shared = known.variants.get(key);
  if (!shared) {
    shared = make();
    if (known.variants.size >= VARIANTS_KEPT) known.variants.clear();
    known.variants.set(key, shared);
  }
  if (++shared.uses >= USES_TO_JOIN && shared.joined === null) join(shared);
  return shared;
}

function join(edition: SharedEdition): void {
  edition.joined = { html: joinParts(edition.html), text: joinParts(edition.text) };
  joined.push(edition);
  if (joined.length <= JOINED_AT_ONCE) return;
  const oldest = joined.shift() as SharedEdition;
  oldest.joined = null;
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
  const html = fillPieces(templates.html.top, view);
  const text = fillPieces(templates.text.top, view);
  for (let index = 0; index < shown; index++) {
    const card = cards[index] as Card;
    const why = whys[index] as Why;
    const position = String(digest.papers[index]?.position);
    const place = (parts: Part[]) => parts.filter(Boolean).map((part) => ({ part, position }));
    if (index < full) html.push(...place([...card.html[0], why.html, ...card.html[1]]));
    else html.push(...place([card.briefHtml]));
    text.push(...place([...card.text[0], why.text, ...card.text[1]]));
  }
  html.push(...fillPieces(templates.html.bottom, view));
  text.push(...fillPieces(templates.text.bottom, view));
  return {
    cards,
    whys,
    subject: writeSubject(titles, digest),
    preheader: view.preheader,
    html,
    text,
    ...weigh(html),
    uses: 0,
    joined: null,
  };
}

function fillPieces(pieces: Piece[], view: EditionView): Slot[] {
  return pieces
    .flatMap((piece): Part[] => ('fixed' in piece ? [piece.fixed] : cutOwn(piece.fill(view))))
    .filter(Boolean)
    .map((part) => ({ part, position: '' }));
}

function weigh(slots: Slot[]): Pick<SharedEdition, 'htmlBytes' | 'ownLinks'> {
  const { around, gaps } = joinParts(slots);
  const ownLinks: SharedEdition['ownLinks'] = new Map();
  for (const name of gaps) ownLinks.set(name, (ownLinks.get(name) ?? 0) + 1);
  return { htmlBytes: Buffer.byteLength(around.join('')), ownLinks };
}
