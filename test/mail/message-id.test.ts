import { expect, it } from 'vitest';
import { makeMessageId } from '../../src/mail/message-id.ts';

const id = makeMessageId('secret', 7, '2026-07-01', 'example.org');

it('is the same for the same subscriber, date and secret', () => {
  expect(makeMessageId(Buffer.from('secret'), 7, '2026-07-01', 'example.org')).toBe(id);
  expect(id).toMatch(/^<2026-07-01\.[0-9a-f]{32}@example\.org>$/);
});

it('differs for another subscriber, date or secret', () => {
  const others = [
    makeMessageId('secret', 72, '2026-07-01', 'example.org'),
    makeMessageId('secret', 7, '2026-07-02', 'example.org'),
    makeMessageId('other', 7, '2026-07-01', 'example.org'),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});
