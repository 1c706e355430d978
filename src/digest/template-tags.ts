/** A template tag, `{{…}}`, with what it says. */
export const templateTag = /\{\{\{?(?:!--[\s\S]*?--|[\s\S]*?)\}\}\}?/y;

/** What a template tag does. */
export function kindOf(tag: string): 'open' | 'close' | 'else' | 'comment' | 'show' {
  if (/^\{\{~?!/.test(tag)) return 'comment';
  if (/^\{\{~?[#^]\s*\w/.test(tag)) return 'open';
  if (/^\{\{~?\//.test(tag)) return 'close';
  return /^\{\{~?\s*(?:else\b|\^)/.test(tag) ? 'else' : 'show';
}

/** The blocks that are opened and never closed, where nothing else is wrong with the tags; the outer ones first. */
export function findOpenBlocks(source: string): { tag: string; at: number }[] {
  const open: { tag: string; at: number }[] = [];
  for (const { 0: tag, index: at } of source.matchAll(new RegExp(templateTag, 'g'))) {
    const kind = kindOf(tag);
    if (kind === 'open') open.push({ tag, at });
    if (kind === 'close') open.pop();
  }
  return open;
}
