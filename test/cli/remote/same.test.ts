import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHere, openServed } from './served.ts';

let here: Awaited<ReturnType<typeof openHere>>;
let there: Awaited<ReturnType<typeof openServed>>;
beforeAll(async () => {
  [here, there] = [await openHere(), await openServed()];
}, 60_000);
afterAll(async () => {
  await here.close();
  await there.close();
});

/** What is typed one after another, and whether its clock matters. */
const commands: [words: string[], clock?: 'clock'][] = [
  [['topics', 'list']],
  [['topics', 'list', '--all', '--json']],
  [['topics', 'add', 'robots', '--name', 'Robots', '--query', 'robot*', '--json'], 'clock'],
  [['topics', 'add', 'robots', '--name', 'Robots', '--query', 'robot*'], 'clock'],
  [['topics', 'add', 'walkers', '--name', 'Walking', '--query', '(legs'], 'clock'],
  // One that ships, and that nobody touched.
  [['topics', 'add', 'agents', '--name', 'Our agents', '--query', 'agent*'], 'clock'],
  [['topics', 'edit', 'robots', '--query', 'robot* OR walker', '--description', 'Legs.', '--json'], 'clock'],
  [['topics', 'edit', 'robots', '--slug', 'Ro bots', '--query', 'a AND'], 'clock'],
  [['topics', 'edit', 'robots'], 'clock'],
  [['topics', 'edit', 'robots', '--slug', 'machines'], 'clock'],
  [['topics', 'remove', 'adapters', '--json'], 'clock'],
  [['topics', 'edit', 'adapters', '--unarchive', '--name', 'Adapters again', '--json'], 'clock'],
  [['topics', 'merge', 'machines', 'all-of-it', '--json'], 'clock'],
  [['topics', 'merge', 'machines', 'all-of-it'], 'clock'],
  [['topics', 'test', 'low-rank', '--days', '3', '--json'], 'clock'],
  [['topics', 'test', 'low-rank'], 'clock'],
];

describe('here and at a server', () => {
  test.each(commands)('`paperboy %s` says and does the same', async (words, clock) => {
    const local = await here.terminal.run(...words, ...(clock ? ['--at', here.at] : []));
    expect(await there.terminal.run(...words)).toEqual(local);
  });

  test('nothing went wrong at the server', () => {
    expect(there.problems).toEqual([]);
  });
});
