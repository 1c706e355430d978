import { expect, test } from 'vitest';
import { foldText, placeWords, splitWords } from '../../src/topics/words.ts';

test.each([
  ['Schr\\"odinger', 'schrodinger'],
  ['Schr\\"{o}dinger', 'schrodinger'],
  ['Schr{\\"o}dinger', 'schrodinger'],
  ['Fran{\\c{c}}ois', 'francois'],
  ['{\\"o', '{o'],
  ['Ångström', 'angstrom'],
])('%s is compared as %s', (text, folded) => expect(foldText(text)).toBe(folded));

test('words are found where they stand', () => {
  const text = 'PointNet++ and Müller’s pre-training';
  const { words, compounds } = placeWords(text);
  expect(words.map(({ word }) => word)).toEqual(splitWords(text));
  expect(words.map(({ from, to }) => text.slice(from, to))).toEqual([
    ...['PointNet++', 'PointNet++', 'and', 'Müller’s', 'pre', 'training'],
  ]);
  expect(compounds).toEqual([{ word: 'pretraining', from: 24, to: 36 }]);
});
