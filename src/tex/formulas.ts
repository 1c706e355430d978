import { isRefused, parseMath, textOf } from './mathml.ts';
import { filler, first, htmlOf, most, plainOf } from './readable-line.ts';
import { script } from './scripts.ts';
import type { Shown } from './shown.ts';
import { showMath } from './walk.ts';

/** Longer emphasis is prose, and goes without. */
const maxEmphasis = 80;

/** The formulas of a text, and whatever else has a form of its own in HTML. */
export class Formulas {
  readonly kept: Shown[] = [];

  /** Keeps it and returns what stands for it in the line. */
  keep(shown: Shown): string {
    if (shown.text === '') return '';
    // A text with more is no abstract; these go without marks.
    if (this.kept.length >= most) return shown.text;
    this.kept.push(shown);
    return String.fromCharCode(first + this.kept.length - 1) + filler.repeat(shown.text.length - 1);
  }

  /** Both forms of a formula; null when it is none. */
  math(tex: string): Shown | null {
    const tree = parseMath(tex);
    return tree && showMath(tree);
  }

  /** Both forms of a command of mathematics; `unknown` when nobody knows one of it, null when it cannot be parsed. */
  command(tex: string): Shown | 'unknown' | null {
    if (isRefused(tex)) return 'unknown';
    const tree = parseMath(tex);
    return tree && (textOf(tree).includes('\\') ? 'unknown' : showMath(tree));
  }

  /** Both forms of a stretch that was read, without the space around it. */
  both(line: string): Shown {
    return { text: plainOf(line, this.kept).trim(), html: htmlOf(line, this.kept).trim() };
  }

  /** Keeps what stands above or below the line. */
  scripted(kind: '^' | '_', { text, html }: Shown): string {
    const tag = kind === '^' ? 'sup' : 'sub';
    return this.keep({ text: script(kind, text), html: `<${tag}>${html}</${tag}>` });
  }

  /** Keeps what is slanted, unless it is a sentence or long. */
  emphasised(line: string): string {
    if (line.trim() === '' || line.length > maxEmphasis || /[.!?]\s*$/.test(line)) return line;
    const [, before = '', content = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(line) ?? [];
    const { text, html } = this.both(content);
    const marked = this.keep({ text, html: `<i>${html.replace(/<\/?i>/g, '')}</i>` });
    return before + marked + after;
  }
}
