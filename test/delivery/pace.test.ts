import { describe, expect, test } from 'vitest';
import { createPace, type Rates } from '../../src/delivery/pace.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryStore } from '../support/store.ts';

const begin = Date.parse('2026-06-22T08:00:00Z');

/** Time that passes only by sleeping, for any number of processes. */
function makeTime() {
  const time = { monotonic: 0, real: begin };
  const pass = (ms: number) => {
    time.monotonic += ms;
    time.real += ms;
  };
  return { time, pass };
}

function paceOf(store: Store, rates: Partial<Rates>, { time, pass } = makeTime()) {
  return createPace(
    store.db,
    { perSecond: null, perMinute: null, ...rates },
    { now: () => time.real, monotonicMs: () => time.monotonic, sleep: async (ms) => pass(ms) },
  );
}

const writes = (store: Store) => store.raw.prepare('SELECT total_changes()').pluck().get() as number;

describe('a rate', () => {
  test('spaces attempts evenly and saves nothing up', async () => {
    const clock = makeTime();
    const pace = paceOf(temporaryStore(), { perSecond: 10 }, clock);
    const starts: number[] = [];
    const wait = async () => {
      await pace.wait();
      starts.push(Math.round(clock.time.monotonic));
    };
    for (let n = 0; n < 3; n++) await wait();
    clock.pass(800);
    for (let n = 0; n < 3; n++) await wait();
    expect(starts).toEqual([0, 100, 200, 1000, 1100, 1200]);
  });

  test('a second and a minute together: neither sees more than its share', async () => {
    const clock = makeTime();
    const pace = paceOf(temporaryStore(), { perSecond: 5, perMinute: 120 }, clock);
    const starts: number[] = [];
    for (let n = 0; n < 300; n++) {
      await pace.wait();
      starts.push(clock.time.monotonic);
    }
    for (const start of starts) {
      const within = (ms: number) => starts.filter((one) => one >= start && one < start + ms - 1e-6).length;
      expect(within(1000)).toBeLessThanOrEqual(5);
      expect(within(60_000)).toBeLessThanOrEqual(120);
    }
    expect(starts.at(-1)).toBeCloseTo(299 * 500, 0);
  });

  test('costs a write for many messages, not one for each', async () => {
    const store = temporaryStore();
    const pace = paceOf(store, { perSecond: 400 });
    const before = writes(store);
    for (let n = 0; n < 1000; n++) await pace.wait();
    expect(writes(store) - before).toBe(10);
  });

  test('is kept by all processes together, and goes on where it was after a restart', async () => {
    const store = temporaryStore();
    const clock = makeTime();
    const starts: number[] = [];
    for (let process = 0; process < 20; process++) {
      const one = paceOf(store, { perMinute: 60 }, clock);
      const other = paceOf(store, { perMinute: 60 }, clock);
      for (const pace of [one, other, one]) {
        await pace.wait();
        starts.push(Math.round(clock.time.monotonic));
      }
    }
    expect(starts).toEqual(Array.from({ length: 60 }, (_none, n) => n * 1000));
  });

  test.each([
    ['a day back', -86_400_000],
    ['a year ahead', 365 * 86_400_000],
  ])('a clock set %s holds up nobody for long', async (_name, stepMs) => {
    const store = temporaryStore();
    const clock = makeTime();
    const before = paceOf(store, { perSecond: 2 }, clock);
    for (let n = 0; n < 5; n++) await before.wait();
    clock.time.real += stepMs;
    const after = paceOf(store, { perSecond: 2 }, clock);
    const from = clock.time.monotonic;
    for (let n = 0; n < 4; n++) await (n % 2 ? before : after).wait();
    expect(clock.time.monotonic - from).toBeLessThanOrEqual(3000);
    expect(clock.time.monotonic - from).toBeGreaterThanOrEqual(1000);
  });

  test('who is asked to stop does not wait for a slot', async () => {
    const store = temporaryStore();
    const pace = createPace(store.db, { perSecond: null, perMinute: 0.5 });
    const stop = new AbortController();
    await pace.wait(stop.signal);
    const waiting = [pace.wait(stop.signal), pace.wait(stop.signal)];
    setTimeout(() => stop.abort(), 20);
    await Promise.all(waiting);
  });

  test('without one nothing is written and nobody waits', async () => {
    const store = temporaryStore();
    const before = writes(store);
    const clock = makeTime();
    const pace = paceOf(store, {}, clock);
    for (let n = 0; n < 10; n++) await pace.wait();
    expect([writes(store) - before, clock.time.monotonic]).toEqual([0, 0]);
  });
});
