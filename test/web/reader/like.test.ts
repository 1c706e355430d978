import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { eraseSubscriber } from '../../../src/subscribers/status.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';
import { mailDigest } from './mailed.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let like: string;
let view: string;
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
  const delivery = await mailDigest(store, id, [
    { id: 1, title: 'Agents that plan' },
    { id: 2, title: '<script>alert(1)</script> "quoted" & $\\alpha$' },
  ]);
  ({ feedback: like, view } = site.deliveryPaths(id, delivery));
});
afterEach(() => store.close());

const text = async (path: string) => (await site.web.request(path)).text();
const said = () =>
  store.raw
    .prepare('SELECT paper_id, verdict FROM feedback WHERE removed_at IS NULL ORDER BY paper_id')
    .raw()
    .all();

describe('more and less like this', () => {
  test('following the link asks and changes nothing; the button says it', async () => {
    const asked = await text(`${like}/1/more`);
    expect(asked).toContain('Agents that plan');
    expect(asked).toContain('a…z@example.org');
    expect(said()).toEqual([]);
    const answer = await site.submit(`${like}/1/more`, `${like}/1/more`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    const shown = await answer.text();
    expect(shown).toContain('You will see more like this');
    expect(said()).toEqual([[1, 'more']]);
    expect(await text(`${like}/1/more`)).toContain('You will see more like this');
  });

  test('can be turned round and taken back', async () => {
    await site.submit(`${like}/1/more`, `${like}/1/more`);
    expect(await text(`${like}/1/less`)).toContain('Less like this?');
    await site.submit(`${like}/1/less`, `${like}/1/less`);
    expect(said()).toEqual([[1, 'less']]);
    const undone = await site.submit(`${like}/1/less`, `${like}/1/less/undo`);
    expect(await undone.text()).toContain('Taken back');
    expect(said()).toEqual([]);
  });

  test('a hostile title is shown as text, mathematics as it reads', async () => {
    const shown = await text(`${like}/2/more`);
    expect(shown).not.toContain('<script>alert');
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(shown).toContain('α');
  });

  test('a form of another digest, of another page, none, or of yesterday says nothing', async () => {
    const other = await addSomebody(store, { email: 'other@example.org' });
    const theirs = site.deliveryPaths(other, await mailDigest(store, other, [{ id: 1 }])).feedback;
    const shown = await text(`${theirs}/1/more`);
    const token = /name="form_token" value="([^"]+)"/.exec(shown)?.[1] ?? '';
    for (const fields of [[], [['form_token', token]], [['form_token', 'x']]] as [string, string][][]) {
      const answer = await site.post(`${like}/1/more`, fields);
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain(`href="${like}/1/more"`);
    }
    const own = /name="form_token" value="([^"]+)"/.exec(await text(`${like}/1/more`))?.[1] ?? '';
    const tomorrow = openTestWeb(store, undefined, monday + 25 * 3_600_000);
    const stale = await tomorrow.post(`${like}/1/more`, [['form_token', own]]);
    expect([stale.status, await stale.text()]).toEqual([403, expect.stringContaining('open for too long')]);
    expect(said()).toEqual([]);
  });

  test('a token of another purpose, of no one, cut off, or a place that is not there opens nothing', async () => {
    const crossed = like.replace(/[^/]+$/, view.split('/').at(-1) ?? '');
    const paths = [
      `${crossed}/1/more`,
      `${like}x/1/more`,
      `${like.slice(0, -1)}/1/more`,
      '/like/x/1/more',
      ...['0', '3', '-1', '1.5', '01', '1e1', '9999999999'].map((position) => `${like}/${position}/more`),
      `${like}/1/love`,
    ];
    for (const path of paths) {
      expect([path, (await site.web.request(path)).status]).toEqual([path, 404]);
      expect((await site.post(path)).status).toBe(404);
    }
    expect(said()).toEqual([]);
  });

  test('of a digest that was not mailed nothing can be said, and whoever is erased is gone', async () => {
    const pending = await mailDigest(store, id, [{ id: 3 }], {
      editionDate: '2026-06-23',
      status: 'pending',
    });
    const path = `${site.deliveryPaths(id, pending).feedback}/1/more`;
    expect((await site.web.request(path)).status).toBe(404);
    await eraseSubscriber(store.db, id, monday, (key) => key);
    expect((await site.web.request(`${like}/1/more`)).status).toBe(410);
  });
});
