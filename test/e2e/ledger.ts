import BetterSqlite3 from 'better-sqlite3';

/** What the database says, read from the file itself. */
export interface LedgerDelivery {
  id: number;
  planRunId: number;
  subscriberId: number;
  email: string;
  timezone: string;
  editionDate: string;
  status: string;
  reason: string | null;
  detail: string | null;
  messageId: string;
  dueAt: number;
  plannedAt: number;
  nextAttemptAt: number | null;
  expiresAt: number;
  attempts: number;
  sendingAt: number | null;
  endedAt: number | null;
  papers: LedgerPaper[];
}

export interface LedgerPaper {
  id: number;
  key: string;
  title: string;
  rising: boolean;
  releasedAt: number | null;
}

export interface LedgerPlan {
  id: number;
  at: number;
  finishedAt: number | null;
  due: number;
  planned: number;
  skipped: Record<string, number>;
}

export interface Ledger {
  deliveries: LedgerDelivery[];
  plans: LedgerPlan[];
}

/** Opens the file for reading only; the program may be writing to it. */
export function openReadonly(file: string): BetterSqlite3.Database {
  return new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 10_000 });
}

export function withDatabase<Result>(file: string, read: (raw: BetterSqlite3.Database) => Result): Result {
  const raw = openReadonly(file);
  try {
    return read(raw);
  } finally {
    raw.close();
  }
}

export function readLedger(file: string): Ledger {
  return withDatabase(file, (raw) => {
    const papers = new Map<number, LedgerPaper[]>();
    const rows = raw
      .prepare(
        `SELECT dp.delivery_id AS deliveryId, p.id, p.key, p.title, dp.released_at AS releasedAt,
                json_extract(n.note, '$.rising') AS rising
         FROM delivery_papers dp JOIN papers p ON p.id = dp.paper_id JOIN paper_notes n ON n.id = dp.note_id
         ORDER BY dp.delivery_id, dp.position`,
      )
      .all() as (Omit<LedgerPaper, 'rising'> & { deliveryId: number; rising: number })[];
    for (const { deliveryId, rising, ...paper } of rows) {
      const held = papers.get(deliveryId) ?? [];
      held.push({ ...paper, rising: rising === 1 });
      papers.set(deliveryId, held);
    }
    const deliveries = raw
      .prepare(
        `SELECT d.id, d.plan_run_id AS planRunId, d.subscriber_id AS subscriberId, s.email, s.timezone,
                d.edition_date AS editionDate, d.status, d.reason, d.detail, d.message_id AS messageId,
                d.due_at AS dueAt, d.planned_at AS plannedAt, d.next_attempt_at AS nextAttemptAt,
                d.expires_at AS expiresAt, d.attempts, d.sending_at AS sendingAt, d.ended_at AS endedAt
         FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id ORDER BY d.id`,
      )
      .all() as Omit<LedgerDelivery, 'papers'>[];
    const plans = raw
      .prepare('SELECT id, at, finished_at AS finishedAt, due, planned, skipped FROM plan_runs ORDER BY id')
      .all() as (Omit<LedgerPlan, 'skipped'> & { skipped: string })[];
    return {
      deliveries: deliveries.map((one) => ({ ...one, papers: papers.get(one.id) ?? [] })),
      plans: plans.map((one) => ({ ...one, skipped: JSON.parse(one.skipped) as Record<string, number> })),
    };
  });
}

/** How many deliveries stand in each status. */
export function countStatuses(file: string): Record<string, number> {
  return withDatabase(file, (raw) =>
    Object.fromEntries(
      (
        raw.prepare('SELECT status, count(*) AS count FROM deliveries GROUP BY status').all() as {
          status: string;
          count: number;
        }[]
      ).map((row) => [row.status, row.count]),
    ),
  );
}
