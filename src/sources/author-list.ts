const suffix = /^(?:jr|sr|ii|iii|iv|v|ph\.?\s?d|m\.?\s?d|esq)\.?$/i;

/**
 * Splits arXiv's author line, one comma-joined string with raw TeX (`P. Andr\'e, J. {Smith, Jr.}, A. Roe, Jr.`).
 * Commas in braces, brackets or parentheses (affiliations) do not split; `Jr.`, `III` and the like stay with
 * the name before. Names as they came.
 */
export function splitAuthors(line: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let begin = 0;
  const take = (end: number): void => {
    const name = line.slice(begin, end).replace(/\s+/g, ' ').trim();
    begin = end + 1;
    if (name === '') return;
    if (suffix.test(name) && names.length > 0) names[names.length - 1] += `, ${name}`;
    else names.push(name);
  };
  for (let at = 0; at < line.length; at += 1) {
    const mark = line[at] as string;
    if (mark === '\\') at += 1;
    else if ('{[('.includes(mark)) depth += 1;
    else if ('}])'.includes(mark)) depth = Math.max(0, depth - 1);
    else if (mark === ',' && depth === 0) take(at);
  }
  // Brackets that never close would swallow the rest of the authors: then the commas decide alone.
  if (depth > 0) return line.split(',').flatMap((name) => name.replace(/\s+/g, ' ').trim() || []);
  take(line.length);
  return names;
}
