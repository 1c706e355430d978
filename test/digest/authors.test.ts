import { expect, test } from 'vitest';
import { viewPaper } from '../../src/digest/view.ts';
import { makePaper } from './digests.ts';

test('a name that is shown in the place of an empty one is cleaned like any other', () => {
  const hostile = `Fifth\r\n\u001b[31m\ud800${'x'.repeat(500)}`;
  for (const empty of ['', ' ', '\u200b', '\r\n']) {
    const { authors } = viewPaper(makePaper(1, { authors: ['A B', empty, 'C D', 'E F', hostile] }), 'en');
    expect(authors).toMatch(/^A B, C D, E F,\sFifth\s/);
    expect(authors).not.toMatch(/\p{Cc}|\p{Cs}/u);
    expect(authors?.length).toBeLessThan(100);
  }
});
