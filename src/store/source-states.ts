import type { Selectable } from 'kysely';
import type { SourceStatesTable } from './schema.ts';
import type { Db } from './store.ts';

export type SourceStateRow = Selectable<SourceStatesTable>;

/** Every source that was ever asked over the network: itself (category '') and its categories. */
export async function loadSourceStates(db: Db): Promise<SourceStateRow[]> {
  return db.selectFrom('source_states').selectAll().orderBy('source').orderBy('category').execute();
}

/** Replaces what is known of one source: categories that are not among the rows are forgotten. */
export async function saveSourceStates(
  db: Db,
  source: string,
  rows: readonly Omit<SourceStateRow, 'source'>[],
): Promise<void> {
  const write = async (tx: Db): Promise<void> => {
    await tx.deleteFrom('source_states').where('source', '=', source).execute();
    if (rows.length > 0)
      await tx
        .insertInto('source_states')
        .values(rows.map((row) => ({ ...row, source })))
        .execute();
  };
  await (db.isTransaction ? write(db) : db.transaction().execute(write));
}
