/** A stretch in both its forms: plain text, and HTML of `<i>`, `<sub>`, `<sup>` and escaped text alone. */
export interface Shown {
  text: string;
  html: string;
}

/**
 * What a part of a formula is to its neighbours. `word`: a function's name or a sum sign, apart from letters and
 * digits; `ratio`: a fraction; `root`: open at its right; `rel`, `bin`: operators with something on both sides.
 */
export type Kind = 'ord' | 'word' | 'ratio' | 'root' | 'rel' | 'bin' | 'open' | 'close' | 'punct' | 'space';

export interface Token extends Shown {
  kind: Kind;
}

/** The tokens in a row. `tight`: in scripts, fractions and roots, without space around operators. */
export function join(tokens: readonly Token[], tight: boolean): Shown {
  let text = '';
  let html = '';
  let previous: Token | undefined;
  let spaced = false;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'space') {
      spaced = true;
      continue;
    }
    const shown = { ...token, kind: kindHere(previous, token, tokens.slice(at + 1, at + 4)) };
    if (previous) {
      if (hasGap(previous, shown, spaced, tight)) {
        text += ' ';
        html += ' ';
      } else if (/[_^][\p{L}\p{N}]+$/u.test(text.slice(-40)) && /^[\p{L}\p{N}]/u.test(shown.text))
        text += ' ';
    }
    text += shown.text;
    html += shown.html;
    previous = shown;
    spaced = false;
  }
  return { text, html: html.replaceAll('</i><i>', '') };
}

/** An operator without something on both sides is a sign: `−1`, `×` in `2×`, `(+)`. */
function kindHere(previous: Token | undefined, token: Token, rest: readonly Token[]): Kind {
  if (token.kind !== 'rel' && token.kind !== 'bin') return token.kind;
  const next = rest.find(({ kind }) => kind !== 'space');
  if (!next || next.kind === 'close' || next.kind === 'punct') return 'ord';
  const signs = token.kind === 'bin' ? /^(?:rel|bin|open|punct|word)$/ : /^(?:rel|bin|open)$/;
  return !previous || signs.test(previous.kind) ? 'open' : token.kind;
}

function hasGap(left: Token, right: Token, spaced: boolean, tight: boolean): boolean {
  if (left.kind === 'open' || right.kind === 'close' || right.kind === 'punct') return false;
  if (isOperator(left) || isOperator(right)) return !tight && !(isOperator(left) && isOperator(right));
  // `4:1`, but `f: X → Y`.
  if (left.kind === 'punct') return spaced || (!tight && !(left.text === ':' && /^\d/.test(right.text)));
  if (spaced) return true;
  const opensWord = /^[\p{Lu}\p{Ll}\p{Lo}\p{Nd}√−±¬]/u.test(right.text);
  if (left.kind === 'word') return opensWord || right.kind === 'word' || right.kind === 'ratio';
  if (right.kind === 'word') return left.kind === 'close' || /[\p{L}\p{N}]\P{L}?$/u.test(left.text);
  if (left.kind === 'ratio') return opensWord || right.kind !== 'ord';
  if (left.kind === 'root') return opensWord;
  return right.kind === 'ratio';
}

function isOperator(token: Token): boolean {
  return token.kind === 'rel' || token.kind === 'bin';
}
