import type { Context } from 'hono';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createBudget, createLimiter } from '../../../src/web/shell/limiter.ts';
import { blockOf, networkOf } from '../../../src/web/shell/network.ts';

test('each network has its share, and all together have theirs', async () => {
  const limiter = createLimiter({ windowMs: 60_000, each: { network: 2 }, all: 3 });
  const take = (network: string) => limiter.take({ network });
  expect(await take('a')).toBeNull();
  expect(await take('a')).toBeNull();
  expect(await take('a')).toBeGreaterThan(0);
  expect(await take('b')).toBeNull();
  expect(await take('b')).toBeGreaterThan(0);
});

test('a flood from everywhere leaves no more in memory than all may do', async () => {
  const limiter = createLimiter({ windowMs: 60_000, each: { network: 5 }, all: 100 });
  const keys = new Set<string>();
  let taken = 0;
  for (let index = 0; index < 10_000; index++) {
    const network = {
      toString() {
        keys.add(String(index));
        return String(index);
      },
    };
    if ((await limiter.take({ network: network as unknown as string })) === null) taken++;
  }
  expect(taken).toBe(100);
  // Of the others not even the key was looked at.
  expect(keys.size).toBe(100);
});

test('what is spent is known afterwards, and then there is less left for each and for all', async () => {
  const budget = createBudget({ windowMs: 60_000, each: { network: 10 }, all: 30 });
  expect(await budget.wait({ network: 'a' })).toBeNull();
  await budget.spend({ network: 'a' }, 9.5);
  expect(await budget.wait({ network: 'a' })).toBeGreaterThan(0);
  expect(await budget.wait({ network: 'b' })).toBeNull();
  await budget.spend({ network: 'b' }, 0);
  await budget.spend({}, 18);
  expect(await budget.wait({ network: 'b' })).toBeNull();
  await budget.spend({}, 1);
  expect(await budget.wait({ network: 'b' })).toBeGreaterThan(0);
  expect(await budget.wait({})).toBeLessThanOrEqual(60_000);
});

const ask = async (peer: string, forwarded: string | null, trusted: number) => {
  const site = new Hono();
  site.get('/', (c: Context) => c.text(networkOf(c, trusted)));
  const incoming = { socket: { remoteAddress: peer, remotePort: 1, remoteFamily: 'IPv4' } };
  const headers = forwarded === null ? {} : { 'X-Forwarded-For': forwarded };
  return await (await site.request('/', { headers }, { incoming })).text();
};

test.each([
  ['203.0.113.9', '198.51.100.7', 0, '203.0.113.9'],
  ['127.0.0.1', '198.51.100.7', 0, '127.0.0.1'],
  ['127.0.0.1', null, 1, '127.0.0.1'],
  ['127.0.0.1', 'spoofed, 198.51.100.7', 1, '198.51.100.7'],
  ['10.0.0.2', '1.1.1.1, 198.51.100.7, 10.0.0.1', 2, '198.51.100.7'],
  // Who did not come through as many proxies as are trusted is who they are.
  ['203.0.113.9', '198.51.100.7', 2, '203.0.113.9'],
  ['127.0.0.1', 'nonsense<script>', 1, '127.0.0.1'],
  ['127.0.0.1', '[2001:db8:0:7::1]:4711', 1, '2001:db8:0:7::/64'],
  ['::ffff:203.0.113.9', null, 0, '203.0.113.9'],
])(
  'a request from %s forwarded for %s with %i proxies trusted comes from %s',
  async (peer, forwarded, trusted, network) => {
    expect(await ask(peer, forwarded, trusted)).toBe(network);
  },
);

test.each([
  ['203.0.113.9', '203.0.113.0/24'],
  ['2001:db8:0:7::/64', '2001:db8:0::/48'],
  ['unknown', 'unknown'],
])('%s is in %s', (network, block) => {
  expect(blockOf(network)).toBe(block);
});
