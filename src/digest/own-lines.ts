import type { Stencil } from './fragments.ts';

/**
 * A mail's text is rendered once for all who get it, with a mark where a link of one reader's own is to stand; cut at
 * the marks it becomes a stencil, into which each reader's links are filled. Nothing that is shown can hold a mark:
 * outside text comes without control characters.
 */
export const marks = {
  preferences: '\u0001',
  unsubscribe: '\u0002',
  view: '\u0003',
  feedback: '\u0004',
  /** A paper's place in the digest, which the links that ask about it name. */
  position: '\u0005',
} as const;
type Name = keyof typeof marks;

/** A reader's own links, as the part of the mail needs them: escaped for HTML. */
export type OwnLinks = Record<Exclude<Name, 'position'>, string>;

/** Lines with gaps, and what goes into each of them. */
export interface OwnLines<Gap extends Name = Name> {
  around: string[];
  gaps: Gap[];
}

/** What everyone gets as it is, or lines to fill. Each ends in LF. */
export type Part = string | OwnLines;

const nameOf = new Map(Object.entries(marks).map(([name, mark]) => [mark as string, name as Name]));
const anyMark = new RegExp(`([${Object.values(marks).join('')}])`);

/** Cuts a text that ends in LF into lines that everyone gets as they are and lines with marks. */
export function cutOwn(text: string): Part[] {
  if (!anyMark.test(text)) return [text];
  const runs: { text: string; own: boolean }[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    const own = anyMark.test(line);
    const last = runs.at(-1);
    if (last?.own === own) last.text += line;
    else runs.push({ text: line, own });
  }
  return runs.map((run) => (run.own ? cutAtMarks(run.text) : run.text));
}

function cutAtMarks(text: string): OwnLines {
  const cut = text.split(anyMark);
  return {
    around: cut.filter((_, index) => index % 2 === 0),
    gaps: cut.filter((_, index) => index % 2 === 1).map((mark) => nameOf.get(mark) as Name),
  };
}

/** Lines for one reader; `position` is that of the paper they are about, empty for all other lines. */
export function fillOwn({ around, gaps }: OwnLines, links: OwnLinks, position = ''): Stencil {
  return { around, fills: gaps.map((name) => (name === 'position' ? position : links[name])) };
}

/** Parts in one, with the place of the paper that each is about filled in. */
export function joinParts(parts: readonly { part: Part; position: string }[]): OwnLines<keyof OwnLinks> {
  const joined: OwnLines<keyof OwnLinks> = { around: [''], gaps: [] };
  const add = (text: string) => {
    joined.around[joined.around.length - 1] += text;
  };
  for (const { part, position } of parts) {
    if (typeof part === 'string') {
      add(part);
      continue;
    }
    for (const [index, text] of part.around.entries()) {
      const name = part.gaps[index - 1];
      if (name === 'position') add(position);
      else if (name !== undefined) {
        joined.gaps.push(name);
        joined.around.push('');
      }
      add(text);
    }
  }
  return joined;
}
