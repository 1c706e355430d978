import { maxMathLength } from './mathml.ts';
import type { Range } from './source.ts';

const opening =
  /^\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|math|displaymath|cases|aligned|gathered|split|array|[pbvBV]?matrix|smallmatrix)\*?)\}/;
/** They only say that what they hold is mathematics, which may not stand within other mathematics. */
const plain = /^(?:equation|math|displaymath|multline)\*?$/;

/** The mathematics of an environment that begins at a backslash, and where reading goes on; null when it is none. */
export function environmentAt(text: string, at: number, to: number): (Range & { end: number }) | null {
  const name = opening.exec(text.slice(at, Math.min(to, at + 40)))?.[1];
  if (name === undefined) return null;
  const closing = `\\end{${name}}`;
  const from = at + `\\begin{${name}}`.length;
  const close = text.slice(from, Math.min(to, from + maxMathLength)).indexOf(closing);
  if (close < 0) return null;
  const end = from + close + closing.length;
  return plain.test(name) ? { from, to: from + close, end } : { from: at, to: end, end };
}
