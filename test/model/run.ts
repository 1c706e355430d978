import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { play, type Tally } from './play.ts';
import { acts, story } from './steps.ts';

/** The long form: `npm run test:model -- --runs 1000 --seed 7 --turns 40`. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    turns: { type: 'string', default: '40' },
    path: { type: 'string' },
  },
});
const [runs, seed, turns] = [Number(values.runs), Number(values.seed), Number(values.turns)];
const tally: Tally = new Map();
/** A long form in which one of these never happened has shown nothing of it. */
const everything = [
  ...acts,
  ...['join', 'topics', 'settings', 'resume', 'resubscribe', 'lift', 'publish', 'twin', 'vote', 'withdraw'],
  ...[
    'revise',
    'identify',
    'unite',
    'wait',
    'leap',
    'takeBack',
    'untilDue',
    'plan',
    'send',
    'resolve',
    'bounce',
  ],
  ...['pending', 'nothing_new', 'source_late', 'no_topics', 'folded', 'suppressed'].map(
    (one) => `planned: ${one}`,
  ),
  ...['sent', 'deferred', 'no_reply', 'crashed', 'claimed', 'sending', 'expired', 'withdrawn'].map(sending),
  ...['recipient_refused', 'message_refused', 'address_changed', 'suppressed', 'unreachable'].map(sending),
  ...['paused', 'unsubscribed', 'erased'].map(sending),
  ...['died while planning', 'died while sending', 'somebody acted while sending', 'due brought back'],
];
function sending(what: string): string {
  return `sending: ${what}`;
}
console.log(`${runs} stories of up to ${turns} turns, seed ${seed}`);
const began = performance.now();
let played = 0;
const result = await fc.check(
  fc.asyncProperty(story(turns), async (one) => {
    if (++played % 100 === 0)
      console.error(`${played} played, ${Math.round((performance.now() - began) / 1000)} s`);
    await play(one, tally);
  }),
  { numRuns: runs, seed, ...(values.path ? { path: values.path } : {}) },
);
for (const [what, count] of [...tally].sort()) console.log(String(count).padStart(8), what);
const missing = result.failed ? [] : everything.filter((what) => !tally.has(what));
if (missing.length > 0 && runs >= 1000) {
  console.log(`never happened: ${missing.join(', ')}`);
  process.exitCode = 1;
}
if (result.failed) {
  const [error, counterexample] = [result.errorInstance, result.counterexample];
  console.log(
    `failed after ${result.numRuns} stories and ${result.numShrinks} shrinks; --seed ${seed} --turns ${turns} --path ${result.counterexamplePath}`,
  );
  console.log(`start: Date.parse('${new Date(counterexample?.[0].start ?? 0).toISOString()}'), steps:`);
  for (const step of counterexample?.[0].steps ?? []) console.log(`  ${JSON.stringify(step)},`);
  console.log(error);
  process.exitCode = 1;
}
