import { splitWords } from './words.ts';

/** Finds papers by author. Built once over the candidates; documents are their positions, 0… */
export interface AuthorIndex {
  /** Documents one of whose authors bears all these names, in any order; ascending. */
  find(name: string, prefix: boolean): number[];
}

/**
 * `au:` compares names, not words of the list: all parts must belong to one author, in any order
 * (`Hinton Geoffrey`, `hinton_g`), accents and case do not count, a single letter is an initial. With
 * `prefix` the last part may go on.
 */
export function buildAuthorIndex(authorsOfDocuments: readonly (readonly string[])[]): AuthorIndex {
  const names = authorsOfDocuments.map((authors) => authors.slice(0, 5000).map(splitWords));
  const byPart = new Map<string, number[]>();
  names.forEach((authors, document) => {
    for (const part of authors.flat()) {
      const list = byPart.get(part);
      if (!list) byPart.set(part, [document]);
      else if (list.at(-1) !== document) list.push(document);
    }
  });

  return {
    find(name, prefix) {
      const parts = splitWords(name.replaceAll('_', ' '));
      const open = prefix ? parts.length - 1 : -1;
      const anchor = parts
        .filter((part, index) => index !== open && part.length > 1)
        .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
      const pool = anchor === '' ? names.keys() : (byPart.get(anchor) ?? []);
      const bears = (author: string[]) => parts.length <= author.length && fits(parts, open, author);
      return [...pool].filter((document) => names[document]?.some(bears));
    },
  };
}

/** Each part stands for a name of its own; full names are placed before initials. */
function fits(parts: string[], open: number, author: string[]): boolean {
  const free = [...author];
  const inOrder = parts
    .map((part, index) => ({ part, loose: index === open || part.length === 1 }))
    .sort((a, b) => Number(a.loose) - Number(b.loose) || b.part.length - a.part.length);
  return inOrder.every(({ part, loose }) => {
    const at = loose ? free.findIndex((name) => name.startsWith(part)) : free.indexOf(part);
    if (at >= 0) free.splice(at, 1);
    return at >= 0;
  });
}
