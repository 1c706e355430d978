import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { readableName, readableText } from '../../src/tex/readable.ts';

const isLoaded = () =>
  Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/temml/'));

it('text without mathematics does not load the parser of it', () => {
  readableText("Plain text at $5, 50% of {words}, ``quoted'' and Schr{\\\"o}dinger with \\emph{stress}");
  readableName('{\\L}ukasz $x^2$');
  expect(isLoaded()).toBe(false);
  readableText('$x^2$');
  expect(isLoaded()).toBe(true);
});
