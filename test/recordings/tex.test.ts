import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { htmlOf, plainOf, readableName, readableText, readLine } from '../../src/tex/readable.ts';
import { cpuMsOf } from '../support/cpu.ts';

const recordings = process.env.PAPERBOY_RECORDINGS ?? '';

interface Paper {
  title: string;
  abstract: string;
  authors: string[];
}

function linesOf(text: string) {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** arXiv's announcements, Hugging Face's days and a page whose TeX lost its backslashes on the way. */
function readPapers(): Paper[] {
  const folder = (name: string) => join(recordings, 'recordings', name);
  const arxiv = readdirSync(folder('arxiv-papers')).flatMap((name) =>
    linesOf(gunzipSync(readFileSync(join(folder('arxiv-papers'), name))).toString()),
  );
  const huggingFace = readdirSync(folder('huggingface'))
    .flatMap((name) => JSON.parse(readFileSync(join(folder('huggingface'), name), 'utf8')))
    .map((entry) => entry.paper ?? entry);
  const page = linesOf(readFileSync(join(recordings, 'seed-papers.jsonl'), 'utf8'));
  return [...arxiv, ...huggingFace, ...page].map((paper) => ({
    title: paper.title ?? '',
    abstract: paper.abstract ?? paper.summary ?? '',
    authors: (paper.authors ?? []).map((author: string | { name: string }) =>
      typeof author === 'string' ? author : author.name,
    ),
  }));
}

const papers = (() => {
  try {
    return readPapers();
  } catch {
    return [];
  }
})();

const price = /\$(?=\d)|\(\$\//g;
const hasTex = (text: string) => /[\\${]/.test(text.replace(price, ''));

/** Braces that the source itself shows: `\{`, or a set written out in plain text. */
function bracesMeant(raw: string): number {
  return (
    (raw.match(/\\[{}]|\\[lr]brace/g)?.length ?? 0) +
    2 * (raw.match(/(?<![\\^_\w}{])\{[^{}\\$]*[,":][^{}\\$]*\}/g)?.length ?? 0)
  );
}

/** No backslash, no dollar but of a price, no brace but those of sets. */
function isClean(raw: string, shown: string): boolean {
  const left = shown.replace(price, '');
  return !/[\\$]/.test(left) && (left.match(/[{}]/g)?.length ?? 0) <= bracesMeant(raw);
}

/**
 * Letters and digits outside of what only steers: commands' names, environments, colours, labels that are part of
 * their link, and fonts and dress whose backslash was lost. What is lowered comes before what is raised.
 */
function substanceOf(raw: string): string {
  return lettersOf(
    raw
      .replace(/\\(?:begin|end|label|textcolor)\{[^{}]*\}/g, ' ')
      .replace(/\\href\{([^{}]*)\}\{((?:[^{}]|\{[^{}]*\})*)\}/g, (_, address, label) =>
        address.includes(label.replace(/\\[a-z]+|[{}]/g, '')) ? address : `${label} ${address}`,
      )
      .replace(/([^\s{}]+)\{\1\}/g, '$1')
      .replace(/(https?:[^\s{}]+)\{\1/g, '$1')
      .replace(/\{(?:bf|sf|rm|tt|cal|sc|em) /g, ' ')
      .replace(/(?<![A-Za-z\\])text(?=\{)/g, ' ')
      .replace(lostSigns, ' ')
      .replace(/(\^(?:\{[^{}]*\}|.))(_(?:\{[^{}]*\}|.))/gu, '$2$1')
      .replace(/\\[A-Za-z]+/g, ' '),
  );
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('φ', 'ϕ');
}

/** What of `wanted` is missing from `text`, in its order; empty when nothing is. */
function firstLost(wanted: string, text: string): string {
  let at = 0;
  for (const unit of text) if (wanted.startsWith(unit, at)) at += unit.length;
  return at === wanted.length ? '' : wanted.slice(Math.max(0, at - 20), at + 20);
}

/** Commands for signs that lost their backslash, and are no words. */
const lostSigns = /(?<![A-Za-z\\])(?:rightarrow|[lgn]eq|infty|ldots)(?![A-Za-z])/g;

/** The signs that commonly stand for commands; each must be there as often as its command. */
const signs: [command: RegExp, sign: RegExp][] = [
  [/\\(?:leq?|leqslant)(?![a-zA-Z])|(?<![A-Za-z\\])leq(?![A-Za-z])|≤/g, /≤/g],
  [/\\(?:geq?|geqslant)(?![a-zA-Z])|≥/g, /≥/g],
  [/\\times(?![a-zA-Z])|×/g, /×/g],
  [/\\approx(?![a-zA-Z])|≈/g, /≈/g],
  [/\\pm(?![a-zA-Z])|±/g, /±/g],
  [/\\(?:to|rightarrow)(?![a-zA-Z])|(?<![A-Za-z\\])rightarrow(?![A-Za-z])|→/g, /→/g],
  [/\\in(?![a-zA-Z])|∈/g, /∈/g],
  [/\\sqrt(?![a-zA-Z])|√/g, /√/g],
  [/\\alpha(?![a-zA-Z])|α/g, /α/g],
  [/\\infty(?![a-zA-Z])|(?<![A-Za-z\\])infty(?![A-Za-z])|∞/g, /∞/g],
  [/\\sum(?![a-zA-Z])|∑/g, /∑/g],
  [/\\log(?![a-zA-Z])|log/g, /log/g],
];

describe.skipIf(papers.length === 0)('recorded papers', () => {
  const abstracts = [...new Set(papers.map((paper) => paper.abstract))];
  const withTex = abstracts.filter(hasTex);
  const titles = [...new Set(papers.map((paper) => paper.title))].filter(hasTex);

  it('99 of 100 abstracts with TeX come out without any, and every title', () => {
    const clean = withTex.filter((raw) => isClean(raw, readableText(raw)));
    expect(withTex.length).toBeGreaterThan(500);
    expect(clean.length / withTex.length).toBeGreaterThanOrEqual(0.99);
    expect(titles.length).toBeGreaterThan(15);
    expect(titles.filter((title) => !isClean(title, readableText(title)))).toEqual([]);
  });

  it('no letter and no digit of the source is lost, in either form', () => {
    const lost = [...withTex, ...titles].flatMap((raw) => {
      const { line, formulas } = readLine(raw);
      const html = htmlOf(line, formulas).replace(/<\/?(?:i|sub|sup)>/g, '');
      const forms = [plainOf(line, formulas), html.replace(/&(?:amp|lt|gt|quot|#39);/g, '')];
      return forms.map((form) => firstLost(substanceOf(raw), lettersOf(form))).filter((part) => part !== '');
    });
    expect(lost).toEqual([]);
  });

  it('no sign of mathematics is lost', () => {
    const lost = abstracts.flatMap((raw) => {
      const shown = readableText(raw);
      return signs
        .filter(([command, sign]) => (shown.match(sign)?.length ?? 0) < (raw.match(command)?.length ?? 0))
        .map(([command]) => `${command}: ${raw}`);
    });
    expect(lost).toEqual([]);
  });

  it('text without TeX keeps every word', () => {
    const words = (text: string) => text.replace(lostSigns, ' ').match(/\p{L}{3,}/gu) ?? [];
    for (const raw of abstracts.filter((abstract) => !/[\\${]/.test(abstract)))
      expect(words(readableText(raw))).toEqual(words(raw));
  });

  it('no abstract takes time out of proportion', async () => {
    for (const raw of withTex) expect(await cpuMsOf(() => readableText(raw))).toBeLessThan(500);
  });

  it('names come out without TeX', () => {
    for (const name of papers.flatMap((paper) => paper.authors))
      expect(readableName(name)).not.toMatch(/[\\{}]/);
  });
});
