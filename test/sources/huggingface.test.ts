import { describe, expect, it } from 'vitest';
import { parseDailyPapers } from '../../src/sources/huggingface.ts';
import { SourceError } from '../../src/sources/source.ts';

const context = { fileName: 'daily.json', at: 0 };
const inner = {
  id: '2606.90001',
  title: 'A\n Title',
  summary: 'An abstract.',
  authors: [{ name: 'Ada Example', hidden: true }, { name: ' Ben  Sample ' }, {}],
  publishedAt: '2026-06-20T00:00:00.000Z',
  submittedOnDailyAt: '2026-06-22T00:00:00.000Z',
  upvotes: 12,
  ai_summary: 'Short.',
  ai_keywords: ['attention'],
  githubRepo: 'https://github.com/example/code',
  githubStars: 34,
  projectPage: 'javascript:alert(1)',
  organization: { name: 'lab', fullname: 'The Lab' },
};
const read = (document: unknown) => parseDailyPapers(JSON.stringify(document), context);

describe('daily papers of Hugging Face', () => {
  it('are read with votes from inside and comments from outside', () => {
    const { records } = read([{ paper: inner, numComments: 5, upvotes: 999 }]);
    expect(records).toMatchObject([
      {
        paper: {
          key: 'arxiv:2606.90001',
          title: 'A Title',
          tldr: 'Short.',
          authors: ['Ada Example', 'Ben Sample'],
          keywords: ['attention'],
          organization: 'The Lab',
          categories: [],
          publishedAt: Date.parse('2026-06-20'),
          announcedAt: Date.parse('2026-06-22'),
          codeUrl: 'https://github.com/example/code',
          projectUrl: null,
          withdrawnAt: null,
        },
        signals: [
          { kind: 'upvotes', value: 12 },
          { kind: 'comments', value: 5 },
          { kind: 'github_stars', value: 34 },
        ],
      },
    ]);
  });

  it('leave unknown what a day does not say, and zero is not unknown', () => {
    const { records } = read([{ paper: { id: '2606.90001', title: 'T', upvotes: 0, githubStars: -1 } }]);
    expect(records[0]?.signals).toEqual([{ kind: 'upvotes', value: 0 }]);
    expect(records[0]?.paper).toMatchObject({ abstract: null, tldr: null, organization: null, authors: [] });
  });

  it('say when a paper was withdrawn', () => {
    const { records } = read([{ paper: { ...inner, withdrawnAt: '2026-06-25T10:00:00.000Z' } }]);
    expect(records[0]?.paper.withdrawnAt).toBe(Date.parse('2026-06-25T10:00:00Z'));
  });

  it('are empty on weekends', () => {
    expect(read([])).toEqual({ records: [], problems: [] });
  });

  it('report a bad record with its place and id, and read the others', () => {
    const { records, problems } = read([
      { paper: { ...inner, id: 'nonsense' } },
      { paper: { ...inner, title: ' ' } },
      { paper: inner },
      null,
      { paper: { ...inner, summary: 'x'.repeat(30_000) } },
    ]);
    expect(records).toHaveLength(1);
    expect(problems.map((one) => one.where)).toEqual([
      'daily.json[0] (nonsense)',
      'daily.json[1] (2606.90001)',
      'daily.json[3]',
      'daily.json[4] (2606.90001)',
    ]);
    expect(problems[0]?.message).toBe('its id is not an arXiv id: "nonsense"');
    expect(problems[3]?.message).toContain('30000 characters');
  });

  it.each([
    ['{"error":"Invalid date"}', /not a list of daily papers.*Invalid date/],
    ['[{"title":"x"}]', /none of its 1 entries has a "paper"/],
    ['<html>', /is not JSON/],
    ['  ', /is empty/],
  ])('give one clear error for what is something else: %s', (payload, message) => {
    expect(() => parseDailyPapers(payload, context)).toThrow(SourceError);
    expect(() => parseDailyPapers(payload, context)).toThrow(message);
  });
});
