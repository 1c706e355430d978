import { iso, untilEnded } from '../e2e/paperboy.ts';
import { pick } from '../e2e/synthetic.ts';
import { killAt } from './kills.ts';
import { type Step, steps } from './steps.ts';
import type { World } from './world.ts';

/** What a run tells of that has nothing to do with the others: what the dead left, and what has expired. */
const toldApart = /may or may not|failed: `paperboy deliveries/;

/** Two or three processes on one database at once, one of them killed when `step` is given. Returns the faults. */
export async function several(world: World, count: 2 | 3, kill: boolean): Promise<number> {
  const { random, home, watch } = world;
  if (random() < 0.5) await world.nextEdition();
  else await world.ensureReady(8);
  const step: Step = pick(
    random,
    steps.filter((one) => !/release|retry|failed|uncertain|recover/.test(one)),
  );
  const processes = Array.from({ length: count }, (_none, n) => {
    const env = kill && n === 0 ? killAt(step, 1, random() * 3000) : {};
    return untilEnded(home.start(['run', '--no-ingest', '--at', iso(world.at)], env));
  });
  const ended = await Promise.all(processes);
  world.at += 11 * 60_000;
  const killed = ended.filter((one) => one.signal === 'SIGKILL').length;
  watch.look({ what: `${count} processes${kill ? `, one killed at ${step}` : ''}`, ended, killed });
  const failed = ended.find((one) => one.code !== 0 && one.signal === null && !toldApart.test(one.stderr));
  if (failed)
    watch.wrong.push(`one of ${count} processes: exit ${failed.code}: ${failed.stderr.slice(0, 400)}`);
  return 1 + killed;
}
