import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drafts, now, restore, setUp, topicsIn } from './restoring.ts';

test('a restore killed at any moment leaves the one or the other whole, and can be run again', async () => {
  // Each process ends itself in the nth of the calls that change names or wait for the disk.
  const ends = await Promise.all([0, 1, 2, 3, 4, 5, 99].map(killInCall));
  const topics = ends.map((one) => one.topics);
  for (const one of topics) expect([['then'], ['then', 'since']]).toContainEqual(one);
  expect(topics[0]).toEqual(['then', 'since']);
  expect(topics.at(-1)).toEqual(['then']);
  expect(ends.map((one) => one.killed)).toEqual([true, true, true, true, true, true, false]);
});

async function killInCall(nth: number): Promise<{ killed: boolean; topics: unknown[] }> {
  const { folder, file, backup, store } = await setUp();
  await store.close();
  const script = join(folder, 'restore.mjs');
  const source = join(import.meta.dirname, '../../src/store/restore.ts');
  writeFileSync(
    script,
    `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
     let left = ${nth};
     for (const name of ['renameSync', 'linkSync', 'chownSync', 'fsyncSync']) {
       const real = fs[name];
       fs[name] = (...args) => { if (left-- === 0) process.kill(process.pid, 'SIGKILL'); return real(...args); };
     }
     syncBuiltinESMExports();
     const { restoreDatabase } = await import(${JSON.stringify(source)});
     await restoreDatabase({ file: ${JSON.stringify(backup)}, databaseFile: ${JSON.stringify(file)}, now: ${now}, settle: async () => {} });`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (piece) => said.push(String(piece)));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect([0, null], said.join('')).toContain(code);
  const topics = topicsIn(file);
  await restore(backup, file);
  expect(topicsIn(file)).toEqual(['then']);
  expect(drafts(folder)).toEqual([]);
  return { killed: code === null, topics };
}
