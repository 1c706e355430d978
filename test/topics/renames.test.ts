import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { listAliases } from '../../src/store/topic-aliases.ts';
import { removeTopic } from '../../src/store/topic-archive.ts';
import { mergeTopics } from '../../src/store/topic-merge.ts';
import { addTopic, editTopic, findTopicBySlug, seedTopics } from '../../src/store/topics.ts';
import { importSubscribers } from '../../src/subscribers/import.ts';
import { resubscribeSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { TopicError } from '../../src/topics/definition.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from '../subscribers/people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const topicsOf = async (id: number) =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);
const idOf = async (slug: string) => (await findTopicBySlug(store.db, slug))?.id ?? 0;
const rename = (slug: string, to: string) => editTopic(store.db, slug, { slug: to }, monday);
const history = () =>
  store.raw
    .prepare(
      'SELECT subscriber_id, t.slug, ended_reason FROM subscriptions s JOIN topics t ON t.id = topic_id ORDER BY s.id',
    )
    .raw()
    .all();

async function importText(text: string) {
  const fates: string[] = [];
  await importSubscribers({
    ...{ db: store.db, defaults, hashAddress, at: monday },
    input: (async function* () {
      yield text;
    })(),
    onLine: ({ fate, message }) => fates.push(`${fate} ${message ?? ''}`.trim()),
  });
  return fates;
}

describe('a topic with another slug', () => {
  test('keeps its subscribers, and the old slug goes on meaning it in lists, edits and sign-ups', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    await rename('agents', 'llm-agents');
    expect(await topicsOf(ana)).toEqual(['llm-agents']);
    expect(
      await importText('email,topics\nana@example.org,agents\nbo@example.org,agents;llm-agents\n'),
    ).toEqual(['unchanged', 'added']);
    const cy = await addSomebody(store, { email: 'cy@example.org', topics: ['agents'] });
    expect(await topicsOf(cy)).toEqual(['llm-agents']);
    expect(await editSubscriber(store.db, cy, { removeTopics: ['agents'] }, monday)).toMatchObject({
      ok: true,
    });
    expect(await topicsOf(cy)).toEqual([]);
  });

  test('leaves its old slug to nobody else, but may take it back', async () => {
    await rename('agents', 'llm-agents');
    await expect(addTopic(store.db, { slug: 'agents', name: 'x', query: 'x' }, monday)).rejects.toThrow(
      /“llm-agents” was called before/,
    );
    await expect(rename('robotics', 'agents')).rejects.toThrow(TopicError);
    await expect(rename('robotics', 'diffusion')).rejects.toThrow(/There is a topic “diffusion” already/);
    await expect(rename('agents', 'other')).rejects.toThrow('The topic “agents” is called “llm-agents” now.');
    const shipped = { slug: 'agents', name: 'Agents', query: 'agent', description: null };
    expect(await seedTopics(store.db, [shipped], monday)).toEqual([]);
    await rename('llm-agents', 'agents');
    expect(await listAliases(store.db, await idOf('agents'))).toEqual(['llm-agents']);
  });

  test('a bad slug is told at its field', async () => {
    const failed = await rename('agents', 'No Slug!').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TopicError);
    expect((failed as TopicError).problems.map(({ field }) => field)).toEqual(['slug']);
  });
});

describe('a topic that is merged into another', () => {
  test('moves its subscribers, doubles nobody, and stays as history', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const bo = await addSomebody(store, { email: 'bo@example.org', topics: ['agents', 'robotics'] });
    const cy = await addSomebody(store, { email: 'cy@example.org', topics: ['robotics'] });
    expect(await mergeTopics(store.db, 'agents', 'robotics', monday + 1)).toMatchObject({
      ok: true,
      moved: 1,
      had: 1,
    });
    for (const id of [ana, bo, cy]) expect(await topicsOf(id)).toEqual(['robotics']);
    expect(history()).toEqual([
      [ana, 'agents', 'merged'],
      [bo, 'agents', 'merged'],
      [bo, 'robotics', null],
      [cy, 'robotics', null],
      [ana, 'robotics', null],
    ]);
    expect(await findTopicBySlug(store.db, 'agents')).toMatchObject({ archivedAt: monday + 1 });
  });

  test('its slug, and those it had before, mean the other, also after that is renamed or merged in turn', async () => {
    await rename('agents', 'llm-agents');
    await mergeTopics(store.db, 'llm-agents', 'robotics', monday);
    await rename('robotics', 'machines');
    await mergeTopics(store.db, 'machines', 'diffusion', monday);
    const ana = await addSomebody(store, {
      email: 'ana@example.org',
      topics: ['agents', 'llm-agents', 'robotics'],
    });
    expect(await topicsOf(ana)).toEqual(['diffusion']);
    expect(await listAliases(store.db, await idOf('diffusion'))).toEqual([
      'agents',
      'llm-agents',
      'machines',
      'robotics',
    ]);
  });

  test('who left it before comes back to the other', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    await unsubscribeSubscriber(store.db, ana, monday);
    await mergeTopics(store.db, 'agents', 'robotics', monday);
    await resubscribeSubscriber(store.db, ana, monday + 1);
    expect(await topicsOf(ana)).toEqual(['robotics']);
  });

  test('is on its own again when it is brought back', async () => {
    await mergeTopics(store.db, 'agents', 'robotics', monday);
    await editTopic(store.db, 'agents', { archived: false }, monday);
    const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    expect(await topicsOf(ana)).toEqual(['agents']);
  });

  test('is refused for topics of one subscriber, archived or unknown ones, and for itself', async () => {
    const ana = await addSomebody(store, { email: 'ana@example.org' });
    await addTopic(store.db, { slug: 'own-1', name: 'Own', query: 'own', ownerId: ana }, monday);
    await removeTopic(store.db, 'diffusion', monday);
    const refused = await Promise.all(
      [
        ['own-1', 'agents'],
        ['agents', 'own-1'],
        ['diffusion', 'agents'],
        ['nope', 'agents'],
        ['agents', 'agents'],
      ].map(([from = '', into = '']) => mergeTopics(store.db, from, into, monday)),
    );
    expect(refused.map((one) => (one.ok ? 'merged' : one.message))).toEqual([
      expect.stringContaining("one subscriber's own topic"),
      expect.stringContaining("one subscriber's own topic"),
      expect.stringContaining('is archived'),
      expect.stringContaining('There is no topic'),
      expect.stringContaining('into itself'),
    ]);
  });

  test('both topics have it in the log with the other, also when nobody is moved', async () => {
    await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    await mergeTopics(store.db, 'agents', 'robotics', monday);
    await mergeTopics(store.db, 'diffusion', 'robotics', monday);
    const rows = store.raw
      .prepare("SELECT subject_id, before, after FROM admin_audit WHERE act = 'merge' ORDER BY id")
      .raw()
      .all();
    expect(rows).toEqual([
      [
        await idOf('agents'),
        '{"archived":false,"subscriptions":1,"mergedInto":null}',
        '{"archived":true,"subscriptions":0,"mergedInto":"robotics"}',
      ],
      [
        await idOf('robotics'),
        '{"subscriptions":0,"mergedFrom":null}',
        '{"subscriptions":1,"mergedFrom":"agents"}',
      ],
      [
        await idOf('diffusion'),
        '{"archived":false,"mergedInto":null}',
        '{"archived":true,"mergedInto":"robotics"}',
      ],
      [await idOf('robotics'), '{"mergedFrom":null}', '{"mergedFrom":"diffusion"}'],
    ]);
  });
});
