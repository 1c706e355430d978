import BetterSqlite3 from 'better-sqlite3';
import type { Candidate } from '../../src/papers/candidate.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { buildTopicIndex, type TopicIndex } from '../../src/topics/topic-index.ts';

/** A candidate with nothing but what is given; ids count from 1 in the order of the list. */
export function makeCandidates(papers: Partial<StoredPaper>[]): Candidate[] {
  return papers.map((paper, index) => ({
    paper: {
      id: index + 1,
      key: `arxiv:2601.${String(index + 1).padStart(5, '0')}`,
      title: '',
      abstract: null,
      tldr: null,
      authors: [],
      categories: [],
      keywords: [],
      organization: null,
      comment: null,
      publishedAt: null,
      updatedAt: null,
      announcedAt: null,
      version: null,
      withdrawnAt: null,
      paperUrl: null,
      pdfUrl: null,
      codeUrl: null,
      projectUrl: null,
      firstSeenAt: 0,
      lastSeenAt: 0,
      sources: ['file'],
      ...paper,
    },
    trend: { score: 0, parts: [], changes: [], votesByDay: [], rising: false },
    field: paper.categories?.[0] ?? 'other',
    percentile: 0.5,
  }));
}

export function indexPapers(papers: Partial<StoredPaper>[]): TopicIndex {
  return buildTopicIndex(new BetterSqlite3(':memory:'), makeCandidates(papers));
}
