import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Letter } from '../../src/digest/letter.ts';
import type { Outcome } from '../../src/mail/transport.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { insertSuppressions } from '../../src/store/suppressions.ts';
import { mailLetters } from '../../src/subscribers/mail-letters.ts';
import { askToMove, confirmMove, findMove } from '../../src/subscribers/move.ts';
import { eraseSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, hashAddress, monday, openTestStore } from './people.ts';

const minuteMs = 60_000;
let store: Store;
let now: number;
let answer: Outcome;
let letters: { to: string; letter: Letter }[];
beforeEach(async () => {
  store = await openTestStore();
  now = monday;
  answer = sent;
  letters = [];
});
afterEach(() => store.close());

const reply = { phase: 'reply', code: 250, enhanced: null, text: '' } as const;
const sent: Outcome = { kind: 'sent', reply };
const later = { kind: 'retry', cause: 'temporary', reply: null, message: 'away' } as unknown as Outcome;
const mail = () =>
  mailLetters({
    ...{ db: store.db, now: () => now, hashAddress },
    moveUrl: (token) => `https://x.test/move/${token}`,
    unsubscribeUrl: ({ subscriberId, linkEpoch }) =>
      `https://x.test/unsubscribe/${subscriberId}.${linkEpoch}`,
    async mail(to, letter) {
      letters.push({ to, letter });
      return answer;
    },
  });
const waiting = () => store.raw.prepare('SELECT count(*) FROM waiting_letters').pluck().get();
const deps = () => ({ db: store.db, now, hashAddress });
const tokenOf = (letter: Letter | undefined) => letter?.url.split('/').at(-1) ?? '';

async function addAna() {
  const id = await addSomebody(store, { email: 'ana@old.example', topics: ['agents'], locale: 'de' });
  const ask = async (to: string) => {
    const ana = await findSubscriber(store.db, id);
    if (!ana) throw new Error('nobody');
    return await askToMove(deps(), ana, to);
  };
  return { id, ask };
}

test('both addresses are told in the language of their owner, each once', async () => {
  const { id, ask } = await addAna();
  await ask('ana@new.example');
  await Promise.all([mail(), mail()]);
  expect(letters).toMatchObject([{ to: 'ana@new.example', letter: { kind: 'move', locale: 'de' } }]);
  await confirmMove(deps(), tokenOf(letters[0]?.letter));
  await Promise.all([mail(), mail()]);
  expect(letters.slice(1)).toMatchObject([
    {
      to: 'ana@old.example',
      letter: { kind: 'moved', locale: 'de', url: `https://x.test/unsubscribe/${id}.0` },
    },
  ]);
  expect(waiting()).toBe(0);
});

test('what the mail server does not take is tried again, with a link that works, and given up after a day', async () => {
  const { ask } = await addAna();
  await ask('ana@new.example');
  answer = later;
  expect(await mail()).toEqual({ mailed: 0, putOff: 1, notMailed: 0 });
  expect(await mail()).toEqual({ mailed: 0, putOff: 0, notMailed: 0 });
  now += 2 * minuteMs;
  answer = sent;
  expect(await mail()).toEqual({ mailed: 1, putOff: 0, notMailed: 0 });
  const [first, second] = letters.map(({ letter }) => tokenOf(letter));
  // The server said that it did not take the first.
  expect(await findMove(deps(), first ?? '')).toEqual({ ok: false });
  expect(await findMove(deps(), second ?? '')).toMatchObject({ ok: true });
  await confirmMove(deps(), second ?? '');
  answer = later;
  for (let hours = 0; hours < 30; hours++) {
    await mail();
    now += 60 * minuteMs;
  }
  expect(waiting()).toBe(0);
  expect(letters.length).toBeGreaterThan(10);
});

test('nobody is mailed who must not be, or what is over', async () => {
  const { id, ask } = await addAna();
  await ask('ana@new.example');
  await mail();
  await confirmMove(deps(), tokenOf(letters[0]?.letter));
  const bad = { addressHash: hashAddress('ana@old.example'), reason: 'hard', origin: 'smtp' };
  await insertSuppressions(store.db, [{ ...bad, note: null, bounceId: null, createdAt: monday }]);
  expect(await mail()).toEqual({ mailed: 0, putOff: 0, notMailed: 1 });
  await ask('ana@third.example');
  await addSomebody(store, { email: 'ana@third.example' });
  expect(await mail()).toEqual({ mailed: 0, putOff: 0, notMailed: 1 });
  await ask('ana@fourth.example');
  await eraseSubscriber(store.db, id, now, hashAddress);
  expect(waiting()).toBe(0);
  expect(letters).toHaveLength(1);
});
