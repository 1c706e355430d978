import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { removeTopic } from '../../src/store/topic-archive.ts';
import {
  addTopic,
  countSubscriptions,
  editTopic,
  findTopicBySlug,
  listTopics,
  seedTopics,
} from '../../src/store/topics.ts';
import { TopicError } from '../../src/topics/definition.ts';
import { newStore } from '../support/store.ts';

let store: Store;
beforeEach(() => {
  store = newStore();
});
afterEach(() => store.close());

const robots = { slug: 'robots', name: 'Robots', description: null, query: 'robot*' };

async function subscribe(topicId: number, email: string) {
  const { id } = await store.db
    .insertInto('subscribers')
    .values({
      email,
      email_key: email,
      status: 'active',
      timezone: 'UTC',
      digest_time: '08:00',
      days: 'mon',
      max_papers: 10,
      locale: 'en',
      next_due_at: 1,
      created_at: 1,
      updated_at: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await store.db
    .insertInto('subscriptions')
    .values({ subscriber_id: id, topic_id: topicId, created_at: 1, ended_at: null, ended_reason: null })
    .execute();
  return id;
}

describe('topics in the store', () => {
  it('are found by slug and listed in its order with their live subscriptions', async () => {
    const topic = await addTopic(store.db, robots, 5);
    await addTopic(store.db, { slug: 'agents', name: ' Agents ', query: 'agent' }, 5);
    const owner = await subscribe(topic.id, 'a@example.org');
    await subscribe(topic.id, 'b@example.org');
    await addTopic(store.db, { ...robots, slug: 'mine', ownerId: owner }, 5);
    expect(
      (await listTopics(store.db)).map(({ slug, name, subscriptions, visibility }) => [
        slug,
        name,
        subscriptions,
        visibility,
      ]),
    ).toEqual([
      ['agents', 'Agents', 0, 'public'],
      ['mine', 'Robots', 0, 'private'],
      ['robots', 'Robots', 2, 'public'],
    ]);
    expect((await listTopics(store.db, { visibility: 'public' })).map(({ slug }) => slug)).toEqual([
      'agents',
      'robots',
    ]);
    expect(await countSubscriptions(store.db)).toEqual(new Map([[topic.id, 2]]));
    expect(await findTopicBySlug(store.db, 'robots')).toEqual(topic);
    expect(await findTopicBySlug(store.db, 'nothing')).toBeNull();
  });

  it.each([
    [{ ...robots, slug: 'Robots' }, /slug "Robots"/],
    [{ ...robots, slug: 'a--b' }, /slug/],
    [{ ...robots, slug: 'a'.repeat(61) }, /at most 60/],
    [{ ...robots, name: ' ' }, /name/],
    [{ ...robots, name: 'a\nBcc: b' }, /one line/],
    [{ ...robots, query: '(robot' }, /never closed[\s\S]*\^/],
  ])('are refused when %j', async (given, message) => {
    await expect(addTopic(store.db, given, 1)).rejects.toThrow(TopicError);
    await expect(addTopic(store.db, given, 1)).rejects.toThrow(message);
    expect(await listTopics(store.db, { archived: true })).toEqual([]);
  });

  it('are refused a slug that is taken, and say when its holder is archived', async () => {
    await addTopic(store.db, robots, 1);
    await expect(addTopic(store.db, robots, 1)).rejects.toThrow(/already/);
    await removeTopic(store.db, 'robots', 2);
    await expect(addTopic(store.db, robots, 3)).rejects.toThrow(/archived/);
  });

  it('change what is named and keep the rest', async () => {
    const topic = await addTopic(store.db, { ...robots, description: 'Machines.' }, 1);
    expect(await editTopic(store.db, 'robots', { query: 'robot OR android' }, 9)).toEqual({
      ...topic,
      query: 'robot OR android',
    });
    expect(await editTopic(store.db, 'robots', { description: null, name: 'Androids' }, 9)).toMatchObject({
      name: 'Androids',
      description: null,
    });
    await expect(editTopic(store.db, 'robots', { query: 'a OR' }, 9)).rejects.toThrow(TopicError);
    await expect(editTopic(store.db, 'other', {}, 9)).rejects.toThrow(/no topic “other”/);
  });

  it('end their subscriptions when removed, and delete nothing', async () => {
    const topic = await addTopic(store.db, robots, 1);
    await subscribe(topic.id, 'a@example.org');
    expect(await removeTopic(store.db, 'robots', 7)).toMatchObject({ ended: 1, topic: { archivedAt: 7 } });
    expect(await removeTopic(store.db, 'robots', 8)).toMatchObject({ ended: 0, topic: { archivedAt: 7 } });
    expect(await store.db.selectFrom('subscriptions').select(['ended_at', 'ended_reason']).execute()).toEqual(
      [{ ended_at: 7, ended_reason: 'topic_removed' }],
    );
    expect(await listTopics(store.db)).toEqual([]);
    expect(await listTopics(store.db, { archived: true })).toHaveLength(1);
  });

  it('come back by an edit, their ended subscriptions do not', async () => {
    const topic = await addTopic(store.db, robots, 1);
    await subscribe(topic.id, 'a@example.org');
    await removeTopic(store.db, 'robots', 2);
    expect(await editTopic(store.db, 'robots', { archived: false }, 3)).toMatchObject({ archivedAt: null });
    expect(await countSubscriptions(store.db)).toEqual(new Map());
  });

  it('are seeded once, and never over what an admin did', async () => {
    const seeds = [robots, { ...robots, slug: 'agents' }];
    expect(await seedTopics(store.db, seeds, 1)).toEqual(['robots', 'agents']);
    await editTopic(store.db, 'robots', { query: 'android' }, 2);
    await removeTopic(store.db, 'agents', 3);
    expect(await seedTopics(store.db, [...seeds, { ...robots, slug: 'new' }], 4)).toEqual(['new']);
    expect(await listTopics(store.db, { archived: true })).toMatchObject([
      { slug: 'agents', archivedAt: 3 },
      { slug: 'new' },
      { slug: 'robots', query: 'android' },
    ]);
  });

  it('take part in a transaction that is open', async () => {
    await expect(
      store.db.transaction().execute(async (trx) => {
        await addTopic(trx, robots, 1);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await findTopicBySlug(store.db, 'robots')).toBeNull();
  });
});
