import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PreviewWish } from '../../../src/delivery/previews.ts';
import { saveFeedback } from '../../../src/store/feedback.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';
import { mailDigest } from './mailed.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let own: string;
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
  own = site.paths(id).preferences;
});
afterEach(() => store.close());

const person = () => findSubscriber(store.db, id);
const text = async (path: string) => (await site.web.request(path)).text();

test('no form works without the token of our own page, nor with that of somebody else', async () => {
  const other = await addSomebody(store, { email: 'other@example.org' });
  const before = store.raw.prepare('SELECT * FROM subscribers').all();
  for (const act of [
    '',
    '/pause',
    '/resume',
    '/likes/remove',
    '/links',
    '/erase',
    '/topics',
    '/topics/edit',
    '/topics/remove',
  ]) {
    expect((await site.post(`${own}${act}`)).status).toBe(403);
    expect((await site.steer(other, `${own}${act}`)).status).toBe(403);
  }
  expect(store.raw.prepare('SELECT * FROM subscribers').all()).toEqual(before);
});

test('every page says whose it is, masked, and leads to the others', async () => {
  for (const path of ['', '/topics', '/likes', '/digests', '/account', '/erase']) {
    const answer = await site.web.request(`${own}${path}`);
    expect([path, answer.status, answer.headers.get('Cache-Control')]).toEqual([path, 200, 'no-store']);
    const shown = await answer.text();
    expect(shown).toContain('a…z@example.org');
    expect(shown).not.toContain('ana.lopez');
    expect(shown).toContain(`href="${own}/likes"`);
  }
});

test('a pause has an end if they like, and a wrong date is told of', async () => {
  const pause = (until: string) => site.steer(id, `${own}/pause`, [['until', until]]);
  expect((await pause('2026-07-06')).headers.get('Location')).toBe(`${own}?saved`);
  expect(await text(own)).toContain('Mail is paused. The next papers are due Monday, 6 July 2026 at 08:00');
  expect((await pause('2020-01-01')).headers.get('Location')).toBe(`${own}?saved=date#until`);
  expect(await text(`${own}?saved=date`)).toContain('Choose a day after today');
  expect(await person()).toMatchObject({ resumeDate: '2026-07-06' });
  await pause('');
  expect(await person()).toMatchObject({ status: 'paused', resumeDate: null });
  await site.steer(id, `${own}/resume`);
  expect(await person()).toMatchObject({ status: 'active' });
});

test.each(['fr', 'ar', 'en'])(
  'with mail in %s the next papers are told in the language of the page',
  async (locale) => {
    const reader = await addSomebody(store, { email: `${locale}@example.org`, topics: ['agents'], locale });
    expect(await text(site.paths(reader).preferences)).toContain(
      '<p>The next papers are due Monday, 22 June 2026 at 08:00.</p>',
    );
  },
);

describe('likes', () => {
  const like = (paperId: number) =>
    saveFeedback(store.db, {
      subscriberId: id,
      paperId,
      verdict: 'more',
      deliveryId: null,
      createdAt: monday,
    });
  const live = () =>
    store.raw.prepare('SELECT count(*) FROM feedback WHERE removed_at IS NULL').pluck().get();

  test('are listed with hostile titles as text, and taken back one by one or all', async () => {
    await mailDigest(store, id, [{ id: 1, title: '<b onclick=x>bold</b>' }, { id: 2 }, { id: 3 }]);
    for (const paper of [1, 2, 3]) await like(paper);
    const shown = await text(`${own}/likes`);
    expect(shown).toContain('&lt;b onclick=x&gt;');
    expect(shown.match(/Take back/g)).toHaveLength(3);
    const answer = await site.steer(id, `${own}/likes/remove`, [['paper', '1']]);
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, `${own}/likes?saved`]);
    expect(live()).toBe(2);
    await site.steer(id, `${own}/likes/remove`, [['paper', "1' OR 1"]]);
    expect(live()).toBe(2);
    await site.steer(id, `${own}/likes/remove`, [['paper', 'all']]);
    expect(live()).toBe(0);
  });

  test('come a page at a time', async () => {
    const papers = Array.from({ length: 60 }, (_, index) => ({ id: index + 1 }));
    await mailDigest(store, id, papers);
    for (const paper of papers) await like(paper.id);
    const older = /href="([^"]+\?before=\d+)"/.exec(await text(`${own}/likes`))?.[1] ?? '';
    expect((await text(older)).match(/Take back/g)).toHaveLength(10);
  });
});

describe('the preview beside the topics', () => {
  const wishes: PreviewWish[] = [];
  const editions = [{ date: '2026-06-22', dueAt: monday, papers: [], more: 0 }];
  const open = () => {
    wishes.length = 0;
    const previews = {
      play: async (wish: PreviewWish) => {
        wishes.push(wish);
        return { ok: true as const, editions };
      },
      warm() {},
      close: async () => {},
    };
    return openTestWeb(store, undefined, monday, { previews });
  };
  const form: [string, string][] = [
    ...[['topic', 'diffusion'] as [string, string], ['topic', 'own'] as [string, string]],
    ...[['time', '18:30'] as [string, string], ['day', 'mon'] as [string, string]],
    ...[['max_papers', '3'] as [string, string], ['timezone', 'nonsense'] as [string, string]],
  ];

  test('shows what is ticked, topics of their own too, and saves nothing', async () => {
    await addTopic(store.db, { slug: 'own', name: 'My words', query: 'x', ownerId: id }, monday);
    const other = await addSomebody(store, { email: 'other@example.org' });
    await addTopic(store.db, { slug: 'theirs', name: 'Theirs', query: 'y', ownerId: other }, monday);
    const before = store.raw.prepare('SELECT * FROM subscriptions').all();
    const web = open();
    expect(await (await web.web.request(own)).text()).toContain(`hx-post="${own}/preview"`);
    const answer = await web.steer(id, `${own}/preview`, [...form, ['topic', 'theirs']]);
    expect(await answer.text()).toContain('Nothing in the last seven days');
    expect(wishes).toEqual([
      {
        topics: [
          { name: 'About diffusion', query: 'diffusion' },
          { name: 'My words', query: 'x' },
        ],
        ...{ timezone: 'UTC', digestTime: '18:30', days: ['mon'], maxPapers: 3 },
      },
    ]);
    expect(store.raw.prepare('SELECT * FROM subscriptions').all()).toEqual(before);
    expect((await web.post(`${own}/preview`, form)).status).toBe(403);
  });

  test('without scripts is shown by a button, with the form as it was', async () => {
    const before = store.raw.prepare('SELECT * FROM subscribers').all();
    const web = open();
    const page = await (await web.steer(id, own, [...form, ['act', 'preview']])).text();
    expect(page).toContain('Nothing in the last seven days');
    expect(page).toContain('value="diffusion" checked');
    expect(page).not.toContain('value="agents" checked');
    expect(page).toContain('value="18:30"');
    expect(store.raw.prepare('SELECT * FROM subscribers').all()).toEqual(before);
    const none = await (await web.steer(id, own, [['act', 'preview']])).text();
    expect(none).toContain('Choose a topic');
  });
});

describe('topics of their own', () => {
  const add = (words: string, kind = 'query') =>
    site.steer(id, `${own}/topics`, [
      ['kind', kind],
      ['words', words],
    ]);
  const names = () =>
    store.raw.prepare('SELECT name FROM topics WHERE owner_id = ? AND archived_at IS NULL').pluck().all(id);

  test('are added, changed and removed, and the page says what was saved', async () => {
    const added = await add('"tactile sensing" AND robots');
    expect(added.headers.get('Location')).toBe(`${own}/topics?saved=added`);
    expect(await text(`${own}/topics?saved=added`)).toContain('you get this topic from your next digest on');
    const slug = /name="slug" value="([^"]+)"/.exec(await text(`${own}/topics`))?.[1] ?? '';
    await site.steer(id, `${own}/topics/edit`, [
      ['slug', slug],
      ['kind', 'query'],
      ['words', 'robots'],
      ['name', '<i>Mine</i>'],
    ]);
    expect(names()).toEqual(['<i>Mine</i>']);
    expect(await text(`${own}/topics`)).toContain('&lt;i&gt;Mine');
    await site.steer(id, `${own}/topics/remove`, [['slug', slug]]);
    expect(names()).toEqual([]);
  });

  test('a query that cannot be understood is told of where it was typed, and nothing is saved', async () => {
    const answer = await add('robots AND (');
    expect(answer.status).toBe(422);
    const shown = await answer.text();
    expect(shown).toContain('aria-describedby="new-problem"');
    expect(shown).toContain('robots AND (</textarea>');
    expect(names()).toEqual([]);
  });

  test("somebody else's cannot be touched", async () => {
    const other = await addSomebody(store, { email: 'other@example.org' });
    await site.steer(other, `${site.paths(other).preferences}/topics`, [
      ['kind', 'query'],
      ['words', 'theirs'],
    ]);
    const slug = store.raw.prepare('SELECT slug FROM topics WHERE owner_id = ?').pluck().get(other) as string;
    await site.steer(id, `${own}/topics/remove`, [['slug', slug]]);
    await site.steer(id, `${own}/topics/edit`, [
      ['slug', slug],
      ['kind', 'query'],
      ['words', 'mine'],
    ]);
    expect(
      store.raw
        .prepare('SELECT query FROM topics WHERE owner_id = ? AND archived_at IS NULL')
        .pluck()
        .all(other),
    ).toEqual(['theirs']);
  });
});

describe('past digests', () => {
  test('say what became of each, and those that were mailed can be looked at', async () => {
    const sent = await mailDigest(store, id, [{ id: 1 }, { id: 2 }], { editionDate: '2026-06-20' });
    await mailDigest(store, id, [{ id: 3 }], { editionDate: '2026-06-22', status: 'pending' });
    store.raw.exec(
      `UPDATE deliveries SET status = 'skipped', reason = 'paused', ended_at = 1, next_attempt_at = NULL WHERE status = 'pending'`,
    );
    const shown = await text(`${own}/digests`);
    expect(shown).toMatch(/Saturday,? 20 June 2026/);
    expect(shown).toContain('2 papers');
    expect(shown).toContain('you had paused');
    const { view } = site.deliveryPaths(id, sent);
    expect(shown).toContain(`href="${view}"`);
    expect(shown.match(/href="\/digest\//g)).toHaveLength(1);
  });

  test("nobody else's are among them", async () => {
    const other = await addSomebody(store, { email: 'other@example.org' });
    await mailDigest(store, other, [{ id: 1 }]);
    expect(await text(`${own}/digests`)).toContain('There is none yet');
  });
});

describe('links, data, erasure', () => {
  test('old links are switched off at once, and the page goes on under the new one', async () => {
    const answer = await site.steer(id, `${own}/links`);
    const since = site.paths(id, 1).preferences;
    expect(answer.headers.get('Location')).toBe(`${since}/account?saved=links`);
    expect((await site.web.request(own)).status).toBe(410);
    expect(await text(`${since}/account?saved=links`)).toContain('are switched off');
    expect(
      store.raw.prepare('SELECT actor, actor_id, act FROM admin_audit ORDER BY id DESC LIMIT 1').get(),
    ).toEqual({ actor: 'subscriber', actor_id: id, act: 'revoke' });
  });

  test('the data is a file with all that is known, and nothing of anybody else', async () => {
    const other = await addSomebody(store, { email: 'other@example.org', topics: ['robotics'] });
    await mailDigest(store, other, [{ id: 9, title: 'Somebody else read this' }]);
    await mailDigest(store, id, [{ id: 1, title: 'Agents that plan' }]);
    await saveFeedback(store.db, {
      ...{ subscriberId: id, paperId: 1, verdict: 'less', deliveryId: null, createdAt: monday },
    });
    const answer = await site.web.request(`${own}/data`);
    expect(answer.headers.get('Content-Type')).toContain('application/json');
    expect(answer.headers.get('Content-Disposition')).toContain('attachment');
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({
      subscriber: { email: 'ana.lopez@example.org', status: 'active', timezone: 'UTC' },
      topics: [{ slug: 'agents' }],
      likesAndDislikes: [{ title: 'Agents that plan', verdict: 'less' }],
      digests: [{ editionDate: '2026-06-22', papers: [{ title: 'Agents that plan' }] }],
    });
    expect(body).not.toContain('Somebody else');
  });

  test('asking to be forgotten changes nothing; the button erases for good', async () => {
    expect(await text(`${own}/erase`)).toContain('This cannot be undone');
    expect(await person()).toMatchObject({ status: 'active' });
    const done = await site.submit(`${own}/erase`, `${own}/erase`);
    expect(await done.text()).toContain('You are forgotten here');
    expect(await person()).toMatchObject({ status: 'erased', email: expect.stringContaining('erased') });
    expect((await site.web.request(own)).status).toBe(410);
  });
});
