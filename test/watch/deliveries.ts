import type { DeliveryStatus } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';

/** Monday, 12:00 UTC. */
export const now = Date.parse('2026-06-22T12:00:00Z');
const dayMs = 24 * 3_600_000;

/** Active subscribers 1 to `count`, next due in a year, and plan run 1. */
export function addReaders(store: Store, count: number): void {
  const insert = store.raw.prepare(`INSERT INTO subscribers
    (id, email, email_key, status, timezone, digest_time, days, max_papers, locale, next_due_at, created_at, updated_at)
    VALUES (?, ?, ?, 'active', 'UTC', '08:00', 'mon', 10, 'en', ?, 0, 0)`);
  for (let id = 1; id <= count; id++)
    insert.run(id, `reader${id}@example.org`, `reader${id}@example.org`, now + 365 * dayMs);
  store.raw.prepare('INSERT INTO plan_runs (at, started_at) VALUES (?, ?)').run(now, now);
}

export interface DeliveryFacts {
  status?: DeliveryStatus;
  reason?: string;
  dueAt?: number;
  nextAttemptAt?: number;
  endedAt?: number;
}

/** Today's delivery of a subscriber; pending and ready unless something else is said. Returns its id. */
export function addDelivery(store: Store, subscriberId: number, facts: DeliveryFacts = {}): number {
  const { status = 'pending', reason = null, dueAt = now, nextAttemptAt = now, endedAt = null } = facts;
  const { lastInsertRowid } = store.raw
    .prepare(
      `INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at,
        next_attempt_at, expires_at, ended_at) VALUES (?, 1, '2026-06-22', ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      subscriberId,
      status,
      reason,
      `<${subscriberId}@example.org>`,
      dueAt,
      dueAt,
      endedAt === null ? nextAttemptAt : null,
      now + dayMs,
      endedAt,
    );
  return Number(lastInsertRowid);
}

/** As the send protocol does: sending first, unless it was uncertain, then its end. */
export function end(
  store: Store,
  id: number,
  status: DeliveryStatus,
  reason: string | null,
  endedAt = now,
): void {
  store.raw
    .prepare("UPDATE deliveries SET status = 'sending', claimed_by = 'w' WHERE id = ? AND status = 'pending'")
    .run(id);
  store.raw
    .prepare(
      'UPDATE deliveries SET status = ?, reason = ?, ended_at = ?, claimed_by = NULL, next_attempt_at = NULL WHERE id = ?',
    )
    .run(status, reason, endedAt, id);
}
