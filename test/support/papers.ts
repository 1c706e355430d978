import type { Candidate } from '../../src/papers/candidate.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';

/** A stored paper with plain facts, for tests that care about only some of them. */
export function storedPaper(facts: Partial<StoredPaper> & { id: number }): StoredPaper {
  return {
    key: `arxiv:2606.${String(facts.id).padStart(5, '0')}`,
    title: `Paper number ${facts.id}`,
    abstract: `The abstract of paper ${facts.id}. We show that it is readable.`,
    tldr: null,
    authors: ['Ada Example', 'Ben Sample'],
    categories: ['cs.LG'],
    keywords: [],
    organization: null,
    comment: null,
    publishedAt: Date.parse('2026-06-20T00:00:00Z'),
    updatedAt: null,
    announcedAt: Date.parse('2026-06-22T00:00:00Z'),
    version: 1,
    withdrawnAt: null,
    paperUrl: `https://arxiv.org/abs/2606.${String(facts.id).padStart(5, '0')}`,
    pdfUrl: null,
    codeUrl: null,
    projectUrl: null,
    firstSeenAt: Date.parse('2026-06-22T06:00:00Z'),
    lastSeenAt: Date.parse('2026-06-22T06:00:00Z'),
    sources: ['huggingface'],
    ...facts,
  };
}

/** A candidate that ranks at `percentile` of its field. */
export function candidate(
  facts: Partial<StoredPaper> & { id: number; percentile: number; rising?: boolean },
): Candidate {
  const { percentile, rising = false, ...paper } = facts;
  return {
    paper: storedPaper(paper),
    trend: { score: percentile, parts: [], changes: [], votesByDay: [], rising },
    field: 'cs.LG',
    percentile,
  };
}
