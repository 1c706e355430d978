const plain = '0123456789+-=()abcdefghijklmnoprstuvwxyzT⊤∘′†‡';
const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵀ°′†‡';
const plainLow = '0123456789+-=()aehijklmnoprstuvxβγρφχ';
const lowered = '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ';

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
  const simple = kind === '^' ? /^(?:[\p{L}\p{N}]|[^\s\p{L}\p{N}()])$/u : /^[\p{L}\p{N}]+$|^.$/u;
  return simple.test(shown) ? `${kind}${shown}` : `${kind}(${shown})`;
}

/** `ℝ` for `R`; text without such letters stays as it is. */
export function doubleStruck(text: string): string {
  const early: Record<string, string> = { C: 'ℂ', H: 'ℍ', N: 'ℕ', P: 'ℙ', Q: 'ℚ', R: 'ℝ', Z: 'ℤ' };
  return text.replace(/[A-Z0-9]/g, (char) => {
    const code = char.charCodeAt(0);
    return early[char] ?? String.fromCodePoint(code >= 65 ? 0x1d538 + code - 65 : 0x1d7d8 + code - 48);
  });
}

/** The mark over the text when that is one letter; over more the text alone. */
export function accented(text: string, mark: string): string {
  const base = text === 'ı' ? 'i' : text === 'ȷ' ? 'j' : text;
  return /^\p{L}\p{M}*$/u.test(base) || /^\p{N}$/u.test(base) ? (base + mark).normalize('NFC') : text;
}
