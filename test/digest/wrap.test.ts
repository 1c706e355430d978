import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, wrap } from '../../src/digest/wrap.ts';

test('no line is wider than the width unless it is one link', () => {
  const words = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 90 }),
      fc.webUrl(),
      fc.constantFrom('长上下文', 'a。b', 'é'.repeat(80)),
    ),
  );
  fc.assert(
    fc.property(words, fc.integer({ min: 0, max: 8 }), (parts, indent) => {
      const text = parts.join(' ');
      for (const line of wrap(text, 72, ' '.repeat(indent)).split('\n'))
        if (!/^\s*https?:\/\/\S*$/.test(line)) expect(columns(line)).toBeLessThanOrEqual(72);
    }),
  );
});

test('wrapping loses nothing but white space', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(wrap(text).replace(/\s+/gu, '')).toBe(text.replace(/\s+/gu, ''));
    }),
  );
});

test('Chinese counts two columns and breaks between characters, never before a full stop', () => {
  expect(columns('长上下文')).toBe(8);
  const lines = wrap('长上下文推理的代价很高。', 20).split('\n');
  expect(lines.length).toBe(2);
  for (const line of lines) expect(line).not.toMatch(/^。/);
});

test('every line is indented and none ends in a space', () => {
  const wrapped = wrap('word '.repeat(60), 40, '    ');
  for (const line of wrapped.split('\n')) expect(line).toMatch(/^ {4}\S(.*\S)?$/);
});

test('what a no-break space ties stays together', () => {
  expect(wrap('twelve\u00A0stars and more', 14)).toBe('twelve stars\nand more');
  expect(wrap('over twelve\u00A0stars', 14)).toBe('over\ntwelve stars');
  // Between wide characters a line may break, but not beside the space.
  expect(wrap('三个赞 ·\u00A0六条评论', 9)).toBe('三个赞\n· 六条评\n论');
  expect(wrap('三个赞，昨日\u00A0+1', 12)).toBe('三个赞，昨\n日 +1');
});
