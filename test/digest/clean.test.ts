import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanLine, safeLink, shorten } from '../../src/digest/clean.ts';

test('a clean line holds no control, bidi or invisible character and keeps within its length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 40 }), (text, length) => {
      const line = cleanLine(text, length);
      expect(line.length).toBeLessThanOrEqual(length);
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\u200B\uFEFF]/u);
      expect(line.isWellFormed()).toBe(true);
      expect(line).toBe(line.trim());
    }),
  );
});

test('joiners stay: scripts need them', () => {
  expect(cleanLine('می\u200cخواهم', 40)).toBe('می\u200cخواهم');
});

test('a stack of accents is cut down', () => {
  expect(cleanLine(`a${'\u0301'.repeat(50)}b`, 100)).toBe(`a${'\u0301'.repeat(4)}b`);
});

test('shortening ends at a word and says so', () => {
  expect(shorten('one two three four', 15)).toBe('one two three…');
  expect(shorten('one two', 7)).toBe('one two');
  expect(shorten('😀😀😀😀', 4)).toBe('😀…');
});

test.each([
  ['javascript:alert(1)'],
  ['data:text/html,x'],
  ['//no.scheme/'],
  ['https://someone@evil.example/'],
  ['https://:secret@evil.example/'],
  ['mailto:a@b.example'],
  ['not a link'],
  [''],
  [`https://long.example/${'a'.repeat(2000)}`],
])('%s is no link', (address) => {
  expect(safeLink(address)).toBeNull();
});

test('a link is normalised, so that nothing in it ends an attribute or a header', () => {
  expect(safeLink('https://x.example/a b"<>\r\n?q="')).toBe('https://x.example/a%20b%22%3C%3E?q=%22');
});
