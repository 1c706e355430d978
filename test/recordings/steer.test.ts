import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPool, type Pool } from '../../src/digest/choose.ts';
import { steerPool } from '../../src/digest/steer.ts';
import type { Candidate } from '../../src/papers/candidate.ts';
import { rankWithinFields } from '../../src/papers/rank.ts';
import { buildNearness } from '../../src/topics/nearness.ts';
import { makeCandidates } from '../topics/candidates.ts';

const folder = join(process.env.PAPERBOY_RECORDINGS ?? '', 'recordings/huggingface');

interface Entry {
  paper: { id: string; title: string; summary?: string; upvotes?: number; ai_keywords?: string[] };
}

/** Interests by the keywords that a model gave the papers; the ranking sees titles and abstracts alone. */
const interests: Record<string, RegExp> = {
  robots: /robot|vision-language-action|embodied/,
  video: /video/,
  diffusion: /diffusion|denois|flow matching/,
  three: /3d|gaussian|point cloud|nerf/,
  distill: /distill/,
  world: /world model/,
};

/** Papers whose keywords are known, of the days from `from` up to `to`, ranked by their votes. */
function load(from: string, to: string): { candidates: Candidate[]; keywords: Map<string, string[]> } {
  const entries = readdirSync(folder)
    .filter((file) => file >= from && file < to)
    .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Entry[])
    .filter(({ paper }) => paper.ai_keywords?.length);
  const keywords = new Map(entries.map(({ paper }) => [paper.id, paper.ai_keywords ?? []]));
  const papers = [...new Map(entries.map(({ paper }) => [paper.id, paper])).values()];
  const votes = new Map(papers.map(({ id, upvotes = 0 }) => [id, upvotes]));
  const plain = makeCandidates(
    papers.map(({ id, title, summary = '' }) => ({ key: id, title, abstract: summary, keywords: [] })),
  );
  const candidates = rankWithinFields(
    plain.map(({ paper, trend }) => ({ paper, trend: { ...trend, score: votes.get(paper.key) ?? 0 } })),
  );
  return { candidates, keywords };
}

describe.skipIf(!existsSync(folder))('likes and dislikes over the recorded days', () => {
  const past = existsSync(folder) ? load('2026-06-01', '2026-06-18') : null;
  const coming = existsSync(folder) ? load('2026-06-18', '2026-07-11') : null;
  const { candidates = [], keywords = new Map<string, string[]>() } = coming ?? {};
  const nearness = buildNearness(candidates);
  const place = new Map(candidates.map(({ paper }, index) => [paper.id, index]));
  const everything: Pool = buildPool(
    [
      {
        id: 1,
        name: 'all',
        matches: candidates.map(({ paper }) => ({ paperId: paper.id, relevance: 0.5, terms: [] })),
      },
    ],
    new Map(candidates.map((one) => [one.paper.id, one])),
  );
  const about = (interest: RegExp, key: string, known: Map<string, string[]>) =>
    (known.get(key) ?? []).some((word) => interest.test(word.toLowerCase()));

  /** The first ten for someone who said so of `count` papers of an interest on the days before. */
  function firstTen(interest: RegExp, count: number, verdict: 'more' | 'less' = 'more') {
    const chosen = (past?.candidates ?? [])
      .filter(({ paper }) => about(interest, paper.key, past?.keywords ?? new Map()))
      .sort((a, b) => a.paper.id - b.paper.id)
      .slice(0, count);
    const leaning = nearness.lean(chosen.map(({ paper }) => nearness.vectorOf(paper)));
    const side = { choices: chosen.length, lean: (id: number) => leaning[place.get(id) ?? -1] ?? 0 };
    const none = { choices: 0, lean: () => 0 };
    const { entries } = steerPool(everything, {
      more: none,
      less: none,
      nearestLiked: () => null,
      [verdict]: side,
    });
    const ten = entries.slice(0, 10);
    const found = ten.filter(({ paperId }) =>
      about(interest, candidates[place.get(paperId) ?? -1]?.paper.key ?? '', keywords),
    ).length;
    const top = ten.filter(({ percentile }) => percentile > 0.8).length;
    return { found, top, best: ten.some(({ paperId }) => paperId === everything.entries[0]?.paperId) };
  }
  const sum = (count: number, verdict?: 'more' | 'less') =>
    Object.values(interests)
      .map((interest) => firstTen(interest, count, verdict))
      .reduce((all, one) => ({
        found: all.found + one.found,
        top: all.top + one.top,
        best: all.best && one.best,
      }));

  it('the more papers of an interest are liked, the more of it the first ten have', () => {
    const [none, some, many] = [0, 3, 20].map((count) => sum(count).found) as [number, number, number];
    expect(some).toBeGreaterThan(none);
    expect(many).toBeGreaterThan(some);
    expect(many).toBeGreaterThan(2 * none);
  });

  it('nearly all of the first ten are in the top fifth by votes all the same', () => {
    const { top } = sum(20);
    expect(top / (10 * Object.keys(interests).length)).toBeGreaterThan(0.9);
  });

  it('dislikes make an interest rare', () => {
    expect(sum(10, 'less').found).toBeLessThan(sum(0).found / 2);
  });
});
