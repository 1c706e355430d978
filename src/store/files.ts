import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Brings a file's contents to the disk. */
export function syncFile(file: string): void {
  const fd = openSync(file, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Brings a new name to the disk; systems that cannot sync a folder do so by themselves. */
export function syncFolderOf(file: string): void {
  let fd: number;
  try {
    fd = openSync(dirname(file), 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } catch {
    // Windows
  } finally {
    closeSync(fd);
  }
}
