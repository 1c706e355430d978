import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { play, type Tally } from './play.ts';
import { story } from './steps.ts';

/** The long form: `npm run test:model -- --runs 1000 --seed 7 --steps 80`. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    steps: { type: 'string', default: '80' },
    path: { type: 'string' },
  },
});
const [runs, seed, steps] = [Number(values.runs), Number(values.seed), Number(values.steps)];
const tally: Tally = new Map();
console.log(`${runs} stories of up to ${steps} steps, seed ${seed}`);
const began = performance.now();
let played = 0;
const result = await fc.check(
  fc.asyncProperty(story(steps), async (one) => {
    if (++played % 100 === 0)
      console.log(`${played} played, ${Math.round((performance.now() - began) / 1000)} s`);
    await play(one, tally);
  }),
  { numRuns: runs, seed, ...(values.path ? { path: values.path } : {}) },
);
for (const [what, count] of [...tally].sort()) console.log(String(count).padStart(8), what);
if (result.failed) {
  const [error, counterexample] = [result.errorInstance, result.counterexample];
  console.log(
    `failed after ${result.numRuns} stories and ${result.numShrinks} shrinks; --seed ${seed} --path ${result.counterexamplePath}`,
  );
  console.log(`start: Date.parse('${new Date(counterexample?.[0].start ?? 0).toISOString()}'), steps:`);
  for (const step of counterexample?.[0].steps ?? []) console.log(`  ${JSON.stringify(step)},`);
  console.log(error);
  process.exitCode = 1;
}
