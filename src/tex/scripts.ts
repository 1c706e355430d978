const plain = '0123456789+-−=()abcdefghijklmnoprstuvwxyzT⊤∘′†‡';
const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵀ°′†‡';
const plainLow = '0123456789+-−=()aehijklmnoprstuvxβγρφχ';
const lowered = '₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ';

const superscripts = pair(plain, raised);
const subscripts = pair(plainLow, lowered);

function pair(from: string, to: string): Map<string, string> {
  const targets = [...to];
  return new Map([...from].map((char, at) => [char, targets[at] as string]));
}

/** What stands above or below the line: in Unicode's own characters when all of it has them, else `^(n·q)`, `_max`. */
export function script(kind: '^' | '_', content: string): string {
  const shown = content.trim();
  if (shown === '') return '';
  const known = kind === '^' ? superscripts : subscripts;
  const chars = [...shown.replace(/\s+/g, '')];
  const words = /[\p{L}\p{N}]\s+[\p{L}\p{N}]/u.test(shown);
  if (!words && chars.every((char) => known.has(char))) return chars.map((char) => known.get(char)).join('');
  const simple =
    kind === '^' ? /^(?:[\p{L}\p{N}]|[^\s\p{L}\p{N}()])$/u : /^[\p{Lu}\p{Ll}\p{Lo}\p{Nd}]+$|^.$/u;
  return simple.test(shown) ? `${kind}${shown}` : `${kind}(${shown})`;
}

/** Combining marks by the accent that MathML has over a letter. */
export const accents = new Map([
  ...pair(
    'ˆ^~˜ˉ¯‾˙¨ˇ˘ˊ´ˋ`˚→⃗',
    '\u0302\u0302\u0303\u0303\u0304\u0304\u0304\u0307\u0308\u030c\u0306\u0301\u0301\u0300\u0300\u030a\u20d7\u20d7',
  ),
]);

/**
 * Letters that every font has, for the bold, script and sans-serif ones of mathematics (`𝐱`, `𝒪`); double-struck
 * ones stay. Without control, format and private-use characters.
 */
export function plainLetters(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\s/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu, '')
    .replace(/[\u{1d400}-\u{1d537}\u{1d56c}-\u{1d7d7}\u{1d7e2}-\u{1d7ff}ℬℰℱℋℐℒℳℛℯℊℴℎ]/gu, (letter) =>
      letter.normalize('NFKC'),
    );
}

/** The mark over the text when that is one letter; over more the text alone. */
export function accented(text: string, mark: string): string {
  const base = text === 'ı' ? 'i' : text === 'ȷ' ? 'j' : text;
  return /^\p{L}\p{M}{0,2}$/u.test(base) || /^\p{N}$/u.test(base) ? (base + mark).normalize('NFC') : text;
}
