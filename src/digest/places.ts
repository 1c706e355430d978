/** Where something stands in a source; both count from 1. */
export interface LineColumn {
  line: number;
  column: number;
}

export function placeAt(source: string, at: number): LineColumn {
  const lines = source.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1) as string).length + 1 };
}

/**
 * Where an attribute of an element stands that begins in this line; where the element does when no attribute is asked
 * for, or it has none of that name. Null: there is no such element.
 */
export function findElement(
  source: string,
  { line, name, attribute }: { line: number; name: string; attribute: string | null },
): LineColumn | null {
  const start = source.split('\n', line - 1).join('\n').length;
  const end = source.indexOf('\n', start + 1);
  const elements = new RegExp(`<${name}(?![\\w-])(?:"[^"]*"|'[^']*'|[^"'>])*`, 'g');
  elements.lastIndex = start;
  let first: number | null = null;
  for (let found = elements.exec(source); found !== null; found = elements.exec(source)) {
    if (end >= 0 && found.index >= end) break;
    first ??= found.index;
    for (const { 0: word, index } of found[0].matchAll(/"[^"]*"|'[^']*'|[^\s"'<>/=]+/g))
      if (word === attribute) return placeAt(source, found.index + index);
  }
  return first === null ? null : placeAt(source, first);
}
