import type { StoredPaper } from '../papers/paper.ts';
import { shorten } from './clean.ts';
import type { Note } from './digest.ts';
import type { Span } from './figures.ts';
import { cutOwn, marks, type Part } from './own-lines.ts';
import type { Pieces } from './pieces.ts';
import { type CardView, countClicks, type PaperView, viewPaper } from './view.ts';
import { viewWhy } from './why.ts';

/** A paper's card, rendered: what stands before and after the line that says why. */
export interface Card {
  title: string;
  summary: string | null;
  html: [before: Part[], after: Part[]];
  text: [before: Part[], after: Part[]];
  /** Title and authors alone, for a mail that would grow too big. */
  briefHtml: string;
}

export interface Why {
  html: string;
  text: string;
}

/** Where a card's links begin that say one wants more or less of its kind. */
const FEEDBACK = `${marks.feedback}/${marks.position}`;

const CARDS_KEPT = 4000;
const WHYS_KEPT = 20_000;
const BRIEF_BYTES = 1200;

/**
 * Renders each paper's card once per language, and each why-line once: a plan's subscribers share them,
 * and get the identical strings. Bounded; the least recently used go first.
 */
export class CardCache {
  readonly #html: Pieces;
  readonly #text: Pieces;
  readonly #cards = new Map<string, { paper: StoredPaper; card: Card }>();
  readonly #whys = new Map<string, Why>();
  /** Cards rendered so far, for tests and benchmarks. */
  rendered = 0;

  constructor(html: Pieces, text: Pieces) {
    this.#html = html;
    this.#text = text;
  }

  /**
   * With links to say that one wants more or less of its kind, or without. In HTML the links to the paper itself go
   * by `countedUrl` where there is one; whoever reads the text sees where a link leads.
   */
  card(paper: StoredPaper, locale: string, hasFeedback: boolean, countedUrl: string | null = null): Card {
    const key = `${locale} ${hasFeedback} ${paper.id} ${paper.key} ${countedUrl ?? ''}`;
    const found = this.#cards.get(key);
    if (found && (found.paper === paper || showsTheSame(found.paper, paper))) {
      // Reading moves it to the young end; at each hit that would cost more than it saves.
      if (this.#cards.size > CARDS_KEPT / 2) touch(this.#cards, key, found);
      return found.card;
    }
    this.rendered++;
    const view = viewPaper(paper, locale, hasFeedback ? FEEDBACK : null);
    const card = this.#render(view, countedUrl === null ? view : countClicks(view, paper.id, countedUrl));
    this.#cards.delete(key);
    keep(this.#cards, key, { paper, card }, CARDS_KEPT);
    return card;
  }

  why(note: Note, locale: string, span: Span = 'day'): Why {
    let key = `${locale}\n${span}\n${note.rising}\n${note.moreLike ?? ''}`;
    for (const topic of note.topics) key += `\n${topic}`;
    for (const votes of note.votesByDay ?? []) key += ` ${votes}`;
    for (const { kind, value, sinceYesterday } of note.changes)
      key += `\n\n${kind} ${value} ${sinceYesterday}`;
    let why = this.#whys.get(key);
    if (!why) {
      const view = viewWhy(note, locale, span);
      const html = view.line === '' ? '' : (this.#html.why?.(view) ?? '');
      const text = view.line === '' ? '' : (this.#text.why?.(view) ?? '');
      why = { html, text };
      keep(this.#whys, key, why, WHYS_KEPT);
    }
    return why;
  }

  /** `clicked`: the view as HTML shows it. */
  #render(view: PaperView, clicked: PaperView): Card {
    const fill = (pieces: Pieces, card: CardView): [string, string] => [
      pieces.beforeWhy(card),
      pieces.afterWhy?.(card) ?? '',
    ];
    const cut = ([before, after]: [string, string]): [Part[], Part[]] => [cutOwn(before), cutOwn(after)];
    const bare = { ...clicked, brief: true, summary: null, links: [], feedback: [] };
    let briefHtml = fill(this.#html, { ...bare, title: shorten(view.title.text, 160) }).join('');
    if (Buffer.byteLength(briefHtml) > BRIEF_BYTES)
      briefHtml = fill(this.#html, {
        ...bare,
        title: shorten(view.title.text, 60),
        href: null,
        authors: null,
      }).join('');
    return {
      title: view.title.text,
      summary: view.summary?.text ?? null,
      html: cut(fill(this.#html, clicked)),
      text: cut(fill(this.#text, view)),
      briefHtml,
    };
  }
}

function touch<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.set(key, value);
  if (map.size <= limit) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

/** Whether two readings of a paper give the same card. */
export function showsTheSame(a: StoredPaper, b: StoredPaper): boolean {
  return (
    a.title === b.title &&
    a.tldr === b.tldr &&
    a.abstract === b.abstract &&
    a.paperUrl === b.paperUrl &&
    a.pdfUrl === b.pdfUrl &&
    a.codeUrl === b.codeUrl &&
    a.projectUrl === b.projectUrl &&
    a.authors.length === b.authors.length &&
    a.authors.every((author, index) => author === b.authors[index])
  );
}
