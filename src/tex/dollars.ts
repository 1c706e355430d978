import { maxMathLength } from './mathml.ts';
import type { Range } from './source.ts';

/** The inside of `$…$` and where reading goes on. */
export interface Mathematics extends Range {
  end: number;
}

/**
 * The mathematics that a dollar sign opens; null when it is a price or stands alone. As in Pandoc, no space may
 * follow the opening one nor precede the closing one, and no digit may follow that; arXiv's authors do leave
 * spaces, so TeX between the two also counts, unless it reads as prose from a price to a price.
 */
export function mathematicsAt(text: string, at: number, to: number): Mathematics | null {
  const width = text[at + 1] === '$' ? 2 : 1;
  const from = at + width;
  const limit = Math.min(to, from + maxMathLength);
  let close = from;
  while (close < limit && text[close] !== '$') close += text[close] === '\\' ? 2 : 1;
  if (close >= limit || close === from) return null;
  if (width === 2 && text[close + 1] !== '$') return null;
  const content = text.slice(from, close);
  const end = close + width;
  if (/^\s*$|\n\s*\n/.test(content)) return null;
  if (width === 2) return { from, to: close, end };
  // A sign alone, such as `$+$9.0`, or `$ (X|Y) $`.
  if (/^\s*[^\s\p{L}\p{N}$]{1,3}\s*$/u.test(content)) return { from, to: close, end };
  const opensTight = !/^\s/.test(content);
  const closesTight = !/\s$/.test(content);
  const prose = /(?:^|\s)[a-z]{2,}\s/.test(content.replace(/\\[A-Za-z]+(?:\{[^{}]*\})?/g, ''));
  const balanced = (content.match(/[([]/g)?.length ?? 0) === (content.match(/[)\]]/g)?.length ?? 0);
  const isTex = /[\\^_{}=<>≤≥∈]/.test(content);
  if (opensTight && closesTight && !/\d/.test(text[end] ?? '') && (isTex || (!prose && balanced)))
    return { from, to: close, end };
  if (!prose && opensTight === closesTight && !/^\s*\d/.test(content) && (isTex || !opensTight))
    return { from, to: close, end };
  // A short sign in spaces, such as `$ n $`; or a sloppy edge, such as `$k $-means`.
  if (isTex ? !prose && !/^\d/.test(content) : /^\s*[\p{L}]\s*$/u.test(content))
    return { from, to: close, end };
  return null;
}
