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
  const slots: Slot[] = [];
  for (const piece of pieces)
    for (const part of 'fixed' in piece ? [piece.fixed] : filledParts(piece, view))
      if (part !== '') slots.push({ part, position: '' });
  return slots;
}

/** Ways in which a piece was filled lately: most lines around the papers are the same in many editions. */
const WAYS_KEPT = 300;
const filled = new WeakMap<Piece, Map<string, Part[]>>();

/** The identical parts where a piece is filled with the same values again, so that they are encoded once. */
function filledParts(piece: Exclude<Piece, { fixed: string }>, view: EditionView): Part[] {
  if (piece.names === null) return cutOwn(piece.fill(view));
  let known = filled.get(piece);
  if (!known) {
    known = new Map();
    filled.set(piece, known);
  }
  const key = valuesOf(view, piece.names);
  let parts = known.get(key);
  if (!parts) {
    parts = cutOwn(piece.fill(view));
    if (known.size >= WAYS_KEPT) known.clear();
    known.set(key, parts);
  }
  return parts;
}

/** What is shown holds no control characters of these. */
function valuesOf(view: EditionView, names: readonly string[]): string {
  let values = '';
  for (const name of names) {
    const value = (view as unknown as Record<string, unknown>)[name];
    if (value === null || value === undefined) values += '\u001d';
    else if (typeof value === 'object') values += Object.values(value).join('\u001e');
    else values += String(value);
    values += '\u001f';
  }
  return values;
}

function weigh(slots: Slot[]): Pick<SharedEdition, 'htmlBytes' | 'ownLinks'> {
  const ownLinks: SharedEdition['ownLinks'] = new Map();
  let htmlBytes = 0;
  for (const { part, position } of slots) {
    if (typeof part === 'string') {
      htmlBytes += Buffer.byteLength(part);
      continue;
    }
    const { bytes, gaps } = weighOwn(part);
    htmlBytes += bytes;
    for (const [name, times] of gaps)
      if (name === 'position') htmlBytes += times * position.length;
      else ownLinks.set(name, (ownLinks.get(name) ?? 0) + times);
  }
  return { htmlBytes, ownLinks };
}

interface OwnWeight {
  /** UTF-8, of what stands around the gaps. */
  bytes: number;
  gaps: Map<OwnLines['gaps'][number], number>;
}

const weighed = new WeakMap<OwnLines, OwnWeight>();

function weighOwn(part: OwnLines): OwnWeight {
  let weight = weighed.get(part);
  if (!weight) {
    const gaps: OwnWeight['gaps'] = new Map();
    for (const name of part.gaps) gaps.set(name, (gaps.get(name) ?? 0) + 1);
    weight = { bytes: part.around.reduce((sum, text) => sum + Buffer.byteLength(text), 0), gaps };
    weighed.set(part, weight);
  }
  return weight;
}
