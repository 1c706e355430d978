import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { importSubscribers } from '../../src/subscribers/import.ts';
import { createLongActs, createUnderway } from '../../src/subscribers/long-acts.ts';
import { defaults, hashAddress, monday, openTestStore } from './people.ts';

test('when the program ends, an act ends after the step it is in, and is waited for', async () => {
  const underway = createUnderway();
  const errors: unknown[] = [];
  const acts = createLongActs<number, string>((error) => errors.push(error), underway);
  let steps = 0;
  const act = acts.start('Counting', async (tell) => {
    while (steps < 1_000_000) {
      await setImmediate();
      tell(++steps);
    }
    return 'all';
  });
  while (steps < 3) await setImmediate();
  await underway.stop();
  const until = steps;
  expect(until).toBeLessThan(10);
  expect(act.outcome).toEqual({
    ok: false,
    message: expect.stringContaining('doing it again does the rest'),
  });
  await setImmediate();
  expect(steps).toBe(until);
  // it is nothing that anybody must look into
  expect(errors).toEqual([]);
});

test('a list whose import was stopped is done to the end by importing it again', async () => {
  const store = await openTestStore();
  const list = `email\n${Array.from({ length: 2000 }, (_, n) => `reader${n}@example.org`).join('\n')}\n`;
  const request = { db: store.db, defaults, hashAddress, at: monday };
  const input = () => Readable.from([Buffer.from(list)]);
  const count = () => store.raw.prepare('SELECT count(*) AS n FROM subscribers').get() as { n: number };
  const underway = createUnderway();
  const acts = createLongActs<number, unknown>(() => {}, underway);
  let lines = 0;
  const act = acts.start('Importing', (tell) =>
    importSubscribers({
      ...request,
      input: input(),
      onLine() {
        if (++lines % 500 === 0) tell(lines);
        if (lines === 500) void underway.stop();
      },
    }),
  );
  await expect.poll(() => act.outcome).toMatchObject({ ok: false });
  expect(count().n).toBeGreaterThan(0);
  expect(count().n).toBeLessThan(2000);
  await importSubscribers({ ...request, input: input() });
  expect(count().n).toBe(2000);
  await store.close();
});
