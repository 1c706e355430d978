import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { knownIn } from './known.ts';
import { fillWorld, openWorld, troubleWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await fillWorld(world);
  await troubleWorld(world);
});
afterAll(() => world.close());

test('whatever is asked and for how long, the answer is one that the document tells of, and no error of ours', async () => {
  const tally = await fuzz(world, await knownIn(world), { runs: Number(process.env.FUZZ_RUNS ?? 300) });
  const never = [...tally].filter(([, counts]) => ![...counts.keys()].some((status) => status < 300));
  expect(never.map(([operation, counts]) => [operation, Object.fromEntries(counts)])).toEqual([]);
});
