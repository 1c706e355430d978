import { escapeHtml } from '../tex/escape.ts';
import { htmlOf, plainOf, type ReadableLine, readLine } from '../tex/readable.ts';
import type { Shown } from '../tex/shown.ts';
import { cleanLine } from './clean.ts';
import { summarize } from './summary.ts';

/** Longer outside text is cut before it is read. */
const RAW_LENGTH = 8000;

/** Text in both its forms: a template that escapes shows the HTML, whose markup is ours alone; others the text. */
export class MarkedText {
  readonly text: string;
  readonly html: string;

  constructor(text: string, html: string) {
    this.text = text;
    this.html = html;
  }

  toString(): string {
    return this.text;
  }

  /** What Handlebars asks for where it escapes. */
  toHTML(): string {
    return this.html;
  }
}

/** A title's one line, at most `maxLength` characters of its plain form; null when nothing is left. */
export function markLine(raw: string, maxLength: number): MarkedText | null {
  return mark(raw, (line) => cleanLine(line, maxLength));
}

/**
 * What a card says of a paper, from its source's summary or its abstract; null when there is neither. The abstract may have
 * been read already: that takes longest.
 */
export function markSummary(tldr: string | null, abstract: string | ReadableLine | null): MarkedText | null {
  const cut = (summary: string | null) => cleanLine(summary ?? '', summary?.length ?? 0);
  const own = tldr === null ? null : mark(tldr, (line) => cut(summarize(line, null)));
  return own ?? (abstract === null ? null : mark(abstract, (line) => cut(summarize(null, line))));
}

function mark(raw: string | ReadableLine, cut: (line: string) => string): MarkedText | null {
  const { line, formulas } = typeof raw === 'string' ? readLine(raw.slice(0, RAW_LENGTH)) : raw;
  const shown = cut(line);
  const text = plainOf(shown, formulas);
  return text === '' ? null : new MarkedText(text, htmlOf(shown, formulas.map(keepTogether)));
}

/** So long a formula may still move to the next line as a whole. */
const KEPT_LENGTH = 24;

/** A short formula is not broken: `1 − δ` stays on one line. Its markup holds no spaces. */
function keepTogether(formula: Shown): Shown {
  if (formula.text.length > KEPT_LENGTH || !formula.html.includes(' ')) return formula;
  return { ...formula, html: formula.html.replaceAll(' ', '\u00A0') };
}

/** Stands in for a title that says nothing. */
export function markKey(key: string): MarkedText {
  const text = cleanLine(key, 200);
  return new MarkedText(text, escapeHtml(text));
}
