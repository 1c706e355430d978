import { placeAt } from './places.ts';
import type { Place } from './tags.ts';
import { kindOf, templateTag } from './template-tags.ts';

/**
 * Whether the markup of a template holds together and its tags stand where what they show stays text: between elements
 * or in a quoted attribute. Escaping for HTML protects nothing else.
 */
export function checkMarkup(source: string): Place[] {
  return new MarkupReader(source).read();
}

/** Without an end of their own; `mj-raw` is often put around half a block, and mjml itself sees to it. */
const unclosed = new Set(
  'area base br col embed hr img input link meta mj-raw param source track wbr'.split(' '),
);
const raw = new Set(['script', 'style', 'mj-style']);
/** Attributes whose values are followed as links. */
const links = new Set(['href', 'src', 'action', 'background', 'background-url']);
/** What may be shown in a style, as none of it comes from outside. */
const ours = new Set(['start', 'end', 'dir', 'lang']);

const openTag = /<([a-zA-Z][\w:-]*)/y;
const closeTag = /<\/([a-zA-Z][\w:-]*)\s*>/y;
const attribute = /([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?/y;
const blank = /\s+/y;

class MarkupReader {
  readonly #source: string;
  readonly #problems: Place[] = [];
  /** Elements that are open; `{{` stands for a block, which has to close what it opens. */
  readonly #open: { name: string; at: number }[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Place[] {
    while (this.#at < this.#source.length) this.#readNext();
    for (const { name, at } of this.#open) if (name !== '{{') this.#report(at, `<${name}> is never closed`);
    return this.#problems;
  }

  #readNext(): void {
    const start = this.#at;
    const tag = this.#take(templateTag);
    const close = tag ? null : this.#take(closeTag);
    const open = tag || close ? null : this.#take(openTag);
    if (tag) this.#readTemplateTag(tag[0], start);
    else if (close) this.#close((close[1] as string).toLowerCase(), start);
    else if (open) this.#readElement((open[1] as string).toLowerCase(), start);
    else if (this.#source.startsWith('<!--', start)) this.#readUntil('-->', 'a comment');
    else {
      const next = this.#source.slice(start + 1).search(/<|\{\{/);
      this.#at = next < 0 ? this.#source.length : start + 1 + next;
    }
  }

  #readTemplateTag(tag: string, at: number): void {
    const kind = kindOf(tag);
    if (kind === 'open') this.#open.push({ name: '{{', at });
    if (kind !== 'close' && kind !== 'else') return;
    while (this.#open.at(-1) && this.#open.at(-1)?.name !== '{{') {
      const left = this.#open.pop() as { name: string; at: number };
      this.#report(left.at, `<${left.name}> is not closed in the block that opens it`);
    }
    if (kind === 'close') this.#open.pop();
  }

  #close(name: string, at: number): void {
    if (unclosed.has(name)) return;
    if (this.#open.at(-1)?.name === name) {
      this.#open.pop();
      return;
    }
    const inBlock = this.#open.slice(this.#open.findLastIndex((one) => one.name === '{{') + 1);
    const found = inBlock.findLastIndex((one) => one.name === name);
    if (found < 0) {
      this.#report(at, `</${name}> closes nothing`);
      return;
    }
    for (const left of this.#open.splice(this.#open.length - inBlock.length + found).slice(1))
      this.#report(left.at, `<${left.name}> is not closed before </${name}>`);
  }

  #readElement(name: string, at: number): void {
    for (;;) {
      this.#take(blank);
      const start = this.#at;
      const tag = this.#take(templateTag);
      if (tag) {
        if (kindOf(tag[0]) === 'show')
          this.#report(start, `${tag[0]} stands in <${name}> outside of quotation marks`);
        continue;
      }
      if (this.#source.startsWith('/>', start)) {
        this.#at += 2;
        return;
      }
      if (this.#source[start] === '>') {
        this.#at++;
        break;
      }
      const found = this.#take(attribute);
      if (!found) {
        this.#report(at, `<${name}> does not end`);
        this.#at = Math.max(this.#at, start + 1);
        return;
      }
      this.#checkValue(found[1] as string, found[2] ?? '', start + found[0].length - (found[2]?.length ?? 0));
    }
    if (unclosed.has(name)) return;
    if (!raw.has(name)) {
      this.#open.push({ name, at });
      return;
    }
    if (name === 'script') this.#report(at, 'no mail reader runs scripts, and many refuse such a mail');
    this.#readUntil(`</${name}`, `<${name}>`);
    this.#take(/[^>]*>/y);
  }

  #checkValue(name: string, value: string, at: number): void {
    const quoted = /^["']/.test(value);
    for (const tag of value.matchAll(new RegExp(templateTag, 'g'))) {
      if (kindOf(tag[0]) !== 'show') continue;
      const field = /([\w.]+)\s*\}\}/.exec(tag[0])?.[1]?.split('.').at(-1) ?? '';
      const place = at + tag.index;
      if (!quoted) this.#report(place, `${tag[0]}: the value of ${name} needs quotation marks`);
      else if (/^on/i.test(name) || (name === 'style' && !ours.has(field)))
        this.#report(place, `${tag[0]} in ${name} would let text from outside act there`);
      else if (links.has(name) && !/^(?:href|url|\w+Url)$/.test(field))
        this.#report(place, `${tag[0]} in ${name} is no address`);
    }
  }

  /** What is neither text nor a quoted value may show nothing. */
  #readUntil(end: string, where: string): void {
    const start = this.#at;
    const found = this.#source.toLowerCase().indexOf(end, start);
    this.#at = found < 0 ? this.#source.length : found + end.length;
    if (found < 0) this.#report(start, `${where} does not end`);
    for (const tag of this.#source.slice(start, this.#at).matchAll(new RegExp(templateTag, 'g')))
      if (kindOf(tag[0]) === 'show')
        this.#report(start + tag.index, `${tag[0]} stands in ${where}, where it is not escaped`);
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #report(at: number, message: string): void {
    this.#problems.push({ ...placeAt(this.#source, at), message });
  }
}
