import { describe, expect, test } from 'vitest';
import { makeFormToken, readFormToken } from '../../../src/web/shell/forms.ts';

const secret = 'k'.repeat(43);
const at = Date.UTC(2026, 5, 22, 8);
const claim = { form: 'preferences', holder: 7 };
const token = makeFormToken(claim, secret, at);

describe('a form token', () => {
  test('says how long ago its form was shown', () => {
    expect(readFormToken(token, claim, secret, at + 5_000)).toEqual({ ok: true, ageMs: 5_000 });
  });

  test.each([
    ['another form', { form: 'erase', holder: 7 }],
    ['somebody else', { form: 'preferences', holder: 8 }],
    ['a holder and form that read the same when joined', { form: 'preferences7', holder: '' }],
  ])('is worth nothing for %s', (_, other) => {
    expect(readFormToken(token, other, secret, at)).toEqual({ ok: false, reason: 'forged' });
  });

  test('is worth nothing under another key, or with another instant', () => {
    expect(readFormToken(token, claim, 'x'.repeat(43), at)).toEqual({ ok: false, reason: 'forged' });
    const moved = `${(at + 1).toString(36)}.${token.split('.')[1]}`;
    expect(readFormToken(moved, claim, secret, at)).toEqual({ ok: false, reason: 'forged' });
  });

  test.each(['', 'x', '.', `${token}x`, token.slice(1), '\0', 'é.é', `${token}\n`])('%j is none', (text) => {
    expect(readFormToken(text, claim, secret, at).ok).toBe(false);
  });

  test('is stale after a day, and when it comes from the future', () => {
    expect(readFormToken(token, claim, secret, at + 25 * 3_600_000)).toEqual({ ok: false, reason: 'stale' });
    expect(readFormToken(token, claim, secret, at - 3_600_000)).toEqual({ ok: false, reason: 'stale' });
  });
});
