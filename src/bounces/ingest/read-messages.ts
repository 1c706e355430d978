import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { splitMbox } from './mbox.ts';

/** A message as it was received, of which the first megabyte is kept. */
export interface RawMessage {
  /** `inbox.mbox#2`, `mail/cur/1.eml`, `-`, `INBOX/17`: for people to find it again. */
  where: string;
  raw: Buffer;
}

export interface ReadFrom {
  /** Files of one message, mbox files, folders of either (also a Maildir), `-` for standard input. */
  paths: readonly string[];
  stdin: Readable;
  /** A path that cannot be read; the others are. */
  onProblem: (path: string, error: Error) => void;
}

/** Messages one by one, with the number of bytes read since the last. Nothing is held but one message and its lines. */
export async function* readMessages({
  paths,
  stdin,
  onProblem,
}: ReadFrom): AsyncGenerator<RawMessage & { bytes: number }> {
  for await (const { path, error } of findFiles(paths)) {
    if (error) {
      onProblem(path, error);
      continue;
    }
    try {
      const stream: AsyncIterable<Buffer> = path === '-' ? stdin : createReadStream(path);
      let before = 0;
      let number = 0;
      for await (const { raw, end } of splitMbox(stream)) {
        number++;
        yield { where: number === 1 ? path : `${path}#${number}`, raw, bytes: end - before };
        before = end;
      }
    } catch (failure) {
      onProblem(path, failure as Error);
    }
  }
}

/** The bytes of all that `readMessages` would read; standard input is not known before. */
export async function measure(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for await (const { path, error } of findFiles(paths)) {
    if (error || path === '-') continue;
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) bytes += stats.size;
  }
  return bytes;
}

async function* findFiles(paths: readonly string[]): AsyncGenerator<{ path: string; error?: Error }> {
  for (const path of paths) {
    if (path === '-') yield { path };
    else
      try {
        if ((await stat(path)).isDirectory()) yield* filesIn(path);
        else yield { path };
      } catch (error) {
        yield { path, error: error as Error };
      }
  }
}

/** The messages of a Maildir, or whatever lies in another folder; what begins with a dot is no message. */
async function* filesIn(folder: string): AsyncGenerator<{ path: string }> {
  const inner = ['cur', 'new'].map((name) => join(folder, name));
  const isMaildir = (await Promise.all(inner.map(isFolder))).every(Boolean);
  for (const path of isMaildir ? inner : [folder])
    for await (const entry of await opendir(path)) {
      const isFile = entry.isFile() || entry.isSymbolicLink();
      if (isFile && !entry.name.startsWith('.')) yield { path: join(path, entry.name) };
    }
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isDirectory() ?? false;
