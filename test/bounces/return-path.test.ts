import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTokens, makeReturnPath, readReturnPath } from '../../src/bounces/return-path.ts';

const secret = 'correct horse';
const domain = 'papers.example';
const ids = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const pathOf = (deliveryId: number) => makeReturnPath({ secret, deliveryId, domain });

describe('a return path', () => {
  it('leads back to its delivery, however its case was changed and its look-alikes mixed up', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const path = pathOf(id);
        expect(readReturnPath(path, secret)).toBe(id);
        expect(readReturnPath(path.toUpperCase(), secret)).toBe(id);
        const [local = ''] = path.slice('bounce+'.length).split('@');
        const mixed = local.replace(/0/g, 'O').replace(/1/g, 'l');
        expect(readReturnPath(`bounce+${mixed}@${domain}`, secret)).toBe(id);
      }),
    );
  });

  it('is a short address of safe characters, the same each time', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(pathOf(id)).toMatch(/^bounce\+[0-9a-hjkmnp-tv-z]{17,27}@papers\.example$/);
        expect(pathOf(id)).toBe(pathOf(id));
      }),
    );
    expect(pathOf(123_456)).toHaveLength('bounce+@papers.example'.length + 20);
  });

  it('holds for one delivery and one secret only', () => {
    fc.assert(
      fc.property(ids, ids, fc.string({ minLength: 1 }), (id, other, otherSecret) => {
        fc.pre(id !== other && otherSecret !== secret);
        expect(readReturnPath(pathOf(id), otherSecret)).toBe(null);
        const mac = pathOf(id).slice(7, 23);
        const rest = pathOf(other).slice(23);
        expect(readReturnPath(`bounce+${mac}${rest}`, secret)).toBe(null);
      }),
    );
  });

  it('with any one character changed leads nowhere', () => {
    const path = pathOf(987_654);
    for (let index = 7; index < path.indexOf('@'); index++) {
      const other = path[index] === 'z' ? 'y' : 'z';
      expect(readReturnPath(path.slice(0, index) + other + path.slice(index + 1), secret)).toBe(null);
    }
  });

  it('is read through what relays put around it', () => {
    const path = pathOf(42);
    const local = path.slice(0, path.indexOf('@'));
    expect(readReturnPath(`prvs=1234ab=${path}`, secret)).toBe(42);
    expect(readReturnPath(`${local}@other.example`, secret)).toBe(42);
  });

  it('is never read out of anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readReturnPath(text, secret)).toBe(null);
      }),
    );
    for (const text of ['', '@', '+@', 'bounce@papers.example', 'bounce+0000000000000000@papers.example'])
      expect(readReturnPath(text, secret)).toBe(null);
  });

  it('is not made of what is no id or no local part', () => {
    for (const deliveryId of [0, -1, 1.5, Number.NaN, 2 ** 53])
      expect(() => makeReturnPath({ secret, deliveryId, domain })).toThrow(RangeError);
    for (const localPart of ['', 'a b', 'a@b', 'a\r\nb', 'x'.repeat(37)])
      expect(() => makeReturnPath({ secret, deliveryId: 1, domain, localPart })).toThrow(RangeError);
    const longest = makeReturnPath({
      secret,
      deliveryId: Number.MAX_SAFE_INTEGER,
      domain,
      localPart: 'x'.repeat(36),
    });
    expect(longest.indexOf('@')).toBeLessThanOrEqual(64);
  });

  it('is found in running text', () => {
    const path = pathOf(7);
    expect(findTokens(`(envelope-from <${path}>) by me+tag@x.example; ${path}`)).toEqual([path]);
  });
});
