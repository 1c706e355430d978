import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStopwatch } from '../../src/store/stopwatch.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';

let store: Store;
beforeAll(() => {
  store = newStore();
});
afterAll(() => store.close());

test('counts the time that its own questions take, not that in which they wait', async () => {
  let ms = 0;
  const watch = startStopwatch(() => ms);
  const [began, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = store.db.transaction().execute(async () => {
    began.resolve();
    await end.promise;
  });
  await began.promise;
  const asked = watch.time(store.db, async () => {
    ms += 7;
  });
  ms += 1000;
  end.resolve();
  await Promise.all([held, asked]);
  expect(watch.spentMs).toBe(7);
});

test('lets others have their turn between two questions, who has had least first', async () => {
  let ms = 0;
  const done: string[] = [];
  const [long, short] = [startStopwatch(() => ms), startStopwatch(() => ms)];
  const ask = (watch: typeof long, name: string) =>
    watch.time(store.db, async () => {
      ms += 20;
      done.push(name);
    });
  const first = (async () => {
    for (let times = 0; times < 3; times++) await ask(long, 'long');
  })();
  setImmediate(() => done.push('page'));
  await Promise.all([first, ask(short, 'short')]);
  expect(done).toEqual(['long', 'page', 'short', 'long', 'long']);
});
