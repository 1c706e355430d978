import { describe, expect, it } from 'vitest';
import type { Paper } from '../../src/papers/paper.ts';
import { makePaper } from '../../src/sources/record.ts';
import { isSameWork } from '../../src/sources/same-work.ts';

const robots = 'A survey of learning for the control of robots and the planning of motion.';
const billing =
  'This is a study of the coding of bills in hospitals, of the learning of its rules, and of the errors in it.';
const paper = (known: Partial<Paper>): Paper =>
  makePaper({ key: 'title:1', title: 'Deep Learning for Robotics', ...known });
const same = (a: Partial<Paper>, b: Partial<Paper>): boolean[] => [
  isSameWork(paper(a), paper({ key: 'arxiv:2601.00009', ...b })),
  isSameWork(paper({ key: 'arxiv:2601.00009', ...b }), paper(a)),
];
const [yes, no] = [
  [true, true],
  [false, false],
];

describe('two papers of one title', () => {
  it('are not one work for the stop words and title words that their abstracts share', () => {
    expect(same({ abstract: robots }, { abstract: billing })).toEqual(no);
  });

  it('are one work when the content of the shorter abstract is in the other', () => {
    const longer = `${robots} We compare forty systems and list open questions of safety.`;
    expect(same({ abstract: robots }, { abstract: longer })).toEqual(yes);
    expect(same({ abstract: 'Robot control.' }, { abstract: longer })).toEqual(yes);
  });

  it('are not one work for two or three content words in common of many', () => {
    const other = 'We trace how planning of motion is taught at schools of surgery in nine cities.';
    expect(same({ abstract: robots }, { abstract: other })).toEqual(no);
  });

  it('are two works when nobody wrote both, unless the abstracts are nearly the same', () => {
    const [a, b] = [{ authors: ['Ada Example'] }, { authors: ['C. Sample', 'D. Specimen'] }];
    expect(same(a, b)).toEqual(no);
    expect(same({ ...a, abstract: `${robots} Grippers too.` }, { ...b, abstract: robots })).toEqual(yes);
    const shared = `${robots} Filters and splines serve both.`;
    const half = `${shared} It covers grasping, walking, swimming and flight.`;
    const otherHalf = `${shared} Farms, ships, mines, kitchens: each with costs.`;
    expect(same({ abstract: half }, { abstract: otherHalf })).toEqual(yes);
    expect(same({ ...a, abstract: half }, { ...b, abstract: otherHalf })).toEqual(no);
  });

  it('have the same authors however their names are spelled', () => {
    const title = 'Introduction';
    expect(same({ title }, { title })).toEqual(no);
    const spelled = ["E. R{\\'e}nyi, Jr.", 'Geoffrey Specimen'];
    expect(same({ title, authors: spelled }, { title, authors: ['Rényi, Ella', 'Specimen, G.'] })).toEqual(
      yes,
    );
  });

  it('without an abstract on one side are one work when the title says enough', () => {
    expect(same({}, { abstract: billing })).toEqual(yes);
    expect(same({ abstract: 'TBA' }, { abstract: billing })).toEqual(yes);
  });
});
