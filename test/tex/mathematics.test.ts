import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlOf, plainOf, readLine } from '../../src/tex/readable.ts';

function both(raw: string): [text: string, html: string] {
  const { line, formulas } = readLine(raw);
  return [plainOf(line, formulas), htmlOf(line, formulas)];
}

describe('a formula in both its forms', () => {
  it.each([
    ['O(n^{2/3}\\sqrt{T})', 'O(n^(2/3)√T)', '<i>O</i>(<i>n</i><sup>2/3</sup>√<i>T</i>)'],
    ['\\ell_1', 'ℓ₁', 'ℓ<sub>1</sub>'],
    ['\\epsilon\\le 10^{-3}', 'ϵ ≤ 10⁻³', '<i>ϵ</i> ≤ 10<sup>−3</sup>'],
    ['x^{y^z}', 'x^(yᶻ)', '<i>x</i><sup><i>y</i><sup><i>z</i></sup></sup>'],
    ["f''(x), x'^2", 'f′′(x), x′²', '<i>f</i>′′(<i>x</i>), <i>x</i>′<sup>2</sup>'],
    ['\\mathbf{x}\\in\\mathbb{R}^d', 'x ∈ ℝᵈ', 'x ∈ ℝ<sup><i>d</i></sup>'],
    ['a<b>c', 'a < b > c', '<i>a</i> &lt; <i>b</i> &gt; <i>c</i>'],
    ['\\hat{x}+\\overline{AB}', 'x̂ + A̅B̅', '<i>x̂</i> + <i>A̅B̅</i>'],
    ['\\text{if }x>0', 'if x > 0', 'if <i>x</i> &gt; 0'],
    [
      '\\sum_{i=1}^n x_i',
      '∑ᵢ₌₁ⁿ xᵢ',
      '∑<sub><i>i</i>=1</sub><sup><i>n</i></sup> <i>x</i><sub><i>i</i></sub>',
    ],
    ['CO_2', 'CO₂', '<i>CO</i><sub>2</sub>'],
    ['\\ce{CO2}', 'CO₂', 'CO<sub>2</sub>'],
  ])('%s', (tex, text, html) => {
    expect(both(`$${tex}$`)).toEqual([text, html]);
  });

  it.each([
    ['n\\log n+m\\log^2 n', 'n log n + m log² n'],
    ['\\mathcal{O}(\\sqrt{\\log n}/\\epsilon^2)', 'O(√(log n)/ϵ²)'],
    ['\\left.\\frac{\\partial f}{\\partial x}\\right|_{x=0}', '∂f/∂x|ₓ₌₀'],
    ['\\frac{1}{2}x+\\frac{a+b}{2c}(x)', '1/2 x + (a+b)/(2c) (x)'],
    ['\\sqrt[3]{x}y', '³√x y'],
    ['k=-1, x:=y, f:X\\to Y, 4:1', 'k = −1, x := y, f: X → Y, 4:1'],
    ['\\lim_{n\\to\\infty}a_n', 'lim_(n→∞) aₙ'],
    ['\\operatorname*{arg\\,max}_x f', 'arg maxₓ f'],
    ['x\\bmod n, y\\pmod n', 'x mod n, y (mod n)'],
    ['P(a\\mid b), |a|, \\|x\\|_2^2', 'P(a | b), |a|, ‖x‖₂²'],
    ['x_{i,j}y^{\\alpha q}', 'x_(i,j)y^(αq)'],
    ['x_by', 'x_b y'],
    ['1.5\\,\\mathrm{km}\\,\\mathrm{s}^{-1}', '1.5 km s⁻¹'],
    ['90^\\circ, A^\\top, A^*, a^\\dagger', '90°, Aᵀ, A^*, a†'],
    ['\\binom{n}{k}', '(n choose k)'],
    ['f(x)=\\begin{cases}a&b\\\\c&d\\end{cases}', 'f(x) = {a b; c d'],
    ['\\begin{aligned}x&=1\\\\y&=2\\end{aligned}', 'x = 1; y = 2'],
    ['\\eps\\le\\myname{x}\\text{\\unknown}', 'ϵ ≤ myname x unknown'],
    ['50%', '50%'],
    ['\\tfrac{p(1-p)}{2}, \\mathbb{F}_{p^m}, \\textit{higher}', 'p(1−p)/2, 𝔽_(pᵐ), higher'],
    ['\\href{https://b.org/x-y}{b.org/x-y}', 'https://b.org/x-y'],
  ])('%s is %s', (tex, text) => {
    expect(both(`$${tex}$`)[0]).toBe(text);
  });

  it.each([
    ['\\begin{equation*}x\\leq y\\end{equation*} so', 'x ≤ y so'],
    ['\\begin{align}a&=b\\\\c&=d\\end{align}', 'a = b; c = d'],
    ['\\begin{eqnarray}a&=&b\\end{eqnarray}', 'a = b'],
    ['\\[x^2\\] and $$y^2$$', 'x² and y²'],
  ])('is found in %s', (raw, text) => {
    expect(both(raw)[0]).toBe(text);
  });

  it.each(['$\\frac{a}$', '$a^b^c$', '$\\def\\a{b}\\a$', '$\\left( a$', '\\begin{align}a', '$\\char"202E$'])(
    'that cannot be parsed stays as it came: %s',
    (raw) => {
      const [text, html] = both(raw);
      expect(text).toContain(raw.replace(/^\\begin\{align\}/, ''));
      expect(html.replaceAll('&quot;', '"')).toBe(text);
    },
  );
});

describe('text beside mathematics', () => {
  it('is slanted where it is emphasised, and escaped', () => {
    expect(both('\\emph{E. coli} & {\\it two $n^2$} <b> \\textbf{c}')[1]).toBe(
      '<i>E. coli</i> &amp; <i>two n<sup>2</sup></i> &lt;b&gt; c',
    );
  });

  it('keeps scripts whose mathematics was lost upstream', () => {
    expect(both('S^{2}FT in 10^-3 s, CO\\textsubscript{2}')).toEqual([
      'S²FT in 10⁻³ s, CO₂',
      'S<sup>2</sup>FT in 10<sup>−3</sup> s, CO<sub>2</sub>',
    ]);
  });
});

/** Formulas whose letters, digits and operators are known, whatever stands around them. */
const formula = fc.letrec<{ expression: string[]; atom: string[] }>((tie) => ({
  atom: fc.oneof(
    { depthSize: 'small' },
    fc.stringMatching(/^[a-zA-Z]$/).map((letter) => [letter]),
    fc.stringMatching(/^[1-9][0-9]{0,2}$/).map((digits) => [digits]),
    tie('expression').map((inner) => ['\\frac{', ...inner, '}{', ...inner, '}']),
    tie('expression').map((inner) => ['\\sqrt{', ...inner, '}']),
    tie('expression').map((inner) => ['\\left(', ...inner, '\\right)']),
    tie('expression').map((inner) => ['{v}^{', ...inner, '}']),
    tie('expression').map((inner) => ['{v}_{', ...inner, '}']),
    tie('expression').map((inner) => ['\\mathbf{', ...inner, '}']),
  ),
  expression: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('+', '-', '=', '\\leq ', '\\times ', '\\cup ', '\\to ')), {
      minLength: 1,
      maxLength: 3,
    })
    .map((terms) => terms.flatMap(([atom, sign], at) => (at > 0 ? [sign, ...atom] : atom))),
})).expression;

const raisedAndLowered: [RegExp, string][] = [
  [/[−⁻₋]/gu, '-'],
  [/[⁺₊]/gu, '+'],
  [/[⁼₌]/gu, '='],
];

/** What counts of a formula: its letters, digits, operators and roots, in their order. */
function substance(text: string): string {
  const plain = raisedAndLowered.reduce((line, [from, to]) => line.replace(from, to), text);
  return (plain.normalize('NFKC').match(/[\p{L}\p{N}+=≤×∪→√-]/gu) ?? []).join('');
}

describe('any formula', () => {
  it('loses no letter, digit, operator or root, in either form', () => {
    const signs: Record<string, string> = {
      '\\leq ': '≤',
      '\\times ': '×',
      '\\cup ': '∪',
      '\\to ': '→',
      '\\sqrt{': '√',
    };
    fc.assert(
      fc.property(formula, (tokens) => {
        const wanted = substance(
          tokens.map((token) => signs[token] ?? token.replace(/^\\[a-z]+/, '')).join(' '),
        );
        const [text, html] = both(`$${tokens.join('')}$`);
        fc.pre(text[0] !== '$');
        expect(substance(text)).toBe(wanted);
        expect(substance(html.replace(/<[^>]*>/g, ''))).toBe(wanted);
      }),
    );
  });
});
