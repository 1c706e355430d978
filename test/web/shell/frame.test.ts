import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { makeFormToken } from '../../../src/web/shell/forms.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';
import { openSignUpWeb } from '../reader/sign-up-pages.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let paths: { preferences: string; unsubscribe: string };
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
  paths = site.paths(id);
});
afterEach(() => store.close());

const pause = (headers: Record<string, string>) =>
  site.web.request(`${paths.preferences}/pause`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: `form_token=${makeFormToken({ form: 'preferences', holder: id }, site.config.secretKey, monday)}`,
  });
const status = async () => (await findSubscriber(store.db, id))?.status;

describe('forms come from our own pages', () => {
  test.each([
    [{ Origin: 'https://evil.example' }],
    [{ Origin: 'null' }],
    [{ Origin: 'http://papers.example.org' }],
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site', Origin: 'https://papers.example.org' }],
  ])('%j is refused', async (headers) => {
    const answer = await pause(headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('Nothing was changed');
    expect(await status()).toBe('active');
  });

  test.each([
    [{ Origin: 'https://papers.example.org' }],
    [{ Origin: 'http://192.0.2.7:8080', Host: '192.0.2.7:8080' }],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://papers.example.org' }],
  ])('%j is let in', async (headers) => {
    expect((await pause(headers as Record<string, string>)).status).toBe(303);
    expect(await status()).toBe('paused');
  });

  test('the one click of a mail provider is let in from anywhere (RFC 8058)', async () => {
    const headers = { Origin: 'https://mail.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await site.web.request(paths.unsubscribe, { method: 'POST', headers })).status).toBe(200);
    expect(await status()).toBe('unsubscribed');
    expect((await site.web.request(`${paths.unsubscribe}/undo`, { method: 'POST', headers })).status).toBe(
      403,
    );
    expect(await status()).toBe('unsubscribed');
  });
});

describe('what pages load', () => {
  const assets = async () => {
    const shown = await (await site.web.request('/')).text();
    return [...shown.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, url]) => url as string);
  };

  test('comes from here, is kept for a year by its version, and is compressed', async () => {
    expect((await assets()).length).toBeGreaterThanOrEqual(4);
    for (const url of await assets()) {
      for (const encoding of ['br', 'gzip']) {
        const answer = await site.web.request(url, { headers: { 'Accept-Encoding': encoding } });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('Content-Encoding')).toBe(encoding);
        expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
        const etag = answer.headers.get('ETag') ?? '';
        expect((await site.web.request(url, { headers: { 'If-None-Match': etag } })).status).toBe(304);
      }
      const bare = await site.web.request(url.split('?')[0] ?? '');
      expect(bare.headers.get('Cache-Control')).toBe('public, max-age=3600');
    }
  });

  test('runs no script and no style but our files', async () => {
    const answer = await site.web.request('/');
    const policy = answer.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(await answer.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  });
});

describe('what a page cannot do', () => {
  test.each([
    ['POST', '/', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/papers/arxiv:2606.00001', 'GET, HEAD, OPTIONS'],
    ['PUT', '/subscribe', 'GET, HEAD, OPTIONS, POST'],
    ['GET', '/subscribe/preview', 'OPTIONS, POST'],
    ['POST', '/assets/style.css', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/robots.txt', 'GET, HEAD, OPTIONS'],
  ])('%s %s is answered with what it can', async (method, path, allowed) => {
    const { web } = await openSignUpWeb(store);
    const answer = await web.request(path, { method });
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, allowed]);
    expect(await answer.text()).toContain('Nothing was changed.');
    const options = await web.request(path, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('Allow')]).toEqual([204, allowed]);
  });

  test('does not tell whether a link is anybody’s', async () => {
    const told = async (path: string) => {
      const answer = await site.web.request(path, { method: 'PUT' });
      return [answer.status, answer.headers.get('Allow'), await answer.text()];
    };
    expect(await told(paths.preferences)).toEqual(await told('/preferences/none'));
  });

  test('is nothing where there is no page, whatever is asked', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await site.web.request('/nothing', { method });
      expect([method, answer.status, answer.headers.get('Allow')]).toEqual([method, 404, null]);
    }
  });

  test('a slash too many leads to a page alone', async () => {
    const led = async (path: string) => {
      const answer = await site.web.request(path);
      return [answer.status, answer.headers.get('Location')];
    };
    expect(await led('/search/')).toEqual([301, '/search']);
    expect(await led('/papers/')).toEqual([404, null]);
    expect(await led('/nothing/')).toEqual([404, null]);
  });
});
