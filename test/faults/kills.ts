import { join } from 'node:path';
import type { FaultSource } from '../e2e/fault-proxy.ts';
import { iso, untilEnded } from '../e2e/paperboy.ts';
import type { Step } from './steps.ts';
import type { Strike } from './watch.ts';
import type { World } from './world.ts';

/** SIGKILL at named steps, and at moments that nobody chose. */

const preload = join(import.meta.dirname, 'kill-at.ts');

export function killAt(step: Step, nth: number, afterUs = 0) {
  return {
    NODE_OPTIONS: `--import ${preload}`,
    PAPERBOY_KILL_AT: `${step}#${nth}`,
    PAPERBOY_KILL_AFTER_US: String(afterUs),
  };
}

/** Kills the program at this step; resolves to how many faults that were, 0: the step was not reached. */
export async function killAtStep(world: World, step: Step): Promise<number> {
  const { random, watch, proxy } = world;
  const [room, act] = step.split(/[.:]/) as [string, string];
  let faults = 0;
  let args = random() < 0.7 ? ['send'] : ['run', '--no-ingest'];
  let most = 4;
  const strikes: Strike[] = [];
  if (room === 'plan') {
    if (act === 'release') {
      await world.ensureReady(2);
      await world.nextEdition({ leavePending: true });
    } else await world.nextEdition({ leavePending: random() < 0.7 });
    if (random() < 0.7) args = ['plan'];
    else args = ['run', '--no-ingest'];
    most = act === 'notes' || act === 'commit' ? 2 : 1;
  } else if (room === 'recover') {
    if (watch.open() === 0) faults += await killAtStep(world, 'send.body:after');
    most = 1;
  } else {
    await world.ensureReady(5);
    if (['lock', 'take', 'read', 'return', 'connect', 'ehlo'].includes(act)) most = 1;
    const refusal = refusals[act];
    if (refusal) {
      most = 2;
      proxy.fail(noted(strikes, refusal));
    }
  }
  const nth = 1 + Math.floor(random() * most);
  const ended = await world.run(args, killAt(step, nth, Math.floor(random() * 3000)));
  proxy.heal();
  const killed = ended.signal === 'SIGKILL' ? 1 : 0;
  watch.look({ what: `killed at ${step}#${nth}`, ended: [ended], killed, strikes });
  return faults + killed + strikes.length;
}

/** What the server says so that the step is reached. */
const refusals: Record<string, FaultSource> = {
  retry: (stage) => (stage === 'rcpt' ? { reply: '450 4.2.0 greylisted' } : null),
  failed: (stage) => (stage === 'dot' ? { reply: '554 5.6.0 no' } : null),
  release: (stage) => (stage === 'dot' ? { reply: '554 5.6.0 no' } : null),
  uncertain: (stage) => (stage === 'reply' ? 'drop' : null),
};

/** Notes what a source of faults does. */
export function noted(strikes: Strike[], source: FaultSource): FaultSource {
  return (stage, recipient) => {
    const act = source(stage, recipient);
    if (act !== null)
      strikes.push({
        stage,
        recipient,
        code: typeof act === 'object' ? Number(act.reply.slice(0, 3)) : null,
      });
    return act;
  };
}

/** Kills it after a time, wherever it is then. */
export async function killAnytime(world: World): Promise<number> {
  const { random, home, watch } = world;
  await world.nextEdition({ leavePending: random() < 0.5 });
  const child = home.start(['run', '--no-ingest', '--at', iso(world.at)]);
  const timer = setTimeout(() => child.kill('SIGKILL'), 250 + random() * 1100);
  const ended = await untilEnded(child);
  clearTimeout(timer);
  world.at += 11 * 60_000;
  const killed = ended.signal === 'SIGKILL' ? 1 : 0;
  watch.look({ what: 'killed at any moment', ended: [ended], killed });
  return killed;
}
