/**
 * Pictures of the digest for people to look at: `node test/browser/shoot-digest.ts [folder]`. Needs a Chromium
 * (CHROMIUM_PATH names one that is not where it usually is). With PAPERBOY_RECORDINGS set, real days are shot too. A
 * few go to the folder `pictures` here with `--keep`, so that a change of the templates shows what it
 * does; `--only=odd,real` shoots those alone.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Digest, DigestPaper } from '../../src/digest/digest.ts';
import { renderDigest } from '../../src/digest/render.ts';
import { loadTemplates } from '../../src/digest/templates.ts';
import { makeDigest, makeNote, makePaper, oddPapers, placed, site, usualPapers } from '../digest/digests.ts';
import { findChromium, quietFlags } from '../support/find-chromium.ts';

const [given] = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const folder = given ?? mkdtempSync(join(tmpdir(), 'paperboy-digest-'));
mkdirSync(folder, { recursive: true });
const pictures = process.argv.includes('--keep') ? join(import.meta.dirname, 'pictures') : null;
const kept = new Set([
  'odd-360-dark',
  'odd-600-light',
  'arabic-360-light',
  'weekly-1280-dark',
  'quiet-360-light',
]);

const odd = oddPapers();
const digests: Record<string, Digest> = {
  one: makeDigest(odd.slice(0, 1)),
  ten: makeDigest(usualPapers(10), { more: 12 }),
  twentyfive: makeDigest(usualPapers(25), { more: 1, locale: 'de' }),
  odd: makeDigest(odd, { more: 3 }),
  arabic: makeDigest(odd, { more: 3, locale: 'ar-EG' }),
  japanese: makeDigest(odd, { more: 3, locale: 'ja-JP' }),
  mathematics: makeDigest(
    placed(
      [
        [
          'Sharp $\\ell_1$ rates: an $O(n^{2/3}\\sqrt{T})$ bound for $\\epsilon \\le 10^{-3}$',
          'We show that $\\sum_{i=1}^{n} \\|x_i\\|_2^2 \\le \\frac{\\alpha}{1+\\beta}\\log n$ holds with probability at least $1-\\delta$, and that no $\\mathcal{O}(\\log^2 n)$ method does better when $d \\gg n^{1/2}$.',
        ],
        [
          'Na\\"ive \\textit{gradient} flow on $\\mathbb{R}^{d \\times d}$, for \\$5 and \\$10',
          'We study $\\dot{W}_t = -\\nabla f(W_t)$ with $f \\in C^{1,1}$; at $\\hat\\theta$ the loss is $\\int_0^1 \\lvert g(s)\\rvert\\,ds < \\infty$.',
        ],
      ].map(([title = '', abstract = ''], index) => ({
        paper: makePaper(index + 900, {
          title,
          abstract,
          authors: ["Poincar\\'e, H.", 'Erd\\H{o}s, P.'],
          paperUrl: `https://arxiv.org/abs/2607.0090${index}`,
        }),
        note: makeNote({ topics: ['Optimization'] }),
      })),
    ),
  ),
  weekly: makeDigest(usualPapers(3), { locale: 'fr', occasion: 'week' }),
  quiet: makeDigest([], { locale: 'es', occasion: 'quiet' }),
  ...recorded(),
};

/** The first papers of the last recorded Hugging Face day, as `/api/daily_papers` serves them. */
function recorded(): Record<string, Digest> {
  const days = join(process.env.PAPERBOY_RECORDINGS ?? '', 'recordings/huggingface');
  if (!process.env.PAPERBOY_RECORDINGS || !existsSync(days)) return {};
  const day = readdirSync(days).sort().at(-1) as string;
  const served = JSON.parse(readFileSync(join(days, day), 'utf8')) as {
    paper: {
      id: string;
      title: string;
      summary: string;
      authors: { name: string }[];
      upvotes: number;
    } & Record<string, never>;
    numComments: number;
  }[];
  const topics = ['LLM efficiency', 'Retrieval', 'Robotics', 'Everything trending'];
  const papers: DigestPaper[] = served.slice(0, 10).map(({ paper, numComments }, index) => ({
    position: index + 1,
    paper: makePaper(index + 500, {
      title: paper.title,
      abstract: paper.summary,
      tldr: index % 2 ? null : (paper.ai_summary ?? null),
      authors: paper.authors.map(({ name }) => name),
      paperUrl: `https://arxiv.org/abs/${paper.id}`,
      pdfUrl: `https://arxiv.org/pdf/${paper.id}`,
      codeUrl: paper.githubRepo ?? null,
      projectUrl: paper.projectPage ?? null,
    }),
    note: makeNote({
      topics: [topics[index % 4] as string],
      rising: index === 2,
      votesByDay: [0, 1, 3, 9, 22, 14, 4, 17, 30, 41].slice(index % 5, index),
      changes: [
        {
          kind: 'upvotes',
          value: paper.upvotes,
          sinceYesterday: index % 3 ? Math.ceil(paper.upvotes / 3) : null,
        },
        { kind: 'comments', value: numComments, sinceYesterday: null },
        { kind: 'github_stars', value: paper.githubStars ?? 0, sinceYesterday: null },
      ],
    }),
  }));
  return { real: makeDigest(papers, { more: 9, editionDate: day.slice(0, 10), locale: 'en-US' }) };
}

const templates = await loadTemplates(new URL('../../templates', import.meta.url).pathname);
const executablePath = findChromium();
if (executablePath === null) throw new Error('There is no Chromium here (CHROMIUM_PATH names one).');
const browser = await chromium.launch({ executablePath, args: [...quietFlags], chromiumSandbox: false });
const only = process.argv
  .find((one) => one.startsWith('--only='))
  ?.slice(7)
  .split(',');
for (const [name, digest] of Object.entries(digests)) {
  if (only && !only.includes(name)) continue;
  const mail = renderDigest(templates, digest, site);
  writeFileSync(join(folder, `${name}.html`), mail.html);
  writeFileSync(join(folder, `${name}.txt`), `Subject: ${mail.subject}\n\n${mail.preheader}\n\n${mail.text}`);
  for (const width of [360, 600, 1280])
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      await page.setContent(mail.html);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (Number(overflow) > 0) console.log(`${name} ${width} ${colorScheme}: ${overflow} px too wide`);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      const shot = `${name}-${width}-${colorScheme}`;
      if (pictures !== null && kept.has(shot))
        await page.screenshot({
          path: join(pictures, `${shot}.jpeg`),
          type: 'jpeg',
          quality: 60,
          fullPage: true,
        });
      await page.close();
    }
  console.log(`${name}: ${Buffer.byteLength(mail.html)} bytes of HTML, ${mail.subject}`);
}
await browser.close();
console.log(folder);
