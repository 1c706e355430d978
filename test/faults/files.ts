import { createHash } from 'node:crypto';
import {
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readLedger } from '../e2e/ledger.ts';
import type { Home } from '../e2e/paperboy.ts';
import { expectTold, fold } from './disk.ts';
import type { World } from './world.ts';

/** A database file that is cut off or replaced, between two runs and in the middle of one. */

export const fileFaults = [
  ...([
    'cut in half',
    'empty',
    'garbage',
    'garbage in the middle',
    'another database',
    'an older copy',
  ] as const),
  ...(['replaced in a run', 'removed in a run', 'cut off in a run'] as const),
] as const;
export type FileFault = (typeof fileFaults)[number];

/** `other`: an installation with readers of its own. True when the world cannot go on after it. */
export async function faultyFile(world: World, fault: FileFault, other: Home): Promise<boolean> {
  const { home, watch } = world;
  if (fault.endsWith('in a run')) return await inARun(world, fault, other);
  const file = home.database;
  const kept = join(home.dir, 'kept.db');
  if (fault === 'an older copy') return await olderCopy(world, kept);
  await world.ensureReady(4);
  fold(file);
  copyFileSync(file, kept);
  const { size } = statSync(file);
  if (fault === 'cut in half') truncateSync(file, Math.floor(size * world.random()));
  else if (fault === 'empty') {
    truncateSync(file, 0);
    // As a killed process leaves it.
    writeFileSync(`${file}-wal`, Buffer.alloc(4152, 1));
  } else if (fault === 'garbage') writeFileSync(file, Buffer.alloc(size, 'no database '));
  else if (fault === 'garbage in the middle') {
    const bytes = readFileSync(file);
    // The last half, where rows of deliveries and their papers are.
    bytes.fill(0xa5, 4096 * Math.ceil(size / 8192));
    writeFileSync(file, bytes);
  } else copyFileSync(other.database, file);
  const before = world.sink.caught.length;
  const bytes = digestOf(file);
  const ended = await world.run(['run', '--no-ingest']);
  if (fault !== 'another database') {
    expectTold(world, ended, /damaged|cut off|no SQLite database|empty/, file);
    if (world.sink.caught.length > before) watch.wrong.push(`${fault}: mail was sent all the same`);
    if (fault !== 'garbage in the middle' && digestOf(file) !== bytes)
      watch.wrong.push(`${fault}: and it was written to`);
  } else {
    const strangers = new Set(readLedger(file).deliveries.map((one) => one.messageId));
    const mixed = world.sink.caught.slice(before).filter((mail) => !strangers.has(mail.messageId));
    if (mixed.length > 0) watch.wrong.push(`${mixed.length} mails that the other database does not know of`);
    if (world.sink.caught.slice(before).some((mail) => !mail.to[0]?.startsWith('stranger')))
      watch.wrong.push('mail to our readers by the other database');
    world.sink.caught.length = before;
  }
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  renameSync(kept, file);
  watch.look({ what: `${fault}, and put right again`, ended: [ended] });
  return false;
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What the older copy knows is not sent again; what it cannot know is not asked of it: the world ends here. */
async function olderCopy(world: World, kept: string): Promise<boolean> {
  const { home, watch, sink } = world;
  await world.ensureReady(6);
  const half = await world.run(['send', '--limit', '5']);
  watch.look({ what: 'half of it', ended: [half] });
  fold(home.database);
  copyFileSync(home.database, kept);
  const known = new Set(
    readLedger(kept)
      .deliveries.filter((one) => one.status === 'sent' || one.status === 'uncertain')
      .map((one) => one.messageId),
  );
  const rest = await world.run(['send']);
  watch.look({ what: 'the rest of it', ended: [rest] });
  await world.finish();
  const before = sink.caught.length;
  for (const end of ['-wal', '-shm']) rmSync(home.database + end, { force: true });
  renameSync(kept, home.database);
  const again = await world.run(['run', '--no-ingest']);
  const twice = sink.caught.slice(before).filter((mail) => known.has(mail.messageId));
  if (twice.length > 0) watch.wrong.push(`twice: ${twice.length} mails that the older copy knew of`);
  const ids = sink.caught.slice(before).map((mail) => mail.messageId);
  if (new Set(ids).size < ids.length) watch.wrong.push('twice: within one run of the older copy');
  if (again.code !== 0) watch.wrong.push(`the older copy: exit ${again.code}: ${again.stderr.slice(0, 300)}`);
  return true;
}

/** While messages go out. Nothing more is sent than was on its way, and the next run finds what was recorded. */
async function inARun(world: World, fault: FileFault, other: Home): Promise<boolean> {
  const { home, watch, proxy, sink, connections } = world;
  await world.ensureReady(10);
  const file = home.database;
  const aside = join(home.dir, 'aside.db');
  const ends = ['', '-wal', '-shm'];
  let begun = 0;
  let caught = -1;
  proxy.fail((stage) => {
    if (stage !== 'mail' || ++begun !== 3) return null;
    caught = sink.caught.length;
    if (fault === 'cut off in a run') truncateSync(file, 0);
    else {
      for (const end of ends)
        if (statSync(file + end, { throwIfNoEntry: false })) renameSync(file + end, aside + end);
      if (fault === 'replaced in a run') copyFileSync(other.database, file);
    }
    return null;
  });
  const ended = await world.run(['send']);
  proxy.heal();
  if (caught < 0) return false;
  const after = sink.caught.length - caught;
  if (fault === 'cut off in a run') {
    // Its pages are in memory: it may well end in peace. But nobody builds on the ruin without being told.
    const next = await world.run(['run', '--no-ingest']);
    if (ended.code === 0) expectTold(world, next, /damaged|cut off|empty|no SQLite database/, file);
    const known = new Set(sink.caught.slice(0, caught).map((mail) => mail.messageId));
    const twice = sink.caught.slice(caught).filter((mail) => known.has(mail.messageId));
    // What UNCERTAIN=resend puts back cannot be looked up in a ruin.
    if (twice.length > 0 && home.env.UNCERTAIN !== 'resend')
      watch.wrong.push(`twice: ${twice.length} after the file was cut off`);
    return true;
  }
  expectTold(world, ended, /moved or replaced/, file);
  if (after > 2 * connections) watch.wrong.push(`${after} messages went out after the file was gone`);
  for (const end of ends) {
    rmSync(file + end, { force: true });
    if (statSync(aside + end, { throwIfNoEntry: false })) renameSync(aside + end, file + end);
  }
  watch.look({ what: `${fault}, and put right again`, ended: [ended], killed: 1 });
  return false;
}
