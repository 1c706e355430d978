import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { sendPublic } from '../../../src/web/shell/send-page.ts';

const body = '<p>Hällo</p>'.repeat(200);
const web = new Hono();
web.get('/', (c) => sendPublic(c, body));
web.get('/short', (c) => sendPublic(c, 'short', { type: 'text/plain', maxAgeS: 5 }));

const ask = (headers: Record<string, string>, path = '/') => web.request(path, { headers });

describe('a public page', () => {
  test.each([
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['identity', null],
    ['br;q=0, *;q=0', null],
    ['', null],
    ['gzipped', null],
  ])('for who takes %s is compressed as %s', async (accepted, encoding) => {
    const answer = await ask({ 'Accept-Encoding': accepted });
    expect(answer.headers.get('Content-Encoding')).toBe(encoding);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const read =
      encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
    expect(read.toString()).toBe(body);
  });

  test('has a tag of its own in each form, and is known by any of them', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', ''].map(
        async (one) => (await ask({ 'Accept-Encoding': one })).headers.get('ETag') ?? '',
      ),
    );
    expect(new Set(tags).size).toBe(3);
    for (const tag of [...tags, ...tags.map((one) => `W/${one}`), '*', `"other", ${tags[1]}`])
      expect((await ask({ 'If-None-Match': tag, 'Accept-Encoding': 'br' })).status).toBe(304);
    for (const tag of ['"other"', '', 'x']) expect((await ask({ 'If-None-Match': tag })).status).toBe(200);
  });

  test('that is short stays as it is', async () => {
    const answer = await ask({ 'Accept-Encoding': 'br' }, '/short');
    expect(answer.headers.get('Content-Encoding')).toBeNull();
    expect(answer.headers.get('Content-Type')).toBe('text/plain');
    expect(answer.headers.get('Cache-Control')).toBe('public, max-age=5, stale-while-revalidate=50');
  });

  test('answers HEAD without a body', async () => {
    const answer = await web.request('/', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});
