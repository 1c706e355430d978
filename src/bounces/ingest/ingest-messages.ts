import { type RawMessage, type ReadFrom, readMessages } from './read-messages.ts';
import { type MessageFate, type TakeDeps, takeMessages } from './take-messages.ts';

export interface IngestMessagesDeps extends TakeDeps, ReadFrom {
  /** Called for each group of messages after it was kept; `bytes`: read so far. */
  onTaken: (fates: readonly MessageFate[], bytes: number) => void;
}

const groupSize = 50;
const groupBytes = 8 * 1024 * 1024;

/** Reads all messages from files, folders and standard input, and keeps what they say, a group in a transaction. */
export async function ingestMessages(deps: IngestMessagesDeps): Promise<void> {
  let group: RawMessage[] = [];
  let held = 0;
  let read = 0;
  const take = async () => {
    const fates = await takeMessages(deps, group);
    group = [];
    held = 0;
    deps.onTaken(fates, read);
  };
  for await (const { where, raw, bytes } of readMessages(deps)) {
    group.push({ where, raw });
    held += raw.length;
    read += bytes;
    if (group.length >= groupSize || held >= groupBytes) await take();
  }
  if (group.length > 0) await take();
}
