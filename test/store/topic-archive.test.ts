import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAudit } from '../../src/store/audit-list.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { countEnding, countReopenable, removeTopic, restoreTopic } from '../../src/store/topic-archive.ts';
import { mergeTopics } from '../../src/store/topic-merge.ts';
import { editTopic, findTopicBySlug } from '../../src/store/topics.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, hashAddress, monday, openTestStore } from '../subscribers/people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const somebody = (name: string, topics = ['agents']) =>
  addSomebody(store, { email: `${name}@example.org`, topics });
const topicsOf = async (id: number) =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);
const archive = (at: number) => removeTopic(store.db, 'agents', at);
const restore = (reopen: boolean, at: number) => restoreTopic(store.db, 'agents', { reopen }, at);
const agents = async () => {
  const topic = await findTopicBySlug(store.db, 'agents');
  if (!topic) throw new Error('agents are gone');
  return topic;
};

test('archiving tells how many subscriptions end and how many subscribers are left without any topic', async () => {
  await somebody('ana');
  await somebody('bo', ['agents', 'robotics']);
  const { id } = await agents();
  expect(await countEnding(store.db, id)).toEqual({ ended: 2, withoutTopic: 1 });
  expect(await archive(monday + 1)).toMatchObject({ ended: 2, withoutTopic: 1 });
  expect(await archive(monday + 2)).toMatchObject({ ended: 0, withoutTopic: 0 });
});

describe('a topic that is brought back', () => {
  test('gets those again whom archiving took it from, in one audited act; what had ended stays as history', async () => {
    const ana = await somebody('ana');
    const bo = await somebody('bo');
    await pauseSubscriber(store.db, bo, monday);
    await archive(monday + 1);
    expect(await countReopenable(store.db, await agents())).toBe(2);
    expect(await restore(true, monday + 2)).toMatchObject({ reopened: 2, reopenable: 0 });
    expect([await topicsOf(ana), await topicsOf(bo)]).toEqual([['agents'], ['agents']]);
    expect(
      store.raw
        .prepare('SELECT created_at, ended_at FROM subscriptions WHERE subscriber_id = ? ORDER BY id')
        .raw()
        .all(ana),
    ).toEqual([
      [monday, monday + 1],
      [monday + 2, null],
    ]);
    const { entries } = await listAudit(store.db, { subject: 'topic', limit: 1 });
    expect(entries).toMatchObject([
      { act: 'restore', before: { archived: true, subscriptions: 0 }, after: { subscriptions: 2 } },
    ]);
    expect(await restore(true, monday + 3)).toMatchObject({ reopened: 0, reopenable: 0 });
  });

  test('leaves it to those who lost it when nothing else is asked for, also later', async () => {
    const ana = await somebody('ana');
    await archive(monday + 1);
    expect(await restore(false, monday + 2)).toMatchObject({ reopened: 0, reopenable: 1 });
    expect(await topicsOf(ana)).toEqual([]);
    await editTopic(store.db, 'agents', { name: 'Agents' }, monday + 3);
    expect(await restore(true, monday + 4)).toMatchObject({ reopened: 1 });
    expect(await topicsOf(ana)).toEqual(['agents']);
  });

  test('is not given to who left or was erased, gave it up before, or gave it up since', async () => {
    const [gone, erased, before, since] = [
      await somebody('gone'),
      await somebody('erased'),
      await somebody('before'),
      await somebody('since'),
    ];
    await editSubscriber(store.db, before, { removeTopics: ['agents'] }, monday + 1);
    await archive(monday + 1);
    await unsubscribeSubscriber(store.db, gone, monday + 2);
    await eraseSubscriber(store.db, erased, monday + 2, hashAddress);
    await restore(false, monday + 2);
    await editSubscriber(store.db, since, { addTopics: ['agents'] }, monday + 3);
    await editSubscriber(store.db, since, { removeTopics: ['agents'] }, monday + 4);
    expect(await restore(true, monday + 5)).toMatchObject({ reopened: 0, reopenable: 0 });
  });

  test('leaves out whose subscriptions ended with it another time, and who was moved to another topic', async () => {
    const ana = await somebody('ana');
    await archive(monday + 1);
    await restore(false, monday + 2);
    const bo = await somebody('bo');
    await archive(monday + 3);
    expect(await restore(true, monday + 4)).toMatchObject({ reopened: 1 });
    expect([await topicsOf(ana), await topicsOf(bo)]).toEqual([[], ['agents']]);
    await mergeTopics(store.db, 'agents', 'robotics', monday + 5);
    expect(await restore(true, monday + 6)).toMatchObject({ reopened: 0, reopenable: 0 });
    expect(await topicsOf(bo)).toEqual(['robotics']);
  });
});
