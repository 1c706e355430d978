import type { Pieces } from './pieces.ts';
import type { CardView, EditionView } from './view.ts';
import type { WhyView } from './why.ts';

const edition: EditionView = {
  lang: 'en',
  dir: 'ltr',
  start: 'left',
  end: 'right',
  title: 't',
  preheader: 'p',
  date: 'd',
  dateLang: 'en',
  inside: 'i',
  more: 'm',
  reason: 'r',
  sentBy: 's',
  postalAddress: '1 Try Street',
  homeUrl: 'https://h.example/',
  preferencesUrl: 'https://p.example/',
  unsubscribeUrl: 'https://u.example/',
  viewUrl: 'https://v.example/',
  openUrl: 'https://o.example/',
  counted: 'c',
  colon: ':',
  words: { preferences: 'p', change: 'c', seeMore: 'm', unsubscribe: 'u', viewInBrowser: 'v' },
};
const card: CardView = {
  brief: false,
  start: 'left',
  end: 'right',
  colon: ':',
  title: 't',
  href: 'https://t.example/',
  authors: 'a',
  summary: 's',
  links: [{ number: 1, kind: 'paper', label: 'l', href: 'https://l.example/' }],
  feedback: [{ number: 2, kind: 'more', label: 'f', href: 'https://f.example/' }],
};
const why: WhyView = { topics: 't', spark: '▁', trend: 't', rising: 'r', liked: 'k', line: 'l' };

/** What stands around the papers may take so much, so that the mail stays far from where Gmail clips it. */
const MOST_BYTES = 40_000;

/**
 * Fills every piece once, so that what cannot be filled shows when the program starts and not in the night. What is
 * wrong, or null: also when there is no way to the preferences or out, or no room for papers.
 */
export function tryPieces(pieces: Pieces): string | null {
  let filled = '';
  try {
    for (const piece of [...pieces.top, ...pieces.bottom])
      filled += 'fixed' in piece ? piece.fixed : piece.fill(edition);
    for (const fill of [pieces.beforeWhy, pieces.afterWhy]) fill?.(card);
    pieces.why?.(why);
  } catch (error) {
    return (error as Error).message;
  }
  for (const name of ['preferencesUrl', 'unsubscribeUrl', 'postalAddress'] as const)
    if (!filled.includes(edition[name] as string)) return `a digest must hold {{${name}}}`;
  const bytes = Buffer.byteLength(filled);
  if (bytes <= MOST_BYTES) return null;
  return `what stands around the papers takes ${bytes} bytes; more than ${MOST_BYTES} leaves too little room for them`;
}
