import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { readTopicSeed } from '../../src/topics/definition.ts';
import { buildLikeIndex } from '../../src/topics/like.ts';
import { buildTopicIndex, type TopicIndex } from '../../src/topics/topic-index.ts';
import { makeCandidates } from '../topics/candidates.ts';

const folder = process.env.PAPERBOY_RECORDINGS ?? '';

interface HuggingFaceEntry {
  paper: {
    id: string;
    title: string;
    summary?: string;
    authors?: { name: string }[];
    ai_keywords?: string[];
  };
}
interface ArxivEntry {
  id: string;
  title: string;
  summary: string;
  authors: string[];
  categories: string[];
}

/** The recorded days, merged by arXiv id. */
function loadPapers(): Partial<StoredPaper>[] {
  const papers = new Map<string, Partial<StoredPaper>>();
  const huggingface = join(folder, 'recordings/huggingface');
  for (const file of readdirSync(huggingface).sort())
    for (const { paper } of JSON.parse(readFileSync(join(huggingface, file), 'utf8')) as HuggingFaceEntry[])
      papers.set(paper.id, {
        key: `arxiv:${paper.id}`,
        title: paper.title,
        abstract: paper.summary ?? null,
        authors: (paper.authors ?? []).map(({ name }) => name),
        keywords: paper.ai_keywords ?? [],
      });
  const arxiv = join(folder, 'recordings/arxiv-papers');
  for (const file of readdirSync(arxiv).sort())
    for (const line of gunzipSync(readFileSync(join(arxiv, file)))
      .toString()
      .split('\n')) {
      if (line.trim() === '') continue;
      const { id, title, summary, authors, categories } = JSON.parse(line) as ArxivEntry;
      papers.set(id, {
        keywords: [],
        ...papers.get(id),
        key: `arxiv:${id}`,
        title,
        abstract: summary,
        authors,
        categories,
      });
    }
  return [...papers.values()];
}

/** Of each query, where its own document comes: the mean of 1/rank, by ranker. */
function measureMrr(documents: string[], queries: string[]) {
  const index = buildLikeIndex(makeCandidates(documents.map((abstract) => ({ abstract }))));
  const sums = { bm25: 0, cosine: 0, both: 0 };
  queries.forEach((query, own) => {
    const { bm25, cosine } = index.measure(query);
    const both = new Float64Array(documents.length);
    const ranked = index.rank(query);
    ranked.documents.forEach((document, at) => {
      both[document] = ranked.scores[at] ?? 0;
    });
    for (const [name, scores] of Object.entries({ bm25, cosine, both }))
      sums[name as keyof typeof sums] +=
        1 / (1 + scores.filter((score) => score > (scores[own] ?? 0)).length);
  });
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / queries.length]));
}

describe.skipIf(!existsSync(join(folder, 'recordings/arxiv-papers')))('topics over the recorded days', () => {
  const papers = existsSync(folder) ? loadPapers() : [];
  const candidates = makeCandidates(papers);
  let built: TopicIndex | undefined;
  const index = () => {
    built ??= buildTopicIndex(new BetterSqlite3(':memory:'), candidates);
    return built;
  };
  const topics = readTopicSeed(readFileSync(new URL('../../data/topics.json', import.meta.url), 'utf8'));
  const titlesOf = (query: string) =>
    index()
      .match(query)
      .map(({ paperId }) => papers[paperId - 1]?.title?.replace(/\s+/g, ' ') ?? '');

  it('holds every recorded paper', () => {
    expect(papers).toHaveLength(3247);
    expect(index().match('*')).toHaveLength(3247);
  });

  it.each(topics.filter(({ query }) => query !== '*'))(
    '$slug finds some of every week and never a fifth of all',
    ({ query }) => {
      const found = index().match(query).length;
      expect(found).toBeGreaterThan(20);
      expect(found).toBeLessThan(papers.length / 5);
    },
  );

  it('leaves few papers that trend on Hugging Face to nobody', () => {
    const answered = new Set(
      topics
        .filter(({ query }) => query !== '*')
        .flatMap(({ query }) =>
          index()
            .match(query)
            .map(({ paperId }) => paperId),
        ),
    );
    const trending = candidates.filter(({ paper }) => paper.keywords.length > 0);
    const missed = trending.filter(({ paper }) => !answered.has(paper.id)).length;
    expect(missed / trending.length).toBeLessThan(0.12);
  });

  it('does not take general papers for generative ones', () => {
    const bare = titlesOf('ti:generative');
    expect(bare.length).toBeGreaterThan(20);
    expect(bare.filter((title) => !/generat/i.test(title))).toEqual([]);
  });

  it('finds C++ without every c', () => {
    const found = index().match('C++');
    expect(found.length).toBeGreaterThan(0);
    for (const { paperId } of found)
      expect(`${papers[paperId - 1]?.title} ${papers[paperId - 1]?.abstract}`).toMatch(/C\+\+/i);
  });

  it('finds a category exactly as often as it stands in the records', () => {
    const count = (test: (category: string) => boolean) =>
      papers.filter((paper) => paper.categories?.some(test)).length;
    expect(index().match('cat:cs.LG')).toHaveLength(count((category) => category === 'cs.LG'));
    expect(index().match('cat:math')).toHaveLength(count((category) => category.startsWith('math.')));
  });

  it('ranks free text better by BM25 and TF-IDF together than by either', () => {
    const seeds = readFileSync(join(folder, 'seed-papers.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { title: string; abstract: string });
    const titles = measureMrr(
      seeds.map(({ abstract }) => abstract),
      seeds.map(({ title }) => title),
    );
    const halves = papers
      .filter((_, at) => at % 4 === 0)
      .map(({ abstract }) => (abstract ?? '').split(/(?<=[.!?])\s+/))
      .filter((sentences) => sentences.length > 2);
    const middle = (sentences: string[]) => Math.ceil(sentences.length / 2);
    const parts = measureMrr(
      halves.map((sentences) => sentences.slice(middle(sentences)).join(' ')),
      halves.map((sentences) => sentences.slice(0, middle(sentences)).join(' ')),
    );
    console.log('MRR, title to its abstract:', titles, 'first half to second half:', parts);
    for (const { bm25 = 0, cosine = 0, both = 0 } of [titles, parts])
      expect(both).toBeGreaterThan(Math.max(bm25, cosine));
    expect(titles.both).toBeGreaterThan(0.96);
    expect(parts.both).toBeGreaterThan(0.88);
  });
});
