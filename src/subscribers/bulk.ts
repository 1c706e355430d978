import { setImmediate } from 'node:timers/promises';
import type { Db } from '../store/store.ts';
import {
  atomically,
  countUpTo,
  listSubscribers,
  type Subscriber,
  type SubscriberFilter,
} from '../store/subscribers.ts';
import { findOpenTopics, findSubscribedTopics, type SubscribedTopic } from '../store/subscriptions.ts';
import { readSettings, type Settings } from './fields.ts';
import { pauseSubscriber, resumeSubscriber, unsubscribeSubscriber } from './status.ts';
import { editSubscriber } from './subscribers.ts';

export const bulkActs = ['add_topic', 'remove_topic', 'schedule', 'pause', 'resume', 'unsubscribe'] as const;
export type BulkAct = (typeof bulkActs)[number];

/** One change for many; checked by `readBulkChange`. */
export type BulkChange =
  | { act: 'add_topic' | 'remove_topic'; topic: SubscribedTopic }
  | { act: 'schedule'; settings: Partial<Pick<Settings, 'timezone' | 'digestTime' | 'days'>> }
  | { act: 'pause' | 'resume' | 'unsubscribe' };

/** As typed; what the act does not need is not looked at. */
export interface BulkInput {
  act: string;
  topic?: string | undefined;
  time?: string | undefined;
  days?: string | readonly string[] | undefined;
  timezone?: string | undefined;
}

export type ReadBulkChange = { ok: true; change: BulkChange } | { ok: false; message: string };

export async function readBulkChange(db: Db, input: BulkInput): Promise<ReadBulkChange> {
  const act = bulkActs.find((one) => one === input.act);
  switch (act) {
    case undefined:
      return { ok: false, message: `Choose what is to be done: ${bulkActs.join(', ')}.` };
    case 'add_topic':
    case 'remove_topic': {
      const slug = input.topic?.trim() ?? '';
      const topic = (await findOpenTopics(db, [slug])).get(slug);
      return topic
        ? { ok: true, change: { act, topic } }
        : { ok: false, message: `There is no topic “${slug.slice(0, 80)}”.` };
    }
    case 'schedule':
      return readSchedule(input);
    default:
      return { ok: true, change: { act } };
  }
}

function readSchedule({ time, days, timezone }: BulkInput): ReadBulkChange {
  const given = {
    ...(time?.trim() ? { time } : {}),
    ...(days && days.length > 0 ? { days } : {}),
    ...(timezone?.trim() ? { timezone } : {}),
  };
  if (Object.keys(given).length === 0) return { ok: false, message: 'Name a time, days or a time zone.' };
  const any = {
    timezone: 'UTC',
    digestTime: '08:00',
    days: [],
    maxPapers: 1,
    locale: 'en',
    quietMail: false,
  };
  const { settings, problems } = readSettings(given, any);
  if (problems.length > 0) return { ok: false, message: problems.map(({ message }) => message).join(' ') };
  const read = {
    ...('time' in given ? { digestTime: settings.digestTime } : {}),
    ...('days' in given ? { days: settings.days } : {}),
    ...('timezone' in given ? { timezone: settings.timezone } : {}),
  };
  return { ok: true, change: { act: 'schedule', settings: read } };
}

/** How many a change is for, the erased left out. */
export function countChosen(db: Db, filter: SubscriberFilter): Promise<number> {
  return countUpTo(db, filter);
}

export interface BulkCounts {
  changed: number;
  /** Were so already. */
  unchanged: number;
  /** Could not be: who has unsubscribed gets no topics, who is not paused does not resume. */
  refused: number;
}

export type BulkResult =
  | ({ ok: true; stopped: boolean } & BulkCounts)
  /** Others are meant now than when it was asked. */
  | { ok: false; reason: 'count_changed'; count: number };

export interface BulkRequest {
  db: Db;
  filter: SubscriberFilter;
  change: BulkChange;
  /** How many it was said to be for; with another number nothing is done. */
  expected: number;
  /** Epoch ms. */
  at: number;
  onProgress?: (counts: BulkCounts) => void;
  signal?: AbortSignal;
}

/** Some 50 ms of work in one transaction; so long a page may wait. */
const atOnce = 25;

/**
 * Makes one change for all whom a filter chooses, a page of them per transaction; each is written down on its own.
 * Stopped in the middle, it can be asked for again: who was changed already is not changed again.
 */
export async function changeMany(request: BulkRequest): Promise<BulkResult> {
  const { db, filter, expected, signal } = request;
  const count = await countChosen(db, filter);
  if (count !== expected) return { ok: false, reason: 'count_changed', count };
  const counts: BulkCounts = { changed: 0, unchanged: 0, refused: 0 };
  let afterId: number | null = 0;
  while (afterId !== null && !signal?.aborted) {
    afterId = await changePage(request, afterId, counts);
    request.onProgress?.(counts);
    await setImmediate();
  }
  return { ok: true, stopped: afterId !== null, ...counts };
}

function changePage(
  { db, filter, change, at }: BulkRequest,
  afterId: number,
  counts: BulkCounts,
): Promise<number | null> {
  return atomically(db, async (trx) => {
    const { subscribers, nextAfter } = await listSubscribers(trx, { ...filter, afterId, limit: atOnce });
    const topics =
      'topic' in change
        ? await findSubscribedTopics(
            trx,
            subscribers.map(({ id }) => id),
          )
        : new Map<number, SubscribedTopic[]>();
    for (const subscriber of subscribers)
      if (subscriber.status !== 'erased')
        counts[await changeOne(trx, subscriber, topics.get(subscriber.id) ?? [], change, at)]++;
    return nextAfter;
  });
}

async function changeOne(
  db: Db,
  subscriber: Subscriber,
  live: readonly SubscribedTopic[],
  change: BulkChange,
  at: number,
): Promise<keyof BulkCounts> {
  const { id, status } = subscriber;
  switch (change.act) {
    case 'add_topic':
    case 'remove_topic': {
      const has = live.some((topic) => topic.id === change.topic.id);
      if (has === (change.act === 'add_topic')) return 'unchanged';
      if (status === 'unsubscribed') return change.act === 'add_topic' ? 'refused' : 'unchanged';
      const slugs = [change.topic.slug];
      const edit = change.act === 'add_topic' ? { addTopics: slugs } : { removeTopics: slugs };
      return (await editSubscriber(db, id, edit, at)).ok ? 'changed' : 'refused';
    }
    case 'schedule': {
      const { timezone, digestTime: time, days } = { ...subscriber, ...change.settings };
      const same =
        timezone === subscriber.timezone &&
        time === subscriber.digestTime &&
        days.join() === subscriber.days.join();
      if (same) return 'unchanged';
      return (await editSubscriber(db, id, { timezone, time, days }, at)).ok ? 'changed' : 'refused';
    }
    default: {
      if (change.act === 'resume' && status !== 'paused')
        return status === 'active' ? 'unchanged' : 'refused';
      if (change.act === 'pause' && status === 'unsubscribed') return 'refused';
      const set = { pause: pauseSubscriber, resume: resumeSubscriber, unsubscribe: unsubscribeSubscriber };
      const result = await set[change.act](db, id, at);
      return result.ok && result.changed ? 'changed' : 'unchanged';
    }
  }
}

/** In words that go before "N subscribers": `Add the topic “Agents” to`. */
export function sayBulkChange(change: BulkChange): string {
  switch (change.act) {
    case 'add_topic':
      return `Add the topic “${change.topic.name}” to`;
    case 'remove_topic':
      return `Take the topic “${change.topic.name}” from`;
    case 'schedule': {
      const { digestTime, days, timezone } = change.settings;
      const words = [digestTime, days && `on ${days.join(', ')}`, timezone && `in ${timezone}`];
      return `Set ${words.filter(Boolean).join(' ')} for`;
    }
    case 'pause':
      return 'Pause';
    case 'resume':
      return 'Resume';
    case 'unsubscribe':
      return 'Unsubscribe';
  }
}
