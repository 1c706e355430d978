import type { Store } from '../../src/store/store.ts';

export interface SeenDelivery {
  id: number;
  person: number;
  date: string;
  status: string;
  reason: string | null;
  messageId: string;
  dueAt: number;
  plannedAt: number;
  expiresAt: number;
  nextAttemptAt: number | null;
  attempts: number;
  /** Row ids of papers; true: released. */
  papers: Map<number, boolean>;
}

/** The tables as they are, read beside the program. */
export interface Seen {
  people: Map<number, { status: string; email: string; nextDue: number | null }>;
  deliveries: Map<string, SeenDelivery>;
  plans: { id: number; due: number; planned: number; skipped: Record<string, number>; finished: boolean }[];
  /** How many rows each plan run has, and how many of them were skipped in planning. */
  rowsOfPlan: Map<number, number>;
}

export const keyOf = (person: number, date: string) => `${person} ${date}`;

export function observe({ raw }: Store): Seen {
  const all = <Row>(sql: string) => raw.prepare(sql).all() as Row[];
  const deliveries = new Map<string, SeenDelivery>();
  const byId = new Map<number, SeenDelivery>();
  for (const row of all<Omit<SeenDelivery, 'papers'>>(
    `SELECT id, subscriber_id AS person, edition_date AS date, status, reason, message_id AS messageId,
      due_at AS dueAt, planned_at AS plannedAt, expires_at AS expiresAt, next_attempt_at AS nextAttemptAt, attempts
     FROM deliveries`,
  )) {
    const delivery = { ...row, papers: new Map<number, boolean>() };
    deliveries.set(keyOf(row.person, row.date), delivery);
    byId.set(row.id, delivery);
  }
  for (const row of all<{ delivery: number; paper: number; released: number }>(
    'SELECT delivery_id AS delivery, paper_id AS paper, released_at IS NOT NULL AS released FROM delivery_papers',
  ))
    byId.get(row.delivery)?.papers.set(row.paper, row.released === 1);
  const people = all<{ id: number; status: string; email: string; nextDue: number | null }>(
    'SELECT id, status, email, next_due_at AS nextDue FROM subscribers',
  );
  const plans = all<{ id: number; due: number; planned: number; skipped: string; finished: number }>(
    'SELECT id, due, planned, skipped, finished_at IS NOT NULL AS finished FROM plan_runs',
  );
  const counts = all<{ plan: number; rows: number }>(
    'SELECT plan_run_id AS plan, count(*) AS rows FROM deliveries GROUP BY 1',
  );
  return {
    people: new Map(people.map((row) => [row.id, row])),
    deliveries,
    plans: plans.map((row) => ({
      ...row,
      skipped: JSON.parse(row.skipped) as Record<string, number>,
      finished: row.finished === 1,
    })),
    rowsOfPlan: new Map(counts.map((row) => [row.plan, row.rows])),
  };
}
