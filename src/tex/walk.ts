import { escapeHtml } from './escape.ts';
import { type MathNode, textOf } from './mathml.ts';
import { accented, accents, plainLetters, script } from './scripts.ts';
import { join, type Kind, type Shown, type Token } from './shown.ts';

/** A formula's MathML in one line: `O(n^(2/3)√T)`, and `<i>O</i>(<i>n</i><sup>2/3</sup>√<i>T</i>)`. */
export function showMath(node: MathNode): Shown {
  return join(tokensOf(node), false);
}

function tokensOf(node: MathNode): Token[] {
  const { name, children } = node;
  const [first, second, third] = children;
  switch (name) {
    case 'mi':
      return identifier(node);
    case 'mo':
      return operator(node);
    case 'mn':
      return leaf('ord', textOf(node));
    case 'mtext':
    case '':
      return words(textOf(node));
    case 'mspace':
      return /width="(?:0?\.(?:1[5-9]|[2-9])|[1-9])/.test(node.attributes) ? [space] : [];
    case 'mphantom':
    case 'annotation':
      return [];
    case 'mfrac':
      return [fraction(node, first, second)];
    case 'msqrt':
      return [root(children, null)];
    case 'mroot':
      return [root(first ? [first] : [], second ?? null)];
    case 'msub':
    case 'munder':
      return scripted(first, second, undefined);
    case 'msup':
    case 'mover':
      return scripted(first, undefined, second);
    case 'msubsup':
    case 'munderover':
      return scripted(first, second, third);
    case 'menclose': {
      const content = children.flatMap(tokensOf);
      return node.attributes.includes('"top"') ? [overline(content)] : content;
    }
    case 'mtable':
      return children.flatMap((row, at) => [...(at > 0 ? leaf('punct', ';') : []), ...tokensOf(row)]);
    case 'mtd':
      return [space, ...row(node)];
    default:
      return row(node);
  }
}

const space: Token = { kind: 'space', text: '', html: '' };

/** One after the other; `:=` is one sign. */
function row(node: MathNode): Token[] {
  const tokens: Token[] = [];
  for (const token of node.children.flatMap(tokensOf)) {
    if (token.text === '=' && tokens.at(-1)?.text === ':') tokens.splice(-1, 1, ...leaf('rel', ':='));
    else tokens.push(token);
  }
  return tokens;
}

function leaf(kind: Kind, raw: string): Token[] {
  const text = plainLetters(raw);
  return text === '' ? [] : [{ kind, text, html: escapeHtml(text) }];
}

function identifier(node: MathNode): Token[] {
  const raw = textOf(node);
  const [token] = leaf(
    /^[\p{Ll}\p{Lu}]{2,}$/u.test(raw) || raw === 'arg max' || raw === 'arg min' ? 'word' : 'ord',
    raw,
  );
  if (!token) return [];
  const isItalic =
    !node.attributes.includes('"normal"') &&
    /^(?:[A-Za-zα-ωϵϑϕϱϖ]|[\u{1d434}-\u{1d503}ℬℰℱℋℐℒℳℛℯℊℴℎ])$/u.test(raw);
  return [isItalic ? { ...token, html: `<i>${token.html}</i>` } : token];
}

const binary = /^[+−±∓×÷·⋅∗⋆∪∩⊎⊓⊔∖∧∨⊕⊖⊗⊙⋊⋉∘•*]$/;
const big = /^[∑∏∐∫∬∭∮⋃⋂⨁⨂⋁⋀⨆⨄]$/;
const sign = /^[!′″‴∂∇¬∀∃∄…⋯⋮⋱%/'.#&@√∞]+$/;

function operator(node: MathNode): Token[] {
  const raw = textOf(node).replace('∣', '|').replace('⋅', '·').replace('∗', '*').replace('ˆ', '^');
  const kind = (): Kind => {
    if (/^[,;:]$/.test(raw)) return 'punct';
    if (/^[([{⟨⌈⌊]$/.test(raw)) return 'open';
    if (/^[)\]}⟩⌉⌋]$/.test(raw)) return 'close';
    if (/fence="true"/.test(node.attributes) && /^[|‖/\\]$/.test(raw))
      return node.attributes.includes('prefix') ? 'open' : 'close';
    if (/^[|‖]$/.test(raw)) return node.attributes.includes('lspace="0.2') ? 'rel' : 'ord';
    if (big.test(raw) || /^\p{L}{2,}/u.test(raw)) return 'word';
    if (binary.test(raw)) return 'bin';
    return sign.test(raw) || raw === '' ? 'ord' : 'rel';
  };
  return leaf(kind(), raw);
}

/** Text within mathematics keeps its own spaces; a command that nobody knows is its name. */
function words(raw: string): Token[] {
  const name = /^\\([A-Za-z]+)$/.exec(raw)?.[1];
  if (name !== undefined) return leaf('word', name);
  const text = raw.replace(/[\s\u00a0]+/g, ' ');
  const inner = leaf('ord', text.trim());
  return [...(text.startsWith(' ') ? [space] : []), ...inner, ...(text.endsWith(' ') ? [space] : [])];
}

function fraction(node: MathNode, over: MathNode | undefined, under: MathNode | undefined): Token {
  const [above, below] = [tight(over), tight(under)];
  if (node.attributes.includes('linethickness="0'))
    return {
      kind: 'ord',
      text: `${above.text} choose ${below.text}`,
      html: `${above.html} choose ${below.html}`,
    };
  // `p(1−p)/2`, but `1/(2c)`.
  const left = /^[\p{L}\p{Nd}]+\([^()]*\)$/u.test(above.text) ? above : parenthesised(above);
  const right = parenthesised(below);
  return { kind: 'ratio', text: `${left.text}/${right.text}`, html: `${left.html}/${right.html}` };
}

function root(content: MathNode[], index: MathNode | null): Token {
  const inner = join(content.flatMap(tokensOf), true);
  const shown = /^[\p{L}\p{N}]*$/u.test(inner.text) ? inner : wrapped(inner);
  const order = index && tight(index);
  return {
    kind: 'root',
    text: `${order ? script('^', order.text).replace(/^\^/, '') : ''}√${shown.text}`,
    html: `${order ? `<sup>${order.html}</sup>` : ''}√${shown.html}`,
  };
}

function tight(node: MathNode | undefined): Shown {
  return node ? join(tokensOf(node), true) : { text: '', html: '' };
}

/** A fraction's part, in parentheses unless it is one number, name, root or group. */
function parenthesised(shown: Shown): Shown {
  const simple =
    /^[−√]?[∂Δ∇]?[\p{L}\p{N}.,%∞]*[⁰¹²³⁴-⁹ⁿ₀-₉′ᵀ]*$/u.test(shown.text) ||
    /^√?(?:\([^()]*\)|\|[^|]*\||‖[^‖]*‖)$/u.test(shown.text);
  return simple && !/^\d+\p{L}|\p{L}{2}/u.test(shown.text) ? shown : wrapped(shown);
}

function wrapped({ text, html }: Shown): Shown {
  return { text: `(${text})`, html: `(${html})` };
}

function scripted(
  base: MathNode | undefined,
  low: MathNode | undefined,
  high: MathNode | undefined,
): Token[] {
  const content = base ? tokensOf(base) : [];
  const kind = content.length === 1 ? (content[0]?.kind ?? 'ord') : (content.at(-1)?.kind ?? 'ord');
  const over = high && textOf(high);
  // A mark above or below: an accent, or a line or brace over several letters, which no text has.
  if (over !== undefined && low === undefined && accents.has(over))
    return [marked(join(content, false), accents.get(over) ?? '')];
  const marks = /^(?:[⏟⏞⎵⎴‾_→←↔¯]|\u20d7)$/;
  if (
    base?.name !== 'mo' &&
    ((low && marks.test(textOf(low)) && !high) || (over && marks.test(over) && !low))
  )
    return content;
  const rest = content.slice(0, -1);
  const shown = join(content.slice(-1), false);
  const sub = tight(low);
  const sup = tight(high);
  const primes =
    /^[′″‴†‡°]+/u.exec(sup.text)?.[0] ?? (sup.text === '∘' && /\d$|^$/.test(shown.text) ? '°' : '');
  const raised =
    primes === ''
      ? sup
      : {
          text: sup.text.slice(primes === '°' ? 1 : primes.length),
          html: sup.html.slice(primes === '°' ? 1 : primes.length),
        };
  const text = shown.text + primes + script('_', sub.text) + script('^', raised.text);
  const html =
    shown.html +
    primes +
    (sub.html && `<sub>${sub.html}</sub>`) +
    (raised.html && `<sup>${raised.html}</sup>`);
  return [...rest, { kind, text, html }];
}

function marked(shown: Shown, mark: string): Token {
  const text = accented(shown.text, mark);
  return { kind: 'ord', text, html: text === shown.text ? shown.html : shown.html.replace(shown.text, text) };
}

/** A line over a few letters stays, over more it is left out. */
function overline(content: Token[]): Token {
  const shown = join(content, true);
  const drawn = /^\p{L}{2,4}$/u.test(shown.text) ? shown.text.replace(/./gu, '$&\u0305') : null;
  if (drawn === null) return marked(shown, '\u0304');
  return { kind: 'ord', text: drawn, html: shown.html.replace(shown.text, drawn) };
}
