import type { DigestDefaults } from '../../src/config.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { addTopic } from '../../src/store/topics.ts';
import { addSubscriber, type NewSubscriber } from '../../src/subscribers/subscribers.ts';
import { newStore } from '../support/store.ts';

export const defaults: DigestDefaults = {
  time: '08:00',
  timezone: 'UTC',
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  maxPapers: 10,
  locale: 'en',
};

/** Monday, 06:00 UTC. */
export const monday = Date.parse('2026-06-22T06:00:00Z');

/** By a key for tests. */
export const hashAddress = makeHashAddress('a key for tests');

/** A store in memory with the topics `agents`, `diffusion` and `robotics`. */
export async function openTestStore(file = ':memory:'): Promise<Store> {
  const store = newStore(file);
  for (const slug of ['agents', 'diffusion', 'robotics'])
    await addTopic(store.db, { slug, name: `About ${slug}`, query: slug }, monday);
  return store;
}

/** Adds somebody and gives their id. */
export async function addSomebody(store: Store, given: NewSubscriber, at = monday): Promise<number> {
  const added = await addSubscriber(store.db, given, defaults, at, hashAddress);
  if (!added.ok) throw new Error(added.problems.map(({ message }) => message).join(' '));
  return added.subscriber.id;
}
