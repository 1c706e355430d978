import { expect, test } from 'vitest';
import { HeaderError, writeHeaders } from '../../src/digest/headers.ts';
import { links, makeDigest, oddPapers, site } from './digests.ts';

const digest = makeDigest(oddPapers());

test('the headers say list, way out and origin, in this order', () => {
  expect(writeHeaders(digest, site)).toEqual([
    ['List-Id', 'Paperboy digest <digest.paperboy.example>'],
    ['List-Unsubscribe', `<${links.unsubscribe}>`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['List-Help', '<https://paperboy.example/>'],
    ['List-Archive', '<https://paperboy.example/>'],
    ['List-Post', 'NO'],
    ['Feedback-ID', '2026-07-03:day:paperboy.example:paperboy'],
    ['Auto-Submitted', 'auto-generated'],
  ]);
});

test('a mailbox that unsubscribes comes after the link', () => {
  const headers = new Map(
    writeHeaders({ ...digest, links: { ...links, unsubscribeMailbox: 'leave+now@bücher.example' } }, site),
  );
  expect(headers.get('List-Unsubscribe')).toBe(
    `<${links.unsubscribe}>, <mailto:leave%2Bnow@xn--bcher-kva.example?subject=unsubscribe>`,
  );
});

test('an internationalised sender domain is written in ASCII', () => {
  const headers = new Map(writeHeaders(digest, { sender: { name: 'P', address: 'a@bücher.example' } }));
  expect(headers.get('List-Id')).toBe('Paperboy digest <digest.xn--bcher-kva.example>');
});

test('a link that is none, and a sender without a domain, are faults and said so', () => {
  const bad = { ...digest, links: { ...links, unsubscribe: 'mailto:x@y.example' } };
  expect(() => writeHeaders(bad, site)).toThrow(HeaderError);
  expect(() => writeHeaders(digest, { sender: { name: 'P', address: 'nobody' } })).not.toThrow();
  expect(() => writeHeaders(digest, { sender: { name: 'P', address: 'a@' } })).toThrow(HeaderError);
});

test('a Feedback-ID has four different fields, the last of 5 to 15 characters, alike for all readers of an edition', () => {
  const feedbackId = (facts: Partial<typeof digest>) =>
    new Map(writeHeaders({ ...digest, ...facts }, site)).get('Feedback-ID') ?? '';
  const other = {
    home: links.home,
    preferences: `${links.preferences}x`,
    unsubscribe: `${links.unsubscribe}x`,
  };
  expect(feedbackId({ links: other })).toBe(feedbackId({}));
  for (const occasion of ['day', 'week', 'away', 'quiet', 'late'] as const) {
    const fields = feedbackId({ occasion }).split(':');
    expect(new Set(fields).size).toBe(4);
    expect(fields.at(-1)).toMatch(/^[a-z]{5,15}$/);
  }
});
