import type { PaperKey, Signal, SignalKind, StoredPaper } from '../papers/paper.ts';
import { chunksOf, toStoredPapers } from './paper-rows.ts';
import type { Db } from './store.ts';

/** An absorbed row is given as it was. */
export async function loadPapersByIds(db: Db, ids: readonly number[]): Promise<Map<number, StoredPaper>> {
  const found = new Map<number, StoredPaper>();
  for (const some of chunksOf([...new Set(ids)])) {
    const rows = await db.selectFrom('papers').selectAll().where('id', 'in', some).execute();
    for (const paper of await toStoredPapers(db, rows)) found.set(paper.id, paper);
  }
  return found;
}

/** Keys of papers, in the order of the ids. */
export async function findKeysByIds(db: Db, ids: readonly number[]): Promise<PaperKey[]> {
  const found = new Map<number, PaperKey>();
  for (const some of chunksOf([...new Set(ids)]))
    for (const { id, key } of await db
      .selectFrom('papers')
      .select(['id', 'key'])
      .where('id', 'in', some)
      .execute())
      found.set(id, key);
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** By the key asked for; that of an absorbed row gives the paper that absorbed it. */
export async function loadPapersByKeys(
  db: Db,
  keys: readonly PaperKey[],
): Promise<Map<PaperKey, StoredPaper>> {
  const found = new Map<PaperKey, StoredPaper>();
  for (const some of chunksOf([...new Set(keys)])) {
    const rows = await db.selectFrom('papers').selectAll().where('key', 'in', some).execute();
    const absorbed = rows.filter((row) => row.merged_into !== null);
    for (const paper of await toStoredPapers(db, rows)) found.set(paper.key, paper);
    const survivors = await loadPapersByIds(
      db,
      absorbed.map((row) => row.merged_into as number),
    );
    for (const row of absorbed) found.set(row.key, survivors.get(row.merged_into as number) as StoredPaper);
  }
  return found;
}

/** Every signal of these papers observed until `until` (epoch ms, inclusive), by paper, oldest first. */
export async function loadSignals(
  db: Db,
  paperIds: readonly number[],
  until: number,
): Promise<Map<number, Signal[]>> {
  const found = new Map<number, Signal[]>();
  for (const some of chunksOf(paperIds)) {
    const rows = await db
      .selectFrom('paper_signals')
      .selectAll()
      .where('paper_id', 'in', some)
      .where('observed_at', '<=', until)
      .orderBy('paper_id')
      .orderBy('observed_at')
      .execute();
    for (const row of rows) {
      const signal: Signal = {
        source: row.source,
        kind: row.kind as SignalKind,
        value: row.value,
        observedAt: row.observed_at,
      };
      const known = found.get(row.paper_id);
      if (known) known.push(signal);
      else found.set(row.paper_id, [signal]);
    }
  }
  return found;
}
