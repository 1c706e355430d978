import { showsTheSame } from '../digest/cards.ts';
import { cleanLine } from '../digest/clean.ts';
import { MarkedText, markSummary } from '../digest/marked-text.ts';
import { splitSentences } from '../digest/summary.ts';
import { type PaperView, viewPaper } from '../digest/view.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { htmlOf, plainOf, type ReadableLine, readLine } from '../tex/readable.ts';
import type { FindMarks, Stretch } from '../topics/mark-terms.ts';

/** A paper as the pages show it: TeX made readable, everything bounded, links only http(s). */
export interface ShownPaper extends Pick<PaperView, 'title' | 'href' | 'authors' | 'links'> {
  /** What a card says of it; null: nothing is known. */
  readonly summary: MarkedText | null;
  /** The whole abstract, by paragraph; empty: there is none. */
  readonly abstract: MarkedText[];
  /** The abstract, or else the summary, for looking things up in it. */
  readonly searched: ReadableLine & { readonly sentences: string[] };
}

/** More than any abstract. */
const maxAbstract = 8000;
const maxParagraph = 6000;
const kept = 3000;
const shown = new Map<number, { paper: StoredPaper; view: ShownPaper }>();

/**
 * The paper as the pages show it; made once, as long as what it shows stays the same: reading the TeX of an abstract
 * takes some tenths of a millisecond. The least recently shown go first.
 */
export function showPaper(paper: StoredPaper): ShownPaper {
  const known = shown.get(paper.id);
  const view =
    known && known.paper.key === paper.key && showsTheSame(known.paper, paper) ? known.view : makeView(paper);
  shown.delete(paper.id);
  shown.set(paper.id, { paper, view });
  if (shown.size > kept) shown.delete(shown.keys().next().value as number);
  return view;
}

/** Not all places show all of it: what takes long is made when it is asked for. */
function makeView(paper: StoredPaper): ShownPaper {
  const { title, href, authors, links } = viewPaper({ ...paper, tldr: null, abstract: null }, 'en');
  const read = once(() => readLine((paper.abstract ?? '').slice(0, maxAbstract)));
  const summary = once(() => markSummary(paper.tldr, paper.abstract === null ? null : read()));
  const abstract = once(() => paragraphsOf(read()));
  const searched = once(() => {
    const line = paper.abstract === null ? readLine((paper.tldr ?? '').slice(0, maxAbstract)) : read();
    return { ...line, sentences: splitSentences(line.line) };
  });
  return {
    ...{ title, href, authors, links },
    get summary() {
      return summary();
    },
    get abstract() {
      return abstract();
    },
    get searched() {
      return searched();
    },
  };
}

function once<Made>(make: () => Made): () => Made {
  let made: { value: Made } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function paragraphsOf({ line, formulas }: ReadableLine): MarkedText[] {
  return line.split(/\n{2,}/).flatMap((paragraph) => {
    const clean = cleanLine(paragraph, maxParagraph);
    return clean === '' ? [] : [new MarkedText(plainOf(clean, formulas), htmlOf(clean, formulas))];
  });
}

/** A piece of a text, as HTML of `<i>`, `<sub>` and `<sup>` alone, and whether a query found it. */
export interface Piece {
  html: string;
  isFound: boolean;
}

const titleLength = 300;
/** What is shown of an abstract around what was found: two or three lines. */
const excerptLength = 330;

/** The title with what a query found in it. */
export function markTitle(paper: StoredPaper, find: FindMarks): Piece[] {
  const { line, formulas } = readLine(paper.title.slice(0, maxAbstract));
  const clean = cleanLine(line, titleLength);
  if (clean === '') return [{ html: showPaper(paper).title.html, isFound: false }];
  return cut({ line: clean, formulas }, find('title', clean));
}

/** The sentences of the abstract (or summary) that hold most of what a query found; its beginning where none does. */
export function markExcerpt(paper: StoredPaper, find: FindMarks): Piece[] {
  const { line, formulas, sentences } = showPaper(paper).searched;
  const found = find('abstract', line);
  // Sentences stand in the line in order, but for white space.
  let at = 0;
  const counts = sentences.map((sentence) => {
    const begin = Math.max(at, line.indexOf(sentence.slice(0, 30), at));
    at = begin + sentence.length;
    return found.filter(({ from, to }) => from >= begin && to <= at).length;
  });
  const from = Math.max(0, counts.indexOf(Math.max(0, ...counts)));
  let excerpt = sentences[from] ?? '';
  for (const next of sentences.slice(from + 1)) {
    if (excerpt.length + 1 + next.length > excerptLength) break;
    excerpt += ` ${next}`;
  }
  // A long sentence is shown from where something was found on.
  const first = excerpt.length > excerptLength ? find('abstract', excerpt)[0] : undefined;
  const begin = first && first.to > excerptLength ? excerpt.lastIndexOf(' ', first.from - 60) + 1 : 0;
  const clean = cleanLine(excerpt.slice(begin), excerptLength);
  const opens = from > 0 || begin > 0 ? '… ' : '';
  if (clean === '') return [];
  const pieces = cut({ line: clean, formulas }, find('abstract', clean));
  return opens === '' ? pieces : [{ html: opens, isFound: false }, ...pieces];
}

/** Authors in one line with those that a query names. */
export function markNames(names: string, find: FindMarks): Piece[] {
  return cut({ line: names, formulas: [] }, find('authors', names));
}

function cut({ line, formulas }: ReadableLine, stretches: readonly Stretch[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const add = (to: number, isFound: boolean) => {
    if (to > at) pieces.push({ html: htmlOf(line.slice(at, to), formulas), isFound });
    at = Math.max(at, to);
  };
  for (const { from, to } of stretches) {
    add(from, false);
    add(to, true);
  }
  add(line.length, false);
  return pieces;
}
