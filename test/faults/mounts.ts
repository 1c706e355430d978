import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system of its own, where this process may mount one. */
export interface Mount {
  readonly dir: string;
  /** Gives it another size or makes it read-only. */
  remount(options: string): void;
  remove(): void;
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' });
}

/** Null where mounting is not permitted. */
export function mountSmall(bytes: number): Mount | null {
  const dir = mkdtempSync(join(tmpdir(), 'paperboy-disk-'));
  try {
    mount('-t', 'tmpfs', '-o', `size=${Math.ceil(bytes / 4096) * 4096}`, 'tmpfs', dir);
  } catch {
    rmdirSync(dir);
    return null;
  }
  mkdirSync(join(dir, 'data'));
  return {
    dir: join(dir, 'data'),
    remount: (options) => mount('-o', `remount,${options}`, dir),
    remove() {
      execFileSync('umount', ['-l', dir]);
      rmdirSync(dir);
    },
  };
}

let permitted: boolean | null = null;

/** Whether this process may mount file systems at all. */
export function mayMount(): boolean {
  if (permitted === null) {
    const tried = mountSmall(1e6);
    tried?.remove();
    permitted = tried !== null;
  }
  return permitted;
}
