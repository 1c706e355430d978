import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableName, readableText } from '../../src/tex/readable.ts';
import { cpuMsOf } from '../support/cpu.ts';

describe('readable text', () => {
  it.each([
    ["Poincar\\'e and Erd\\H{o}s", 'Poincaré and Erdős'],
    ['Schr{\\"o}dinger, It\\^o, L\\\'evy', 'Schrödinger, Itô, Lévy'],
    ['\\v{S}koda, \\v s, Fran\\c cois, \\c{C}', 'Škoda, š, François, Ç'],
    ['Stra\\ss e, \\o re, \\aa, \\AA{}ngstr\\"om, na\\"{\\i}ve', 'Straße, øre, å, Ångström, naïve'],
    ['T{\\"}ulu', 'Tülu'],
    ['\\v Skoda, \\c Cakir, \\t{oo}', 'Škoda, Çakir, o͡o'],
  ])('resolves the accents of %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    ['\\textit{a} \\emph{b} \\textbf{\\textsc{c}} {\\em d} {\\bf e}f', 'a b c d ef'],
    ['\\textbf{R}eference of {BERT}s', 'Reference of BERTs'],
    ['80\\% of R\\&D \\#1 a\\_b \\$5 \\{x\\}', '80% of R&D #1 a_b $5 {x}'],
    ['Fig.~3, at~\\url{https://a.org/~x_y}', 'Fig. 3, at https://a.org/~x_y'],
    ['\\href{https://a.org/b}{the code}', 'the code (https://a.org/b)'],
    ['\\href{https://a.org/b}{\\texttt{a.org/b}}', 'https://a.org/b'],
    ["``free'' and `fine' don't", "“free” and ‘fine’ don't"],
    ["a ''Sleep'' phase of 5'' by f''(x)", "a “Sleep” phase of 5'' by f''(x)"],
    ['Bures--Helstrom --- or -- so', 'Bures–Helstrom — or – so'],
    ['\\mbox{cut off, an extra {brace, a{https://b.org/c}', 'cut off, an extra brace, a (https://b.org/c)'],
    ['\\method{} beats \\ours~\\citep{knuth84}', 'method beats ours [knuth84]'],
    ['a.org/\\~{}me, 2\\^{}3', 'a.org/~me, 2^3'],
    ['VQA\\,v2, a\\ b', 'VQA v2, a b'],
    ['26~FPS on RTX~4090, N{=}1', '26 FPS on RTX 4090, N=1'],
    ['``Read--Write" cycle', '“Read–Write” cycle'],
    ['9{,}600 and \\num{33000}', '9,600 and 33000'],
    ['Hard\n  wrapped   title', 'Hard wrapped title'],
    ['One.\n\n  Two.', 'One.\n\nTwo.'],
  ])('resolves %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    ['$O(n^2)$', 'O(n²)'],
    ['$\\mathcal{O}(n\\log n)$', 'O(n log n)'],
    ['$\\alpha\\leq\\beta$, $x \\in \\mathbb{R}^{n\\times d}$', 'α ≤ β, x ∈ ℝ^(n×d)'],
    ['$p \\approx 1.1 \\times 10^{-16}$', 'p ≈ 1.1 × 10⁻¹⁶'],
    ['$256\\times256$, 2.14$\\times$, $\\sim$5, $\\leq 3$, $\\pm 1$', '256 × 256, 2.14×, ∼5, ≤3, ±1'],
    ['$x_i$, $x_{max}$, $x_b$, $x^{n+1}$, $x^{θq}$, $x_{a,b}$', 'xᵢ, xₘₐₓ, x_b, xⁿ⁺¹, x^(θq), x_(a,b)'],
    ['$\\frac{1}{2}$, $\\frac{a+b}{2c}$, $\\sqrt{n}$, $\\sqrt{n+1}$', '1/2, (a+b)/(2c), √n, √(n+1)'],
    ['$\\hat{x}$, $\\tilde{O}(n)$, $\\overline{C}$, $A^\\top$, $90^\\circ$', 'x̂, Õ(n), C̄, Aᵀ, 90°'],
    ['\\(k\\)-means and \\[x = y\\]', 'k-means and x = y'],
    ['$$x \\neq y$$', 'x ≠ y'],
    ["$\\{π_i\\}$ and $\\ell_\\infty$ and $E/e'$", '{πᵢ} and ℓ_∞ and E/e′'],
    ['$\\textbf{PI-FT}$, $\\text{if } x$, $\\operatorname{tr}(A)$', 'PI-FT, if x, tr(A)'],
    ['5\\times faster, \\alpha-stable', '5× faster, α-stable'],
    ['CHAIR$_s$, LiNbO$_3$, U$^2$Mamba, $k$-NN', 'CHAIRₛ, LiNbO₃, U²Mamba, k-NN'],
    ['$ (H(X|W), H(Y|W)) $ and $ n $', '(H(X|W), H(Y|W)) and n'],
    ['up to $+$9.0 points', 'up to +9.0 points'],
    ['$\\not=$ $\\left( x \\right.$', '≠ (x'],
  ])('makes the mathematics of %s readable', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    'It costs $5 and $10, US$28.31 to US$40.88.',
    'from about $1,503 to $708, yielding $795/month',
    'paid $5-$10 or $5/$10 ($/1k queries)',
    'Run it with --verbose -- or ~50% of ~3B, 10~20, and https://a.org/~me'.replace(' -- ', ' – '),
    'A snake_case_name, a `code` word, C++ & C#, 5 ^ 3, {a, b}, {"k": 1}, N in {5,...,50}',
    'the marginal distribution { pm 1} of R^n and ell_0',
    'Größe, 深度学习, Москва, naïve, x² ≤ ℝ',
    'A regret of O(d sqrt T) at \\d+ and C:\\',
  ])('leaves %s alone', (text) => {
    expect(readableText(text)).toBe(text);
  });

  it('leaves TeX that lost its backslashes upstream legible', () => {
    expect(readableText('O(d_{eff}(mu)T), S^{2}FT, O(1/t^2), W^{res}, R^{N times d}')).toBe(
      'O(d_eff(mu)T), S²FT, O(1/t²), Wʳᵉˢ, R^(N times d)',
    );
    expect(readableText('{sf A}{bf b}_n of {ell_2}, O({dsqrt{k}{neps}}), {inst_tau}')).toBe(
      'Ab_n of ell_2, O(dsqrt(k)(neps)), inst_tau',
    );
  });

  it.each([
    ['ext{LLM}s of extbf{any} size, Self-text{CO}rrecting', 'LLMs of any size, Self-COrrecting'],
    ['rac{1}{2} in mathcal{O}(n) on mathbb{R}^d', '1/2 in O(n) on ℝᵈ'],
    ['$rac{1}{sqrt{n}}$ of $tilde{O}(x_{mathrm{max}})$', '1/√n of Õ(xₘₐₓ)'],
    ['frac{dk log d}{n epsilon}', '(dk log d)/(n epsilon)'],
    ['href{https://a.org/b}{the code}', 'the code (https://a.org/b)'],
    ['Denser neq Better: 62% rightarrow 67%, leq0.76 on L^infty', 'Denser ≠ Better: 62% → 67%, ≤0.76 on L^∞'],
  ])('knows commands whose backslash was lost upstream: %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    ['$\\\\alpha$ of \\\\textbf{x} at 5\\\\%', 'α of x at 5%'],
    ['It\\\'s what \\"they said\\" and don\\\'t', 'It\'s what "they said" and don\'t'],
    ['Erd\\"os, \\"Uber, Mi\\\'s, Garc\\\'ia', 'Erdös, Über, Miś, García'],
    ['one\\\\\nand \\emph{two}', 'one and two'],
    ['The first.\\\\The second.\\\\in all', 'The first. The second. in all'],
  ])('reads the escapes of a string that were kept: %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    ['1{delta} and H^3SA{epsilon^2}', '1 delta and H³SA epsilon²'],
    ['softred{a framework}, foo{a}{b}', 'softred a framework, foo{a}{b}'],
    ['{BERT}s, Open{AI}, V{ision}, GPT{4}', 'BERTs, OpenAI, Vision, GPT4'],
  ])('runs nothing together that braces kept apart: %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    '\\frac{a}{b of it',
    'a $\\frac{a}{ and so on',
    'over \\mathbb{R. So',
    'the \\frac of \\hat{',
    '\\method{cut off',
    '\\href{a and \\url{https://a.org/b',
    '\\cite, \\label, \\textcolor{red',
    '\\unknown{x} and \\floor{n} and \\foo[3]{a b}',
    'rac{1}{2 and ext{cut off',
  ])('keeps the source where an argument is missing or no one knows the command: %s', (raw) => {
    expect(readableText(raw)).toBe(raw);
  });

  it.each([
    ['\\frac12, \\hat x, \\sqrt 2, \\frac {a} {b}, \\sqrt[3]{x}', '1/2, x̂, √2, a/b, ³√x'],
    ['x\\textsuperscript{2} and \\SI{5}{mm}', 'x² and 5 mm'],
    ['\\blue{a word} by \\model{Grok 4}, \\red{P}roxy', 'a word by Grok 4, Proxy'],
  ])('finds the arguments of %s', (raw, text) => {
    expect(readableText(raw)).toBe(text);
  });

  it.each([
    'C:\\Users\\foo, C:\\temp\\new.txt and D:\\data',
    'src\\main\\foo.c on \\\\server\\share',
    'regex \\t in text, \\d a, \\b word, \\r n, \\n and [\\w\\s]+, \\u{AB}',
  ])('leaves paths and patterns alone: %s', (text) => {
    expect(readableText(text)).toBe(text);
  });

  it('does not take mathematics for a path', () => {
    expect(readableText('f:\\Omega\\to X, x\\in\\mathbb{R}')).toBe('f:Ω→ X, x∈ℝ');
  });

  it('prices beside mathematics do not swallow the words between', () => {
    expect(readableText('It costs $5 for $n^2$ steps, not $10 for $\\alpha$.')).toBe(
      'It costs $5 for n² steps, not $10 for α.',
    );
  });
});

describe('any text', () => {
  const texish = fc
    .array(
      fc.constantFrom(
        ...[
          '\\',
          '{',
          '}',
          '$',
          '$$',
          '^',
          '_',
          '~',
          '\\frac',
          '\\sqrt',
          '\\emph{',
          '\\hat',
          '\\text{',
          '\\(',
          '\\)',
        ],
        ...[
          "\\'",
          '\\c',
          '\\not',
          '[',
          ']',
          ' ',
          '\n',
          'a',
          'be',
          '7',
          '\\left',
          '\\url{',
          '\\href{',
          '``',
          "''",
          '--',
        ],
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(''));

  const anyUnits = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units));

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(texish, anyUnits), (raw) => {
        expect(typeof readableText(raw)).toBe('string');
        expect(typeof readableName(raw)).toBe('string');
      }),
    );
  });

  it('keeps the words that stand outside of commands, in their order', () => {
    // after a brace, the name of a font whose backslash was lost is taken for one
    const word = fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => !/^(bf|sf|rm|tt|cal|sc|em)$/.test(text));
    const dress = fc.constantFrom(
      (text: string) => `\\textbf{${text}}`,
      (text: string) => `{\\em ${text}}`,
      (text: string) => `$${text}^2$`,
      (text: string) => `\\unknown{${text}}`,
      (text: string) => `{${text}`,
      (text: string) => `$${text}`,
      (text: string) => `${text}}`,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(word, dress), { maxLength: 12 }), (words) => {
        const shown = readableText(words.map(([text, wear]) => wear(text)).join(' '));
        let from = 0;
        for (const [text] of words) {
          const at = shown.indexOf(text, from);
          expect(at).toBeGreaterThanOrEqual(0);
          from = at + text.length;
        }
      }),
    );
  });

  it('is what it was when it is plain', () => {
    const plain = fc
      .array(fc.stringMatching(/^[A-Za-z0-9éß深.,;:!?()%&#@"'/+=<>-]{1,9}$/), { maxLength: 20 })
      .map((words) => words.join(' '))
      .filter((text) => !/--|''/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(readableText(text)).toBe(text);
      }),
    );
  });

  it.each([
    ['braces', '{'.repeat(20_000)],
    ['nested groups', '{'.repeat(20_000) + '}'.repeat(20_000)],
    ['nested commands', '\\emph{'.repeat(7000) + '}'.repeat(7000)],
    ['nested fractions', `$${'\\frac{'.repeat(200)}x${'}{y}'.repeat(200)}$`.repeat(20)],
    ['dollars', '$ '.repeat(25_000)],
    ['opened mathematics', '\\('.repeat(25_000)],
    ['backslashes', '\\'.repeat(49_999)],
    ['scripts', `$${'x^'.repeat(600)}$`.repeat(40)],
    ['quotes', '``'.repeat(25_000)],
    ['single quotes', ' `a b'.repeat(10_000)],
    ['spaces', ` ${'\n '.repeat(25_000)}`],
    ['carets', 'a^{'.repeat(16_000)],
    ['addresses', 'https://a'.repeat(5000) + '~'.repeat(5000)],
    ['accents', "\\'".repeat(25_000)],
    ['hats', `$${'\\hat'.repeat(350)}$`.repeat(30)],
    ['chemistry', `$\\ce{${'(('.repeat(700)}}$`.repeat(13)],
    ['matrices', `$\\begin{matrix}${'a&b\\\\'.repeat(250)}\\end{matrix}$`.repeat(13)],
    ['definitions', `$\\def\\a{${'x'.repeat(700)}}${'\\a'.repeat(300)}$`.repeat(12)],
    ['formulas', '$x$'.repeat(6600)],
    ['unknown commands', '\\foo{'.repeat(3000) + '}'.repeat(3000)],
    ['lost commands', 'ext{a{b}'.repeat(5000)],
    ['lost fractions', 'rac{'.repeat(2000) + 'a}{'.repeat(4000)],
    ['paths', 'a\\b'.repeat(7000)],
    ['pairs', `a${'{a}'.repeat(10_000)}`],
    ['a very long text', 'word '.repeat(400_000)],
  ])('takes little time for hostile %s', async (_, raw) => {
    let shown = '';
    const read = () => {
      shown = readableText(raw);
      readableName(raw);
    };
    expect(await cpuMsOf(read)).toBeLessThan(3000);
    expect(shown.length).toBeLessThanOrEqual(raw.length * 2 + 10);
  });
});

describe('readable names', () => {
  it.each([
    ["Jos\\'e Garc\\'{\\i}a", 'José García'],
    ['{\\L}ukasz Kaiser', 'Łukasz Kaiser'],
    ['Mu\\~noz~Ortiz', 'Muñoz Ortiz'],
    ['S\\o ren \\O{}rsted', 'Søren Ørsted'],
    ['\\v{Z}eljko {Van der Berg}', 'Željko Van der Berg'],
    ["Conan O'Brien", "Conan O'Brien"],
    ['Ke$ha $x^2$', 'Ke$ha $x^2$'],
    [' A \n B ', 'A B'],
  ])('%s is %s', (raw, name) => {
    expect(readableName(raw)).toBe(name);
  });
});
