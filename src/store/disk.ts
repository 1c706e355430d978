import { statfsSync } from 'node:fs';

/** Bytes that this user may still write on the disk that `folder` is on. Throws when the system cannot tell. */
export function readFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
