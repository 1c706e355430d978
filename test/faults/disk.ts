import { chmodSync, chownSync, cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Ended, Env } from '../e2e/paperboy.ts';
import { mayMount, mountSmall } from './mounts.ts';
import type { World } from './world.ts';

/** A disk without room, and a database or a folder that cannot be written. */

export const diskFaults = [
  ...(['full while planning', 'full while recording'] as const),
  ...(['no pages while planning', 'no pages while recording'] as const),
  ...(['read-only file', 'read-only folder', 'read-only disk'] as const),
] as const;
export type DiskFault = (typeof diskFaults)[number];

/** False: this machine does not permit it. */
export async function faultyDisk(world: World, fault: DiskFault): Promise<boolean> {
  if (fault.startsWith('full') || fault === 'read-only disk') return await onSmallDisk(world, fault);
  if (fault.startsWith('no pages')) return await withoutPages(world, fault.endsWith('planning'));
  return await unwritable(world, fault === 'read-only folder');
}

async function prepare(world: World, planning: boolean): Promise<string[]> {
  if (planning) await world.nextEdition();
  else await world.ensureReady(8);
  return planning ? ['plan'] : ['send'];
}

/** What the database consists of. */
function filesOf(database: string): string[] {
  return ['', '-wal', '-shm']
    .map((end) => database + end)
    .filter((file) => statSync(file, { throwIfNoEntry: false }));
}

function move(from: string, to: string): void {
  for (const file of filesOf(to)) rmSync(file);
  rmSync(`${to}.workers`, { recursive: true, force: true });
  for (const file of filesOf(from)) cpSync(file, to + file.slice(from.length));
  // Locks of workers lie beside it and are of no use elsewhere: who held them is dead.
}

async function onSmallDisk(world: World, fault: DiskFault): Promise<boolean> {
  if (!mayMount()) return false;
  const { home, random, watch } = world;
  const args = await prepare(
    world,
    fault === 'full while planning' || (fault === 'read-only disk' && random() < 0.5),
  );
  const bytes = filesOf(home.database).reduce((sum, file) => sum + statSync(file).size, 0);
  // -shm takes 32 KB at once, each commit some pages of the -wal file.
  const most = fault === 'full while planning' ? 130_000 : 260_000;
  const slack = 4096 + Math.floor(random() * most);
  const disk = mountSmall(fault === 'read-only disk' ? bytes + 1e7 : bytes + slack + 20_000);
  if (!disk) return false;
  try {
    const there = join(disk.dir, basename(home.database));
    const env = { DATABASE_URL: `sqlite:${there}` };
    move(home.database, there);
    if (fault === 'read-only disk') disk.remount('ro');
    const ended = await world.run(args, env);
    disk.remount(`rw,size=${bytes + 5e7}`);
    const refused = failedItself(ended);
    if (refused || fault === 'read-only disk')
      expectTold(
        world,
        ended,
        fault === 'read-only disk' ? /cannot be (written|opened)/ : /disk is full/,
        there,
      );
    move(there, home.database);
    watch.look({ what: `${fault} (${slack})`, ended: [ended], killed: refused ? 1 : 0 });
    return refused;
  } finally {
    disk.remove();
  }
}

/** A run that only tells what became of one that died before has found room enough. */
function failedItself({ code, stderr }: Ended): boolean {
  const told = stderr.trim().split('\n').filter(Boolean);
  return code !== 0 && !told.every((line) => /may or may not have been accepted/.test(line));
}

async function withoutPages(world: World, planning: boolean): Promise<boolean> {
  const args = await prepare(world, planning);
  const env = {
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'full-disk.ts')}`,
    PAPERBOY_MORE_PAGES: '0',
  };
  const ended = await world.run(args, env);
  if (failedItself(ended)) expectTold(world, ended, /disk is full/, world.home.database);
  const refused = /disk is full/.test(ended.stderr);
  world.watch.look({ what: 'no more pages', ended: [ended], killed: refused ? 1 : 0 });
  return refused;
}

/** Nobody, where this process may become somebody else: to root no file mode is an obstacle. */
const other = process.getuid?.() === 0 ? 65534 : undefined;

async function unwritable(world: World, folder: boolean): Promise<boolean> {
  const { home, watch, random } = world;
  const args = await prepare(world, random() < 0.5);
  // With a -wal and a -shm that are there already a folder need not be written to.
  if (folder) fold(home.database);
  const modes = new Map([home.dir, ...filesOf(home.database)].map((file) => [file, statSync(file)]));
  const env: Env = { NODE_COMPILE_CACHE: '' };
  if (other !== undefined)
    for (const file of modes.keys()) if (file !== home.dir || folder) chownSync(file, other, other);
  chmodSync(home.dir, folder ? 0o555 : 0o777);
  for (const file of filesOf(home.database)) chmodSync(file, folder ? 0o666 : 0o444);
  const before = world.sink.caught.length;
  const ended = await world.start(args, env, other);
  for (const [file, { mode, uid, gid }] of modes) {
    if (!statSync(file, { throwIfNoEntry: false })) continue;
    if (other !== undefined) chownSync(file, uid, gid);
    chmodSync(file, mode);
  }
  // What it made itself belongs to it.
  for (const name of readdirSync(home.dir))
    if (other !== undefined)
      chownSync(join(home.dir, name), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  expectTold(world, ended, /cannot be (written|opened)/, home.database);
  if (world.sink.caught.length > before) watch.wrong.push('mail went out without a database to note it');
  watch.look({ what: folder ? 'read-only folder' : 'read-only file', ended: [ended] });
  return true;
}

/** One error that names the file and says what is wrong with it. */
export function expectTold({ watch }: World, ended: Ended, told: RegExp, file: string): void {
  if (ended.code !== 1 || !told.test(ended.stderr) || !ended.stderr.includes(file))
    watch.wrong.push(
      `exit ${ended.code ?? ended.signal} and not told of ${told}: ${ended.stderr.slice(0, 500)}`,
    );
}

/** Everything into the one file, as after a clean end. */
export function fold(file: string): void {
  const raw = new BetterSqlite3(file);
  raw.pragma('wal_checkpoint(TRUNCATE)');
  raw.close();
}
