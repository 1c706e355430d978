import { describe, expect, test } from 'vitest';
import {
  deliveryPurposes,
  mailLinks,
  readDeliveryToken,
  readToken,
  signDeliveryToken,
  signToken,
  tokenPurposes,
  unsentLinks,
} from '../../src/subscribers/tokens.ts';

const secret = 's'.repeat(43);
const token = signToken({ purpose: 'unsubscribe', subscriberId: 4711, linkEpoch: 0 }, secret);

describe('a token', () => {
  test('names its subscriber to whoever holds the secret, and is the same each time', () => {
    expect(readToken(token, 'unsubscribe', secret)).toEqual({ ok: true, subscriberId: 4711, linkEpoch: 0 });
    expect(signToken({ purpose: 'unsubscribe', subscriberId: 4711, linkEpoch: 0 }, secret)).toBe(token);
  });

  test('is worth nothing for another purpose or under another secret', () => {
    expect(readToken(token, 'preferences', secret)).toEqual({ ok: false });
    expect(readToken(token, 'unsubscribe', `${secret}x`)).toEqual({ ok: false });
  });

  test('with any character changed, added or taken away is refused', () => {
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'a' ? 'b' : 'a';
      expect(readToken(token.slice(0, at) + other + token.slice(at + 1), 'unsubscribe', secret).ok).toBe(
        false,
      );
      expect(readToken(token.slice(0, at) + token.slice(at + 1), 'unsubscribe', secret).ok).toBe(false);
    }
    for (const text of [
      '',
      'x',
      `${token}0`,
      `0${token}`,
      `${token}\n`,
      token.toUpperCase(),
      `${'A'.repeat(32)}zzzzzzzzzzz`,
    ])
      expect(readToken(text, 'unsubscribe', secret).ok).toBe(false);
  });

  test('fits a link as it is and does not end in punctuation', () => {
    for (let id = 1; id < 200; id++)
      expect(signToken({ purpose: 'preferences', subscriberId: id, linkEpoch: 0 }, secret)).toMatch(
        /^[\w-]{32,}[0-9a-z]$/,
      );
  });

  test('is only made for an id', () => {
    expect(() =>
      signToken({ purpose: 'preferences', subscriberId: Number.NaN, linkEpoch: 0 }, secret),
    ).toThrow(RangeError);
  });
});

describe("a delivery's token", () => {
  const view = signDeliveryToken({ purpose: 'view', deliveryId: 4711, linkEpoch: 0 }, secret);

  test('names its delivery, for its purpose alone', () => {
    expect(readDeliveryToken(view, 'view', secret)).toEqual({ ok: true, deliveryId: 4711, linkEpoch: 0 });
    expect(readDeliveryToken(view, 'feedback', secret)).toEqual({ ok: false });
    expect(readDeliveryToken(view, 'view', `${secret}x`)).toEqual({ ok: false });
  });

  test("opens nothing of a subscriber, nor a subscriber's token anything of a delivery", () => {
    for (const purpose of tokenPurposes) {
      expect(readToken(view, purpose, secret)).toEqual({ ok: false });
      const own = signToken({ purpose, subscriberId: 4711, linkEpoch: 0 }, secret);
      for (const other of deliveryPurposes)
        expect(readDeliveryToken(own, other, secret)).toEqual({ ok: false });
    }
  });

  test('is only made for a delivery that is planned', () => {
    expect(() => signDeliveryToken({ purpose: 'view', deliveryId: 0, linkEpoch: 0 }, secret)).toThrow(
      RangeError,
    );
  });
});

test("a mail's links stand under the public address", () => {
  const config = { secretKey: secret, web: { publicUrl: 'https://example.org/papers' } };
  const links = mailLinks(config, { subscriberId: 7, linkEpoch: 0 }, 99);
  expect(links.home).toBe('https://example.org/papers/');
  expect(links.unsubscribe).toMatch(/^https:\/\/example\.org\/papers\/unsubscribe\/[\w-]+$/);
  expect(links.preferences).toMatch(/^https:\/\/example\.org\/papers\/preferences\/[\w-]+$/);
  const token = (purpose: 'view' | 'feedback') =>
    signDeliveryToken({ purpose, deliveryId: 99, linkEpoch: 0 }, secret);
  expect(links.view).toBe(`https://example.org/papers/digest/${token('view')}`);
  expect(links.feedback).toBe(`https://example.org/papers/like/${token('feedback')}`);
  // Where nothing is planned, there is no delivery to look at or to like papers of; the mail looks the same all the same.
  const unsent = mailLinks(config, { subscriberId: 7, linkEpoch: 0 }, 0);
  expect(unsent).toMatchObject(unsentLinks(config.web.publicUrl));
  for (const link of [unsent.view, unsent.feedback])
    expect(readDeliveryToken(link?.split('/').at(-1) ?? '', 'view', config.secretKey)).toMatchObject({
      ok: false,
    });
});

describe('the epoch of links', () => {
  test('0 signs what was signed before there were epochs: links in old mails go on working', () => {
    expect(token).toBe('gwJRZ2z0G1cJKESkRxrdpmYmqYUmAi7K3mv');
    expect(readToken(token, 'unsubscribe', secret)).toMatchObject({ linkEpoch: 0 });
  });

  test('is in the MAC, so that nobody turns a link that was switched off into one that works', () => {
    const first = signToken({ purpose: 'preferences', subscriberId: 7, linkEpoch: 1 }, secret);
    expect(readToken(first, 'preferences', secret)).toEqual({ ok: true, subscriberId: 7, linkEpoch: 1 });
    for (const forged of [
      first.replace(/1$/, '2'),
      first.slice(0, -2),
      `${first}0`,
      first.replace(/_1$/, '_0'),
    ])
      expect(readToken(forged, 'preferences', secret)).toEqual({ ok: false });
    const view = signDeliveryToken({ purpose: 'view', deliveryId: 9, linkEpoch: 36 }, secret);
    expect(view).toMatch(/9_10$/);
    expect(readDeliveryToken(view, 'view', secret)).toEqual({ ok: true, deliveryId: 9, linkEpoch: 36 });
  });

  test('stood behind a dot once: those links go on working', () => {
    const old = signToken({ purpose: 'preferences', subscriberId: 7, linkEpoch: 2 }, secret).replace(
      /_2$/,
      '.2',
    );
    expect(readToken(old, 'preferences', secret)).toEqual({ ok: true, subscriberId: 7, linkEpoch: 2 });
  });
});
