import type { DigestDefaults } from '../config.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { actingAs } from '../store/acting.ts';
import { atomically } from '../store/atomically.ts';
import { audited } from '../store/audit.ts';
import { findSignUpByLink, markConfirmed, type SignUp } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { findSubscriber, findSubscriberByKey, type Subscriber } from '../store/subscribers.ts';
import { findOpenTopics, findSubscribedTopics, type SubscribedTopic } from '../store/subscriptions.ts';
import { liftSuppression } from '../store/suppressions.ts';
import { hashConfirmToken } from './confirm-link.ts';
import { addOwnTopic, listOwnTopics, ownTopicLimits, removeOwnTopic } from './own-topics.ts';
import type { OwnWords } from './own-words.ts';
import { addSubscriber, editSubscriber } from './subscribers.ts';
import { erasedReason, findSuppression } from './suppressed.ts';
import { inputOf, type Wishes } from './wishes.ts';

/** What a link to confirm leads to. */
export type FoundSignUp =
  /** It waits for its button. */
  | { state: 'open'; email: string; wishes: Wishes }
  /** It was pressed before, or the address is subscribed already. It says no more: links are switched off, this one is not. */
  | { state: 'used' }
  /** It was pressed, and they have unsubscribed since. */
  | { state: 'left' }
  /** Mail to the address is not wanted, or does not arrive. */
  | { state: 'suppressed'; email: string }
  /** No such link, or it is too old. */
  | { state: 'unknown' };

export interface ConfirmDeps {
  db: Db;
  /** Epoch ms. */
  now: number;
  hashAddress: HashAddress;
}

/** Who has confirmed just now. */
export interface NewlySubscribed {
  state: 'subscribed';
  subscriber: Subscriber;
  topics: SubscribedTopic[];
}

/** Looks where a link leads. Changes nothing. */
export async function findSignUp(deps: ConfirmDeps, token: string): Promise<FoundSignUp> {
  const found = await look(deps, token);
  if (!('signUp' in found)) return found;
  const { email, wishes } = found.signUp;
  return { state: 'open', email, wishes: JSON.parse(wishes) as Wishes };
}

/**
 * Makes a subscriber of who asked for it, with what they asked for; who had unsubscribed comes back, with the papers
 * they were sent before still known. Pressing again, also at the same time, changes nothing. That they wanted it is
 * kept. `defaults` is what settings start from.
 */
export function confirmSignUp(
  deps: ConfirmDeps & { defaults: DigestDefaults },
  token: string,
): Promise<FoundSignUp | NewlySubscribed> {
  return atomically(deps.db, async (db) => {
    const found = await look({ ...deps, db }, token);
    if (!('signUp' in found)) return found;
    const id = await subscribe({ ...deps, db }, found.signUp);
    const subscriber = await findSubscriber(db, id);
    if (!subscriber) throw new Error(`subscriber ${id} is not there`);
    const topics = (await findSubscribedTopics(db, [id])).get(id) ?? [];
    return { state: 'subscribed', subscriber, topics };
  });
}

async function look(
  { db, now, hashAddress }: ConfirmDeps,
  token: string,
): Promise<Exclude<FoundSignUp, { state: 'open' }> | { signUp: SignUp }> {
  const hash = hashConfirmToken(token);
  const signUp = hash === null ? null : await findSignUpByLink(db, hash);
  if (!signUp || now >= signUp.expiresAt) return { state: 'unknown' };
  if (signUp.subscriberId !== null) return tellOf(await findSubscriber(db, signUp.subscriberId));
  const known = await findSubscriberByKey(db, signUp.emailKey);
  if (known && (known.status === 'active' || known.status === 'paused')) return { state: 'used' };
  const suppression = await findSuppression(db, hashAddress, signUp.emailKey);
  if (suppression && suppression.reason !== erasedReason) return { state: 'suppressed', email: signUp.email };
  return { signUp };
}

function tellOf(subscriber: Subscriber | null): { state: 'used' | 'left' | 'unknown' } {
  if (!subscriber || subscriber.status === 'erased') return { state: 'unknown' };
  return { state: subscriber.status === 'unsubscribed' ? 'left' : 'used' };
}

/** Adds them or brings them back; returns whom. */
async function subscribe(
  { db, now, hashAddress, defaults }: ConfirmDeps & { defaults: DigestDefaults },
  signUp: SignUp,
): Promise<number> {
  const { settings, topics, own } = JSON.parse(signUp.wishes) as Wishes;
  const wanted = {
    ...inputOf(settings),
    email: signUp.email,
    // A topic may have been removed since.
    topics: [...(await findOpenTopics(db, topics)).values()].map(({ slug }) => slug),
  };
  const suppression = await findSuppression(db, hashAddress, signUp.emailKey);
  if (suppression)
    await liftSuppression(db, suppression.addressHash, 'they confirmed that they want mail', now);
  const was = await findSubscriberByKey(db, signUp.emailKey);
  const steps = async (trx: Db) => {
    const result = was
      ? await editSubscriber(trx, was.id, { ...wanted, status: 'active' }, now, 'preferences', hashAddress)
      : await addSubscriber(trx, wanted, defaults, now, hashAddress);
    if (!result.ok)
      throw new Error(`sign-up ${signUp.id} cannot be confirmed: ${result.problems[0]?.message}`);
    const { id } = result.subscriber;
    await addOwn(trx, id, own, now);
    await markConfirmed(trx, signUp, id, now);
    return id;
  };
  const act = { act: 'confirm', kind: 'subscriber', at: now } as const;
  return was
    ? await actingAs({ kind: 'subscriber', id: was.id }, () => audited(db, { ...act, id: was.id }, steps))
    : await audited(db, { ...act, id: (id) => id }, steps);
}

/** Who comes back may have as many of their own as there can be: those they do not get make room. */
async function addOwn(db: Db, id: number, own: readonly OwnWords[], now: number): Promise<void> {
  for (const words of own) {
    const has = await listOwnTopics(db, id);
    if (has.length >= ownTopicLimits.live) {
      const gets = new Set((await findSubscribedTopics(db, [id])).get(id)?.map((topic) => topic.id));
      const idle = has.find((topic) => !gets.has(topic.id));
      if (idle) await removeOwnTopic(db, id, idle.slug, now);
    }
    const added = await addOwnTopic(db, id, words, now);
    // Their words were read before; the parser may have learned since to refuse some.
    if (!added.ok && added.reason === 'unknown') throw new Error(`subscriber ${id} is not there`);
  }
}
