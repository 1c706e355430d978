import { expect, test } from 'vitest';
import type { DigestPaper } from '../../src/digest/digest.ts';
import { findSharedTitles } from '../../src/digest/shared-titles.ts';
import { writeSubject } from '../../src/digest/subject.ts';
import { makeDigest, makeNote, makePaper, placed } from './digests.ts';

const long = 'A history of everything that was ever said about attention in sequence models and elsewhere';
const titled = (...titles: string[]) => titles.map((title, index) => ({ id: index + 1, title }));

test('titles that a subject would name the same are found, whatever stands after or between', () => {
  const papers = titled(
    `${long}: Part I`,
    'Technical report',
    `${long}: Part II`,
    'technical report',
    'Technical Report!',
    'Technical report',
    `${long.slice(0, 40)}: a sequel`,
    '',
  );
  expect([...findSharedTitles(papers)].sort()).toEqual([1, 2, 3, 6]);
});

test('two of them name the day in their subjects, in the words of their reader', () => {
  const subject = (title: string, editionDate: string, locale: string, count = 1) => {
    const papers = placed(
      Array.from({ length: count }, (_, index) => ({
        paper: makePaper(index, { title }),
        note: makeNote({ sharesTitle: true }),
      })),
    ) as DigestPaper[];
    return writeSubject(
      papers.map(({ paper }) => paper.title),
      makeDigest(papers, { editionDate, locale }),
    );
  };
  expect(subject('Technical report', '2026-07-03', 'en-GB')).toBe('Technical report (3 Jul)');
  expect(subject('Technical report', '2026-07-04', 'de', 3)).toBe(
    'Technical report (4. Juli) · und 2 weitere',
  );
});
