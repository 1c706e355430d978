import type { DigestDefaults } from '../config.ts';
import { latestEdition, localDateAt, nextDueAt } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { parseAddress } from '../mail/addresses.ts';
import { audited } from '../store/audit.ts';
import { forgetFormerAddress, noteMove } from '../store/former-addresses.ts';
import { deleteSignUpsOf } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import {
  findSubscriber,
  findSubscriberByKey,
  insertSubscribers,
  type Subscriber,
  saveSubscriber,
} from '../store/subscribers.ts';
import {
  type EndedReason,
  endSubscriptions,
  findOpenTopics,
  findSubscribedTopics,
  findTopicsLeft,
  type SubscribedTopic,
  startSubscriptions,
} from '../store/subscriptions.ts';
import { liftSuppression, type Suppression } from '../store/suppressions.ts';
import {
  type AddressProblem,
  defaultSettings,
  type FieldProblem,
  readSettings,
  type SettingsInput,
} from './fields.ts';
import { describeSuppression, erasedReason, findSuppression } from './suppressed.ts';

export interface NewSubscriber extends SettingsInput {
  email: string;
  /** Slugs. */
  topics?: readonly string[] | undefined;
}

/** What to change; what is absent stays. */
export interface SubscriberChange extends SettingsInput {
  email?: string | undefined;
  status?: 'active' | 'paused' | 'unsubscribed' | undefined;
  /** `YYYY-MM-DD`, with `paused`: mail comes again from this local date on; null: until they say so. */
  resumeDate?: string | null | undefined;
  /** Exactly these slugs from now on. */
  topics?: readonly string[] | undefined;
  addTopics?: readonly string[] | undefined;
  removeTopics?: readonly string[] | undefined;
}

/** A subscriber with the topics they get, or everything that stands against it. */
export type SubscriberResult =
  | { ok: true; subscriber: Subscriber; topics: SubscribedTopic[] }
  | { ok: false; problems: FieldProblem[] };

/**
 * Adds a subscriber who is active at once, with the first digest at their next local digest time (now, if
 * it is exactly that). `at`: epoch ms. An address that is there already, or suppressed, is a problem; only one that was
 * erased comes back by being added.
 */
export function addSubscriber(
  db: Db,
  given: NewSubscriber,
  defaults: DigestDefaults,
  at: number,
  hashAddress: HashAddress,
): Promise<SubscriberResult> {
  const id = (result: SubscriberResult) => (result.ok ? result.subscriber.id : null);
  return audited(db, { act: 'add', kind: 'subscriber', id, at }, async (trx) => {
    const { settings, problems } = readSettings(given, defaultSettings(defaults));
    const address = parseAddress(given.email);
    if (!address.ok) problems.unshift({ field: 'email', message: address.message });
    const existing = address.ok ? await findSubscriberByKey(trx, address.address.key) : null;
    if (existing) problems.unshift(alreadyThere(existing));
    const suppression = address.ok ? await findSuppression(trx, hashAddress, address.address.key) : null;
    if (suppression && suppression.reason !== erasedReason)
      problems.unshift(notToBeMailed(address.ok ? address.address.email : given.email, suppression));
    const topics = await readTopics(trx, given.topics ?? [], null, problems);
    if (!address.ok || problems.length > 0) return { ok: false, problems };
    if (suppression) await liftSuppression(trx, suppression.addressHash, 'added again by an admin', at);

    const { email, key } = address.address;
    const fields = {
      ...settings,
      email,
      emailKey: key,
      status: 'active' as const,
      nextDueAt: nextDueAt(settings, at),
      createdAt: at,
      updatedAt: at,
    };
    const [id = Number.NaN] = await insertSubscribers(trx, [fields]);
    await startSubscriptions(
      trx,
      topics.map((topic) => ({ subscriberId: id, topicId: topic.id })),
      at,
    );
    await forgetFormerAddress(trx, hashAddress(key));
    return {
      ok: true,
      subscriber: { id, linkEpoch: 0, resumeDate: null, resumeAt: null, ...fields },
      topics,
    };
  });
}

function alreadyThere({ id, email, status }: Subscriber): FieldProblem {
  const kind = status === 'unsubscribed' || status === 'paused' ? status : 'there';
  const words = {
    there: 'is there already',
    paused: 'is there and paused',
    unsubscribed: 'has unsubscribed',
  };
  return addressProblem(`${email} ${words[kind]}.`, { kind, email, subscriberId: id });
}

function notToBeMailed(email: string, suppression: Suppression): FieldProblem {
  const message = `${email} must not be mailed (${describeSuppression(suppression)}).`;
  return addressProblem(message, { kind: 'suppressed', email, subscriberId: null });
}

function addressProblem(message: string, about: AddressProblem): FieldProblem {
  return { field: 'email', message, about };
}

/**
 * Changes a subscriber, all of it or nothing. A changed schedule moves the next digest, see `schedule`; coming back after unsubscribing brings back the topics left then.
 * Another address switches off the links in mails to the old one.
 * `reason` is kept with the subscriptions that this ends. Throws when there is no such subscriber, and when there is an
 * address to change to and no `hashAddress` to see by whether that is suppressed.
 */
export function editSubscriber(
  db: Db,
  id: number,
  change: SubscriberChange,
  at: number,
  reason: EndedReason = 'admin',
  hashAddress: HashAddress | null = null,
): Promise<SubscriberResult> {
  return audited(db, { act: 'edit', kind: 'subscriber', id, at }, async (trx) => {
    const was = await findSubscriber(trx, id);
    if (!was) throw new RangeError(`no subscriber ${id}`);
    if (was.status === 'erased')
      return { ok: false, problems: [{ field: 'status', message: 'This subscriber was erased.' }] };
    const { settings, problems } = readSettings(change, was);
    const address = await readNewAddress(trx, was, change.email, problems, hashAddress);
    const wanted = await readWantedTopics(trx, was, change, problems);
    if (problems.length > 0) return { ok: false, problems };

    const status = change.status ?? was.status;
    const resumeDate = change.resumeDate === undefined ? was.resumeDate : change.resumeDate;
    const subscriber = schedule({ ...was, ...address, ...settings, status, resumeDate }, was, at);
    if (address.emailKey !== was.emailKey && hashAddress) {
      // Whoever reads the old mailbox may still unsubscribe, and nothing else.
      subscriber.linkEpoch = was.linkEpoch + 1;
      const [from, to] = [hashAddress(was.emailKey), hashAddress(address.emailKey)];
      await noteMove(trx, { subscriberId: id, from, to, at });
      // Of an address that somebody has left, nothing is kept but a hash.
      await deleteSignUpsOf(trx, { subscriberId: id, emailKey: was.emailKey });
    }
    if (!isSame(was, subscriber)) await saveSubscriber(trx, { ...subscriber, updatedAt: at });
    if (status === 'unsubscribed') await endSubscriptions(trx, id, 'all', 'unsubscribed', at);
    else await setTopics(trx, id, wanted, reason, at);
    return reread(trx, id);
  });
}

/**
 * Sets when the next digest is due: null unless active; the schedule's next time when that or the status changed.
 * But the digest that comes next is due now when its day's new time is over: who moves 18:00 to 08:00 at noon gets
 * one today, and what is due already is not lost.
 */
function schedule(subscriber: Subscriber, was: Subscriber, at: number): Subscriber {
  if (subscriber.status !== 'active') return { ...subscriber, ...endOfPause(subscriber), nextDueAt: null };
  return { ...subscriber, resumeDate: null, resumeAt: null, nextDueAt: dueNext(subscriber, was, at) };
}

/** When a pause ends by itself: with the first digest of the date or after it, wherever they live by then. */
function endOfPause(subscriber: Subscriber): Pick<Subscriber, 'resumeDate' | 'resumeAt'> {
  const { status, resumeDate } = subscriber;
  if (status !== 'paused' || resumeDate === null) return { resumeDate: null, resumeAt: null };
  const midnight = Temporal.PlainDate.from(resumeDate).toZonedDateTime(subscriber.timezone);
  return { resumeDate, resumeAt: nextDueAt(subscriber, midnight.epochMilliseconds) };
}

function dueNext(subscriber: Subscriber, was: Subscriber, at: number): number {
  const moved =
    subscriber.timezone !== was.timezone ||
    subscriber.digestTime !== was.digestTime ||
    subscriber.days.join() !== was.days.join();
  if (was.nextDueAt !== null && !moved) return was.nextDueAt;
  const latest = latestEdition(subscriber, at);
  const isDue = was.nextDueAt !== null && latest.date >= localDateAt(was.nextDueAt, was.timezone);
  return isDue ? Math.min(was.nextDueAt ?? at, latest.dueAt) : nextDueAt(subscriber, at);
}

function isSame(a: Subscriber, b: Subscriber): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function readNewAddress(
  db: Db,
  was: Subscriber,
  given: string | undefined,
  problems: FieldProblem[],
  hashAddress: HashAddress | null,
): Promise<{ email: string; emailKey: string }> {
  const unchanged = { email: was.email, emailKey: was.emailKey };
  if (given === undefined) return unchanged;
  if (hashAddress === null) throw new TypeError('an address cannot be changed without hashAddress');
  const parsed = parseAddress(given);
  if (!parsed.ok) {
    problems.push({ field: 'email', message: parsed.message });
    return unchanged;
  }
  const { email, key } = parsed.address;
  const other = await findSubscriberByKey(db, key);
  if (other && other.id !== was.id)
    problems.push(
      addressProblem(`${email} belongs to another subscriber.`, {
        kind: 'taken',
        email,
        subscriberId: other.id,
      }),
    );
  const suppression = key === was.emailKey ? null : await findSuppression(db, hashAddress, key);
  if (suppression) problems.push(notToBeMailed(email, suppression));
  return { email, emailKey: key };
}

async function readTopics(
  db: Db,
  slugs: readonly string[],
  subscriberId: number | null,
  problems: FieldProblem[],
): Promise<SubscribedTopic[]> {
  const topics = await findOpenTopics(db, slugs, subscriberId);
  for (const slug of new Set(slugs))
    if (!topics.has(slug)) problems.push({ field: 'topics', message: `There is no topic “${slug}”.` });
  return [...topics.values()];
}

/** The ids of the topics the subscriber shall get; null: as they are. */
async function readWantedTopics(
  db: Db,
  was: Subscriber,
  change: SubscriberChange,
  problems: FieldProblem[],
): Promise<Set<number> | null> {
  const given = [change.topics, change.addTopics, change.removeTopics];
  const back = was.status === 'unsubscribed' && (change.status ?? was.status) !== 'unsubscribed';
  const said = change.topics !== undefined || given.some((slugs) => slugs && slugs.length > 0);
  if (!said && !back) return null;
  if ((change.status ?? was.status) === 'unsubscribed') {
    problems.push({
      field: 'topics',
      message: 'Who has unsubscribed gets no topics; make them active first.',
    });
    return null;
  }
  const [exactly, added, removed] = await Promise.all(
    given.map((slugs) => readTopics(db, slugs ?? [], was.id, problems)),
  );
  const live = (await findSubscribedTopics(db, [was.id])).get(was.id) ?? [];
  const ids = change.topics
    ? (exactly ?? []).map((topic) => topic.id)
    : back
      ? await findTopicsLeft(db, was.id)
      : live.map((topic) => topic.id);
  const wanted = new Set([...ids, ...(added ?? []).map((topic) => topic.id)]);
  for (const topic of removed ?? []) wanted.delete(topic.id);
  return wanted;
}

async function setTopics(
  db: Db,
  subscriberId: number,
  wanted: Set<number> | null,
  reason: EndedReason,
  at: number,
): Promise<void> {
  if (!wanted) return;
  const live = (await findSubscribedTopics(db, [subscriberId])).get(subscriberId) ?? [];
  const left = live.filter((topic) => !wanted.has(topic.id)).map((topic) => topic.id);
  if (left.length > 0) await endSubscriptions(db, subscriberId, left, reason, at);
  await startSubscriptions(
    db,
    [...wanted].map((topicId) => ({ subscriberId, topicId })),
    at,
  );
}

async function reread(db: Db, id: number): Promise<SubscriberResult> {
  const subscriber = await findSubscriber(db, id);
  if (!subscriber) throw new RangeError(`no subscriber ${id}`);
  return { ok: true, subscriber, topics: (await findSubscribedTopics(db, [id])).get(id) ?? [] };
}
