import type { AuditSubject } from './audit-words.ts';
import type { Db } from './store.ts';

type Facts = Readonly<Record<string, unknown>>;

const personal = ['email', 'timezone', 'locale'];
const words = ['slug', 'name', 'query', 'description'];

/** What may stay of a snapshot of somebody who is erased. */
export function forgetPerson(snapshot: Facts): Facts {
  return Object.fromEntries(Object.entries(snapshot).filter(([name]) => !personal.includes(name)));
}

/** Takes an erased subscriber's address, whereabouts and own topics' words out of the log; who did what when stays. */
export async function forgetInAudit(db: Db, subscriberId: number): Promise<void> {
  const forget = async (kind: AuditSubject, ids: readonly number[], names: readonly string[]) => {
    const rows = await db
      .selectFrom('admin_audit')
      .select(['id', 'before', 'after'])
      .where('subject', '=', kind)
      .where('subject_id', 'in', ids)
      .execute();
    const without = (json: string | null) =>
      json &&
      JSON.stringify(
        Object.fromEntries(
          Object.entries(JSON.parse(json) as Facts).filter(([name]) => !names.includes(name)),
        ),
      );
    for (const { id, before, after } of rows)
      await db
        .updateTable('admin_audit')
        .set({ before: without(before), after: without(after) })
        .where('id', '=', id)
        .execute();
  };
  await forget('subscriber', [subscriberId], personal);
  const own = await db.selectFrom('topics').select('id').where('owner_id', '=', subscriberId).execute();
  if (own.length > 0)
    await forget(
      'topic',
      own.map(({ id }) => id),
      words,
    );
}
