import type { World } from './world.ts';

const dayMs = 86_400_000;
export const clockFaults = ['back a day', 'forward a year', 'back an hour, in the middle'] as const;
export type ClockFault = (typeof clockFaults)[number];

/** A run by a wrong clock, with work left over from the right one. Afterwards the clock is right again. */
export async function wrongClock(world: World, fault: ClockFault): Promise<boolean> {
  const { random, watch } = world;
  if (random() < 0.5) await world.ensureReady(6);
  else await world.nextEdition();
  const right = world.at;
  const amount = {
    'back a day': -dayMs,
    'forward a year': 365 * dayMs,
    'back an hour, in the middle': -dayMs / 24,
  };
  if (fault === 'back an hour, in the middle') {
    const before = await world.run(['send', '--limit', '4']);
    watch.look({ what: 'before the clock moved', ended: [before] });
  }
  world.at = right + amount[fault];
  const ended = await world.run(['run', '--no-ingest']);
  watch.look({ what: `clock ${fault}`, ended: [ended] });
  world.at = right + 11 * 60_000;
  const after = await world.run(['run', '--no-ingest']);
  watch.look({ what: `after the clock went ${fault}`, ended: [after] });
  return true;
}
