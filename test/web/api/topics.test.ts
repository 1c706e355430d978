import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillWorld, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await fillWorld(world);
});
afterAll(() => world.close());

const edit = (slug: string, body: object) =>
  world.ask('PATCH', `/topics/${slug}`, { body, headers: { 'If-Match': '*' } });

test('topics are listed page by page, each once, by slug', async () => {
  const slugs: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await world.ask('GET', `/topics?limit=7${cursor === null ? '' : `&cursor=${cursor}`}`);
    slugs.push(...page.json.topics.map((one: { slug: string }) => one.slug));
    cursor = page.json.next;
  } while (cursor !== null);
  expect(slugs).toEqual([...new Set(slugs)].sort());
  expect(slugs).toContain('all-of-it');
  expect(slugs).not.toContain('own-1');
  const own = await world.ask('GET', '/topics?visibility=private');
  expect(own.json.topics).toMatchObject([{ slug: 'own-1', ownerId: 1, subscriptions: 1 }]);
});

test('a topic comes with what it matches and who gets it', async () => {
  expect((await world.ask('GET', '/topics/adapters')).json).toMatchObject({
    name: 'Adapters',
    subscriptions: 1,
    figures: { week: expect.any(Number), lastAt: expect.stringMatching(/Z$/) },
    aliases: [],
    mergedInto: null,
  });
});

test('those that nothing matches lately are found', async () => {
  await world.ask('POST', '/topics', { body: { slug: 'dead', name: 'Dead', query: 'phlogiston' } });
  const quiet = await world.ask('GET', '/topics?state=quiet&limit=200');
  const slugs = quiet.json.topics.map((one: { slug: string }) => one.slug);
  expect(slugs).toContain('dead');
  expect(slugs).not.toContain('all-of-it');
});

test('topics like one are told with what they share', async () => {
  const { json } = await world.ask('GET', '/topics/adapters/overlaps');
  expect(json.overlaps[0]).toMatchObject({ common: expect.any(Number), ofOwn: 1 });
});

test('a query is tried out, and a wrong one is drawn', async () => {
  const tried = await world.ask('GET', '/queries/test?query=low-rank&days=3&limit=1');
  expect(tried.json).toMatchObject({ understood: 'low-rank', days: [{ date: '2026-06-22' }, {}, {}] });
  const wrong = await world.ask('GET', '/queries/test?query=%28');
  expect(wrong).toMatchObject({ status: 400, json: { errors: [{ parameter: 'query' }] } });
});

test('one that is renamed is told of by its old name', async () => {
  await world.ask('POST', '/topics', { body: { slug: 'before', name: 'B', query: 'b' } });
  expect((await edit('before', { slug: 'after' })).json).toMatchObject({ slug: 'after', name: 'B' });
  const old = await world.ask('GET', '/topics/before');
  expect(old).toMatchObject({ status: 404, json: { detail: 'The topic “before” is called “after” now.' } });
  expect((await world.ask('GET', '/topics/after')).json.aliases).toEqual(['before']);
});

test('a slug that is taken is refused at its place', async () => {
  const answer = await world.ask('POST', '/topics', { body: { slug: 'adapters', name: 'A', query: 'a' } });
  expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '#/slug' }] } });
  expect(await edit('all-of-it', {})).toMatchObject({ status: 422 });
});

test('an archived one comes back without those who had it', async () => {
  await world.ask('POST', '/topics', { body: { slug: 'gone', name: 'Gone', query: 'gone' } });
  const archived = await world.ask('POST', '/topics/gone/archive');
  expect(archived.json).toMatchObject({ ended: 0, topic: { archivedAt: expect.any(String) } });
  expect((await world.ask('POST', '/topics/gone/restore', { body: {} })).json).toMatchObject({
    archivedAt: null,
  });
  const strict = await world.ask('POST', '/topics/gone/restore', { body: { why: 'x' } });
  expect(strict.json.errors).toMatchObject([{ pointer: '#/why' }]);
});

test('one is archived for as many as it was thought to be for, and brought back for them when that is asked', async () => {
  await world.ask('POST', '/topics', { body: { slug: 'lost', name: 'Lost', query: 'lost' } });
  await world.ask('PATCH', '/subscribers/2', {
    body: { addTopics: ['lost'] },
    headers: { 'If-Match': '*' },
  });
  const archive = (body: object) => world.ask('POST', '/topics/lost/archive', { body });
  expect(await archive({ expected: 7 })).toMatchObject({ status: 409 });
  expect((await archive({ expected: 1 })).json).toMatchObject({ ended: 1, withoutTopic: 0 });
  expect((await world.ask('GET', '/topics/lost')).json).toMatchObject({ reopenable: 1 });
  expect((await world.ask('POST', '/topics/lost/restore')).json).toMatchObject({
    ...{ archivedAt: null, subscriptions: 0, reopened: 0, reopenable: 1 },
  });
  expect((await world.ask('POST', '/topics/lost/restore', { body: { reopen: true } })).json).toMatchObject({
    ...{ archivedAt: null, subscriptions: 1, reopened: 1, reopenable: 0 },
  });
});

test('merging can be held to the number it was thought to be for', async () => {
  const merge = (body: object) => world.ask('POST', '/topics/adapters/merge', { body });
  expect(await merge({ into: 'all-of-it', expected: 7 })).toMatchObject({ status: 409 });
  expect(await merge({ into: 'nonsense' })).toMatchObject({ status: 409 });
  expect((await merge({ into: 'all-of-it', expected: 1 })).json).toEqual({
    from: 'adapters',
    into: 'all-of-it',
    moved: 1,
    had: 0,
  });
  expect((await world.ask('GET', '/topics/adapters')).json).toMatchObject({ mergedInto: 'all-of-it' });
});
