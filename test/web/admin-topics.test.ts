import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { removeTopic } from '../../src/store/topic-archive.ts';
import { findTopicBySlug } from '../../src/store/topics.ts';
import { addSomebody, monday, openTestStore } from '../subscribers/people.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper } from '../support/store.ts';
import { openSignedIn } from './admin-pages.ts';

const dayMs = 24 * 3_600_000;
let store: Store;
let browser: Awaited<ReturnType<typeof openSignedIn>>['browser'];
let loads: number;
beforeEach(async () => {
  store = await openTestStore();
  for (const [id, title, daysAgo] of [
    [1, 'Agents that plan', 1],
    [2, 'Agents and robotics', 2],
    [3, 'Robotics <in> the wild', 10],
  ] as const)
    await insertPaper(
      store,
      storedPaper({
        id,
        title,
        abstract: '',
        announcedAt: monday - daysAgo * dayMs,
        firstSeenAt: monday - daysAgo * dayMs,
      }),
    );
  loads = 0;
  const candidates = () => {
    loads++;
    return loadCandidateSet(store.db, new BetterSqlite3(':memory:'), { now: monday, windowMs: 14 * dayMs });
  };
  ({ browser } = await openSignedIn(store, { with: { candidates } }));
});
afterEach(() => store.close());

const strip = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const read = async (path: string) => strip(await browser.text(path));

describe('the list of topics', () => {
  test('tells who gets each, what it matched lately, and which is dead', async () => {
    await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const page = await read('/admin/topics');
    expect(page).toMatch(/About agents agents 1 2 2026-06-21 agents/);
    expect(page).toMatch(/About diffusion diffusion 0 none not lately/);
    const quiet = await read('/admin/topics?show=quiet');
    expect(quiet).toContain('About diffusion');
    expect(quiet).not.toContain('About agents');
    expect(await read('/admin/topics?search=ROBO')).not.toContain('About agents');
    const odd = await browser.get('/admin/topics?show=zzz');
    expect([odd.status, await odd.text()]).toEqual([422, expect.not.stringContaining('About agents')]);
    expect(loads).toBe(1);
  });
});

describe('a new topic', () => {
  test('is added, and what is wrong is told at its field with what was typed', async () => {
    const typed = { slug: 'Bad Slug', name: 'Plans', description: '', query: 'plan AND' };
    const refused = await browser.submit('/admin/topics/-/new', '/admin/topics/-/new', typed);
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toMatch(/value="Bad Slug"[^>]* aria-invalid="true"/);
    expect(page).toContain('Nothing to search for follows AND');
    const added = await browser.submit('/admin/topics/-/new', '/admin/topics/-/new', {
      ...typed,
      slug: 'plans',
      query: 'plan',
    });
    expect(added.headers.get('Location')).toBe('/admin/topics/plans?said=added');
    expect(await findTopicBySlug(store.db, 'plans')).toMatchObject({ name: 'Plans', query: 'plan' });
    expect(await read('/admin/audit?about=topic')).toMatch(/add topic plans/);
  });

  test('can be tried out first, with scripts and without; nothing is kept', async () => {
    const live = await browser.text('/admin/topics/-/preview?query=robotics');
    expect(live).not.toContain('<html');
    expect(strip(live)).toMatch(/Matches 2 of 3 recent papers\..* It is read as robotics/);
    expect(strip(live)).toMatch(/2026-06-20 1 Agents and robotics robotics/);
    expect(strip(await browser.text('/admin/topics/-/preview?query=(robotics'))).toContain('^');
    const values = { slug: 'x', name: 'X', description: '', query: 'robotics', act: 'preview' };
    expect(
      strip(await (await browser.submit('/admin/topics/-/new', '/admin/topics/-/new', values)).text()),
    ).toContain('Matches 2 of 3');
    expect(await findTopicBySlug(store.db, 'x')).toBeNull();
  });
});

describe('one topic', () => {
  test('shows what it matches, whom that touches, and which topics are like it', async () => {
    await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const page = await read('/admin/topics/agents');
    expect(page).toContain('It touches 1 subscriber.');
    expect(page).toMatch(/Topics like it .*About robotics 1 50% 50%/);
  });

  test('is renamed without losing anybody, and found by its old slug', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const values = { slug: 'llm-agents', name: 'LLM agents', description: 'New.', query: 'agent*' };
    const saved = await browser.submit('/admin/topics/agents', '/admin/topics/agents', values);
    expect(saved.headers.get('Location')).toBe('/admin/topics/llm-agents?said=saved');
    expect((await browser.get('/admin/topics/agents')).headers.get('Location')).toBe(
      '/admin/topics/llm-agents',
    );
    expect((await findSubscribedTopics(store.db, [id])).get(id)).toMatchObject([{ slug: 'llm-agents' }]);
  });

  test('is not overwritten by whoever opened it before another changed it', async () => {
    const seen = async () =>
      /name="seen" value="([^"]+)"/.exec(await browser.text('/admin/topics/agents'))?.[1] ?? '';
    const save = (name: string, state: string) =>
      browser.submit('/admin/topics/agents', '/admin/topics/agents', {
        ...{ slug: 'agents', name, description: '', query: 'agents', seen: state },
      });
    const opened = await seen();
    expect((await save('By one', opened)).status).toBe(303);
    const tried = await browser.submit('/admin/topics/agents', '/admin/topics/agents', {
      ...{ slug: 'agents', name: 'By another', description: '', query: 'x', seen: opened, act: 'preview' },
    });
    expect(await tried.text()).toContain(`name="seen" value="${opened}"`);
    const refused = await save('By another', opened);
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(strip(page)).toContain('changed since you opened this page');
    expect(strip(page)).toContain('name “By one”');
    expect(page).toContain('value="By another"');
    expect((await findTopicBySlug(store.db, 'agents'))?.name).toBe('By one');
    expect((await save('By another', await seen())).status).toBe(303);
    expect((await findTopicBySlug(store.db, 'agents'))?.name).toBe('By another');
  });

  test('is merged after a look at what will happen, and not when that has changed', async () => {
    await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const merge = (fields: Record<string, string>) =>
      browser.submit('/admin/topics/agents', '/admin/topics/agents/merge', fields);
    const asked = await merge({ into: 'robotics' });
    expect(strip(await asked.text())).toContain('1 subscriber gets “About robotics” instead');
    await addSomebody(store, { email: 'bo@example.org', topics: ['agents'] });
    expect(strip(await (await merge({ into: 'robotics', expected: '1' })).text())).toContain(
      'has changed meanwhile',
    );
    expect((await findTopicBySlug(store.db, 'agents'))?.archivedAt).toBeNull();
    expect((await merge({ into: 'robotics', expected: '2' })).headers.get('Location')).toBe(
      '/admin/topics/robotics?said=merged',
    );
    expect(await read('/admin/topics/agents')).toContain('merged into About robotics');
    expect((await merge({ into: 'nope', expected: '0' })).status).toBe(422);
  });

  test('is archived after a look at what ends, and not when that has changed', async () => {
    await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    await addSomebody(store, { email: 'bo@example.org', topics: ['agents', 'robotics'] });
    const archive = (fields: Record<string, string>) =>
      browser.submit('/admin/topics/agents', '/admin/topics/agents/archive', fields);
    const ending = (page: string) => /name="expected" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const asked = await (await archive({})).text();
    expect(strip(asked)).toContain('2 subscriptions end. 1 subscriber is left without any topic');
    expect((await findTopicBySlug(store.db, 'agents'))?.archivedAt).toBeNull();
    await addSomebody(store, { email: 'cy@example.org', topics: ['agents'] });
    const changed = await (await archive({ expected: ending(asked) })).text();
    expect(strip(changed)).toContain('has changed meanwhile');
    expect((await findTopicBySlug(store.db, 'agents'))?.archivedAt).toBeNull();
    expect((await archive({ expected: ending(changed) })).headers.get('Location')).toBe(
      '/admin/topics/agents?said=archived',
    );
    expect(await read('/admin/topics')).not.toContain('About agents');
    expect(await read('/admin/topics?show=archived')).toContain('About agents');
  });

  test('is brought back for those who had it, or for nobody yet', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const topicsOfAna = async () =>
      ((await findSubscribedTopics(store.db, [ana])).get(ana) ?? []).map(({ slug }) => slug);
    const restore = (fields: Record<string, string> = {}) =>
      browser.submit('/admin/topics/agents', '/admin/topics/agents/restore', fields);
    await removeTopic(store.db, 'agents', monday + 1);
    expect(await read('/admin/topics/agents')).toContain('Bring it back for 1 subscriber');
    await restore();
    expect(await read('/admin/topics')).toContain('About agents');
    expect(await topicsOfAna()).toEqual([]);
    const back = await restore({ reopen: 'yes' });
    expect(await read(back.headers.get('Location') ?? '')).toContain('gets it again');
    expect(await topicsOfAna()).toEqual(['agents']);
  });

  test('of a subscriber alone is not shown, and a page is for who is signed in', async () => {
    await addSomebody(store, { email: 'ana@example.org' });
    store.raw.exec("UPDATE topics SET visibility = 'private', owner_id = 1 WHERE slug = 'agents'");
    expect((await browser.get('/admin/topics/agents')).status).toBe(404);
    expect(await read('/admin/topics')).not.toContain('About agents');
    expect((await browser.get('/admin/topics/nope')).status).toBe(404);
    expect((await browser.post('/admin/topics/robotics/archive')).status).toBe(403);
  });
});
