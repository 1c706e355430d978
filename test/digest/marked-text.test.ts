import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markLine, markSummary } from '../../src/digest/marked-text.ts';

describe('a title in both its forms', () => {
  test('the HTML has italics and scripts, the text plain Unicode', () => {
    const title = markLine('An $O(n^{2/3}\\sqrt{T})$ bound for \\emph{R&D} <b>', 300);
    expect(title?.text).toBe('An O(n^(2/3)√T) bound for R&D <b>');
    expect(title?.html).toBe(
      'An <i>O</i>(<i>n</i><sup>2/3</sup>√<i>T</i>) bound for <i>R&amp;D</i> &lt;b&gt;',
    );
  });

  test('is cut by its plain length, and never within a formula', () => {
    const raw = `${'word '.repeat(10)}$\\alpha_{1}\\leq\\beta_{2}\\leq\\gamma$ end`;
    for (let length = 20; length < 75; length++) {
      const title = markLine(raw, length);
      expect(title?.text.length).toBeLessThanOrEqual(length);
      expect(title?.text).toMatch(/^(?:word ?)+(?:α₁ ≤ β₂ ≤ γ ?)?(?:end|…)?…?$/u);
      expect(title?.html.replace(/<[^>]*>/g, '').length).toBeLessThanOrEqual(length);
    }
  });

  test('shows no private, bidi or control characters from outside', () => {
    const title = markLine('a\ue000\uf8ff \u202eb $x\u202e\\char"202E y$ \u2066c $\\text{\u200fz}$', 300);
    expect(title?.text).toMatch(/^a\ufffd\ufffd b /);
    expect(title?.text).not.toMatch(/[\ue000-\uf8ff\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });

  test('a formula among letters that run right to left keeps its own order', () => {
    expect(markLine('حد $n^2$ جديد', 300)).toEqual({
      text: 'حد \u2066n²\u2069 جديد',
      html: 'حد \u2066<i>n</i><sup>2</sup>\u2069 جديد',
    });
  });

  test('whatever comes in, only balanced i, sub and sup come out', () => {
    const part = fc.constantFrom(
      ...[
        '$',
        '\\emph{',
        '{\\em ',
        '}',
        '^{',
        '_',
        'x',
        ' ',
        '. We propose ',
        '<b>',
        '&amp;',
        '"',
        "'",
        '\\frac{a}{b}',
      ],
      ...[
        '\\sqrt{',
        '\\text{<i>}',
        '\\unknown',
        '\\hat{x}',
        '\\href{a"b}{c}',
        '\ue000',
        '\uf8ff',
        '\u202e',
        'ש',
      ],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 50 }), fc.integer({ min: 1, max: 80 }), (parts, length) => {
        const raw = parts.join('');
        for (const marked of [markLine(raw, length), markSummary(null, raw)]) {
          const open: string[] = [];
          for (const [, close, name] of (marked?.html ?? '').matchAll(/<(\/?)([^>]*)>/g)) {
            expect(name).toMatch(/^(?:i|sub|sup)$/);
            if (close) expect(open.pop()).toBe(name);
            else open.push(name ?? '');
          }
          expect(open).toEqual([]);
          expect(
            (marked?.html ?? '').replace(/<\/?(?:i|sub|sup)>|&(?:amp|lt|gt|quot|#39);/g, ''),
          ).not.toMatch(/[<>&"']/);
        }
      }),
    );
  });
});

describe('a summary in both its forms', () => {
  const abstract = 'Cats sleep. We propose Share, of cost $O(n.\\ m)$. It halves $x^{2}$. Dogs bark.';

  test('is chosen around the mathematics', () => {
    const summary = markSummary(null, abstract);
    expect(summary?.text).toBe('We propose Share, of cost O(n. m). It halves x². Dogs bark.');
    expect(summary?.html).toContain('It halves <i>x</i><sup>2</sup>. Dogs');
  });

  test('is the source’s own before the abstract’s, and null without either', () => {
    expect(markSummary('It halves $n$.', abstract)?.text).toBe('It halves n.');
    expect(markSummary('  ', abstract)?.text).toMatch(/^We propose/);
    expect(markSummary(null, null)).toBeNull();
  });
});

test('a short formula stays on one line, a long one may break, and the plain form has plain spaces', () => {
  const short = markLine('at least $1-\\delta$ or so', 200);
  expect(short?.html).toBe('at least 1\u00A0−\u00A0<i>δ</i> or so');
  expect(short?.text).toBe('at least 1 − δ or so');
  const long = markLine(`for $${Array.from({ length: 12 }, (_, i) => `x_{${i}}`).join(' + ')}$ too`, 200);
  expect(long?.html).not.toContain('\u00A0');
});
