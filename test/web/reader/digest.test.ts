import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { eraseSubscriber } from '../../../src/subscribers/status.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';
import { mailDigest } from './mailed.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let view: string;
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
  const delivery = await mailDigest(store, id, [
    { id: 1, title: 'Agents that plan' },
    { id: 2, title: '<script>alert(1)</script>', paperUrl: 'javascript:alert(1)' },
  ]);
  ({ view } = site.deliveryPaths(id, delivery));
});
afterEach(() => store.close());

describe('a digest in the browser', () => {
  test('is the mail, with rules of its own: styled by itself, no script, no form, no trace of where one came from', async () => {
    const answer = await site.web.request(view);
    expect(answer.status).toBe(200);
    const { headers } = answer;
    const policy = headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'; style-src 'unsafe-inline'");
    expect(policy).toMatch(/sandbox allow-popups/);
    expect(policy).not.toContain('allow-scripts');
    expect([
      headers.get('Referrer-Policy'),
      headers.get('Cache-Control'),
      headers.get('X-Robots-Tag'),
    ]).toEqual(['no-referrer', 'no-store', 'noindex']);
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    const shown = await answer.text();
    expect(shown).toContain('Agents that plan');
    expect(shown).not.toContain('<script>alert');
    expect(shown).not.toMatch(/href="javascript/i);
  });

  test('is a page with a main part, as a mail within another page is not', async () => {
    const shown = await (await site.web.request(view)).text();
    expect(shown.match(/role="(?:main|article)"/g)).toEqual(['role="main"']);
  });

  test('can be passed on: it holds neither the subscription nor what its reader likes, nor the address', async () => {
    store.raw.exec("UPDATE paper_notes SET note = json_set(note, '$.moreLike', 'What I like')");
    const shown = await (await site.web.request(view)).text();
    const { preferences, unsubscribe } = site.paths(id);
    for (const secret of [preferences, unsubscribe, '/like/', 'ana.lopez', 'What I like'])
      expect(shown).not.toContain(secret);
    const links = await site.web.request(`${view}/links`);
    expect(links.status).toBe(200);
    expect(await links.text()).toContain('at the foot of the mail');
  });

  test('links of a preview or a test say what they are, and change nothing', async () => {
    for (const path of ['/digest/preview', '/like/preview/1/more', '/like/preview/1/less']) {
      const answer = await site.web.request(path);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain('only a preview or a test');
    }
  });

  test('is not there for a wrong token, one of another purpose, or what was never mailed', async () => {
    const pending = await mailDigest(store, id, [{ id: 3 }], {
      editionDate: '2026-06-23',
      status: 'pending',
    });
    const feedback = site.deliveryPaths(id, 1).feedback.split('/').at(-1);
    expect((await site.web.request(`/digest/${feedback}`)).status).toBe(404);
    expect((await site.web.request(`${view}1`)).status).toBe(404);
    expect((await site.web.request(site.deliveryPaths(id, pending).view)).status).toBe(410);
    expect((await site.web.request(site.deliveryPaths(id, 99).view)).status).toBe(410);
  });

  test('is gone when its papers were withdrawn, and when its reader was erased', async () => {
    store.raw.exec(`UPDATE papers SET withdrawn_at = ${monday}`);
    const withdrawn = await site.web.request(view);
    expect([withdrawn.status, await withdrawn.text()]).toEqual([410, expect.stringContaining('withdrawn')]);
    await eraseSubscriber(store.db, id, monday, (key) => key);
    expect((await site.web.request(view)).status).toBe(410);
  });
});
