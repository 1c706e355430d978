import type { Actor } from './acting.ts';
import type { Snapshot } from './audit-snapshot.ts';
import type { AuditAct, AuditSubject } from './audit-words.ts';
import type { Database } from './schema.ts';
import type { Db } from './store.ts';

/** One line of the log, with the names that its ids have now. */
export interface AuditEntry {
  id: number;
  at: number;
  actor: Actor;
  /** An admin's address, a token's name, a subscriber's address; null: there is none (any more). */
  actorName: string | null;
  act: AuditAct;
  subject: { kind: AuditSubject; id: number };
  /** A topic's slug, a subscriber's address and the like; null: there is no such row any more. */
  subjectName: string | null;
  before: Snapshot | null;
  after: Snapshot | null;
}

export interface AuditFilter {
  actor?: Actor['kind'];
  actorId?: number;
  act?: AuditAct;
  subject?: AuditSubject;
  subjectId?: number;
  /** From this instant on, and before that one. */
  since?: number;
  until?: number;
  /** Only ids below this one: the next page. */
  beforeId?: number;
  limit: number;
}

export interface AuditPage {
  entries: AuditEntry[];
  /** Null: there are no more. */
  nextBefore: number | null;
}

/** The log, newest first; at most 500 at once. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditPage> {
  const limit = Math.min(Math.max(filter.limit, 1), 500);
  let query = db
    .selectFrom('admin_audit')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.actor) query = query.where('actor', '=', filter.actor);
  if (filter.actorId !== undefined) query = query.where('actor_id', '=', filter.actorId);
  if (filter.act) query = query.where('act', '=', filter.act);
  if (filter.subject) query = query.where('subject', '=', filter.subject);
  if (filter.subjectId !== undefined) query = query.where('subject_id', '=', filter.subjectId);
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  const names = await findNames(db, [
    ...page.flatMap((row) => (row.actor_id === null ? [] : [[row.actor, row.actor_id] as const])),
    ...page.map((row) => [row.subject, row.subject_id] as const),
  ]);
  const parse = (json: string | null) => (json === null ? null : (JSON.parse(json) as Snapshot));
  return {
    entries: page.map((row) => ({
      id: row.id,
      at: row.at,
      actor: (row.actor_id === null ? { kind: row.actor } : { kind: row.actor, id: row.actor_id }) as Actor,
      actorName: row.actor_id === null ? null : (names.get(`${row.actor} ${row.actor_id}`) ?? null),
      act: row.act,
      subject: { kind: row.subject, id: row.subject_id },
      subjectName: names.get(`${row.subject} ${row.subject_id}`) ?? null,
      before: parse(row.before),
      after: parse(row.after),
    })),
    nextBefore: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}

/** Where the name of a subject is; the others have none. */
const named: Partial<Record<string, [table: keyof Database, column: string]>> = {
  topic: ['topics', 'slug'],
  subscriber: ['subscribers', 'email'],
  admin: ['admins', 'email'],
  token: ['api_tokens', 'name'],
};

async function findNames(
  db: Db,
  wanted: readonly (readonly [kind: string, id: number])[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const [kind, place] of Object.entries(named)) {
    const ids = [...new Set(wanted.filter(([one]) => one === kind).map(([, id]) => id))];
    if (!place || ids.length === 0) continue;
    const [table, column] = place;
    const rows = await db
      .selectFrom(table)
      .select((eb) => [
        eb
          .ref('id' as never)
          .$castTo<number>()
          .as('id'),
        eb
          .ref(column as never)
          .$castTo<string>()
          .as('name'),
      ])
      .where('id' as never, 'in', ids as never)
      .execute();
    // Whoever was erased has none.
    for (const { id, name } of rows) if (!name.endsWith('@erased.invalid')) names.set(`${kind} ${id}`, name);
  }
  return names;
}
