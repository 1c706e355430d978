import { escapeHtml } from './escape.ts';
import type { Shown } from './shown.ts';

/**
 * A line of readable text in which each formula stands as a run of private characters, as long as its plain form:
 * so it can be searched for sentences, cut and cleaned like any text before it is given one of its two forms.
 */
export interface ReadableLine {
  line: string;
  formulas: readonly Shown[];
}

/** The private characters that stand for formulas: one of 0x1800 from the first on, then fillers. */
export const first = 0xe000;
export const filler = '\uf8ff';
export const most = 0x1800;
const runs = /[\ue000-\uf7ff]\uf8ff*/g;
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Private characters of the source, which mean nothing to others, as what shows that something stood there. */
export function withoutPrivate(text: string): string {
  return text.replace(/[\ue000-\uf8ff]/g, '\ufffd');
}

/** The plain form of a line, whole or a part of it; a formula that was cut through is left out. */
export function plainOf(line: string, formulas: readonly Shown[]): string {
  return fill(
    line,
    formulas,
    (text) => text,
    (shown) => shown.text,
  );
}

/** As HTML of `<i>`, `<sub>` and `<sup>` alone; everything else is escaped. */
export function htmlOf(line: string, formulas: readonly Shown[]): string {
  return fill(line, formulas, escapeHtml, (shown) => shown.html);
}

function fill(
  line: string,
  formulas: readonly Shown[],
  prose: (text: string) => string,
  form: (shown: Shown) => string,
): string {
  // Among letters that run right to left, a formula keeps its own order (UAX #9).
  const [opens, closes] = rightToLeft.test(line) ? ['\u2066', '\u2069'] : ['', ''];
  let out = '';
  let from = 0;
  for (const { 0: run, index } of line.matchAll(runs)) {
    const shown = formulas[run.charCodeAt(0) - first];
    const isWhole = shown?.text.length === run.length;
    const before = line.slice(from, index);
    out += prose(isWhole ? before : before.trimEnd()) + (isWhole ? opens + form(shown) + closes : '');
    from = index + run.length;
  }
  return out + prose(line.slice(from).replaceAll(filler, ''));
}
