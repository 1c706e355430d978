import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CommandError } from './command.ts';

/** A file's bytes. Throws CommandError where there is none, before anything is read. */
export async function openToRead(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    // Opened before anything is changed: a wrong name is one clear error.
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new Error('it is a folder');
    }
    return createReadStream(file, { fd: handle });
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
