import { AsyncLocalStorage } from 'node:async_hooks';
import { currentActor } from './acting.ts';
import { atomically } from './atomically.ts';
import { forgetPerson } from './audit-forget.ts';
import { type Snapshot, takeSnapshot } from './audit-snapshot.ts';
import type { AuditAct, AuditSubject } from './audit-words.ts';
import type { Db } from './store.ts';

/** An act about to be done. `at`: epoch ms. */
export interface Act<T> {
  act: AuditAct | ((result: T) => AuditAct);
  kind: AuditSubject;
  /** Whose row; for a row that the steps make, how to tell it from what they give (null: none was made). */
  id: number | ((result: T) => number | null);
  at: number;
  /** What is to be known of the act besides, such as a merge's other topic; there is an entry for it alone, too. */
  noted?: Snapshot;
}

/** The subjects whose acts are under way: an act within an act on the same subject is part of it. */
const underWay = new AsyncLocalStorage<ReadonlySet<string>>();

/**
 * Runs the steps and writes down who did what to whom, before and after, in the same transaction: there is no change
 * without its entry and no entry without its change. Steps that changed nothing leave none.
 */
export function audited<T>(
  db: Db,
  { act, kind, id, at, noted }: Act<T>,
  steps: (db: Db) => Promise<T>,
): Promise<T> {
  return atomically(db, async (trx) => {
    const outer = underWay.getStore() ?? new Set<string>();
    const added = `${kind} new`;
    const key = typeof id === 'number' ? `${kind} ${id}` : added;
    // Whoever is being added has no id yet that could be told: what is done to their like meanwhile is done to them.
    if (outer.has(key) || outer.has(added)) return await steps(trx);
    const before = typeof id === 'number' ? await takeSnapshot(trx, kind, id) : null;
    const result = await underWay.run(new Set([...outer, key]), () => steps(trx));
    const subjectId = typeof id === 'number' ? id : id(result);
    if (subjectId === null) return result;
    const after = await takeSnapshot(trx, kind, subjectId);
    const changed = differenceOf(before, after && { ...after, ...noted });
    if (changed !== null)
      await insertAuditEntries(trx, [
        { act: typeof act === 'string' ? act : act(result), kind, id: subjectId, at, ...changed },
      ]);
    return result;
  });
}

export interface NewAuditEntry {
  act: AuditAct;
  kind: AuditSubject;
  id: number;
  at: number;
  before: Snapshot | null;
  after: Snapshot | null;
}

/** Writes entries down as they are, in the current actor's name: for acts that change no row, and for many at once. */
export async function insertAuditEntries(db: Db, entries: readonly NewAuditEntry[]): Promise<void> {
  const actor = currentActor();
  const json = (snapshot: Snapshot | null) => (snapshot === null ? null : JSON.stringify(snapshot));
  for (let start = 0; start < entries.length; start += 500)
    await db
      .insertInto('admin_audit')
      .values(
        entries.slice(start, start + 500).map((one) => ({
          at: one.at,
          actor: actor.kind,
          actor_id: actor.id ?? null,
          act: one.act,
          subject: one.kind,
          subject_id: one.id,
          before: json(one.before),
          after: json(one.after),
        })),
      )
      .execute();
}

type Difference = Pick<NewAuditEntry, 'before' | 'after'>;

/** Only the facts that changed; everything of what is new or gone. Null: nothing changed. */
function differenceOf(before: Snapshot | null, after: Snapshot | null): Difference | null {
  if (before === null || after === null) return before === after ? null : { before, after };
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return null;
  const only = (snapshot: Snapshot) =>
    Object.fromEntries(names.map((name) => [name, snapshot[name] ?? null] as const));
  // Whoever is erased is not to be found here either.
  const forget = after.status === 'erased' ? forgetPerson : (snapshot: Snapshot) => snapshot;
  return { before: forget(only(before)), after: forget(only(after)) };
}
