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

test('whatever is asked, the answer is one that the document tells of, and no error of ours', async () => {
  const tally = await fuzz(world, await knownIn(world), { runs: 6 });
  // A fuzz that only ever hits refusals would find nothing.
  const answers = [...tally.values()].flatMap((counts) => [...counts]);
  const sum = (some: typeof answers) => some.reduce((all, [, count]) => all + count, 0);
  expect(sum(answers.filter(([status]) => status < 300)) / sum(answers)).toBeGreaterThan(0.1);
});
