import {
  endOfEdition,
  isTimezone,
  nextDueAt,
  nextEdition,
  type Schedule,
  type Weekday,
} from '../digest/schedule.ts';
import { raiseFloors } from '../store/floors.ts';
import {
  findDueSubscribers,
  insertDeliveries,
  type NewDelivery,
  savePlanRun,
  setNextDue,
  startPlanRun,
} from '../store/plan-runs.ts';
import { holdUnderWay } from '../store/restored.ts';
import type { SubscriberRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';

export interface SettleDeps {
  store: Store;
  /** The restore's instant, epoch ms. */
  now: number;
  messageId: (subscriberId: number, editionDate: string) => string;
}

/** What was done so that nobody is mailed twice. */
export interface Settled {
  /** Deliveries that were on their way in the backup and may have been sent since. */
  uncertain: number;
  /** Editions that came due since and are not sent again. */
  missed: number;
  subscribers: number;
}

const pageSize = 500;
const dayMs = 24 * 3_600_000;
/** Longer ago than this only the first missed edition gets its row. */
const longestMs = 100 * dayMs;

/**
 * Makes a restored database safe to send from. Between the backup and now digests may have gone out that it knows
 * nothing of, so: what was on its way becomes uncertain; editions that came due since get a row, `skipped (restored)`;
 * and no paper that had come out by now is sent again to anyone. Papers without any date that come in later are
 * taken for new.
 */
export async function settleRestored(deps: SettleDeps): Promise<Settled> {
  const { store, now } = deps;
  const { db } = store;
  const startedAt = performance.now();
  const uncertain = await holdUnderWay(db, now);
  await raiseFloors(db, { papersRestoredUntil: now });
  const planRunId = await startPlanRun(db, now);
  let missed = 0;
  let subscribers = 0;
  for (;;) {
    const page = await findDueSubscribers(db, now, pageSize);
    if (page.length === 0) break;
    await db.transaction().execute(async (trx) => {
      const rows = await insertDeliveries(
        trx,
        planRunId,
        now,
        page.flatMap((one) => missedOf(deps, one)),
      );
      missed += rows.length;
      await setNextDue(
        trx,
        page.map((one) => ({ id: one.id, nextDueAt: nextDueAt(scheduleOf(one), now + 1) })),
      );
    });
    subscribers += page.length;
  }
  await savePlanRun(
    db,
    planRunId,
    { due: missed, planned: 0, skipped: missed > 0 ? { restored: missed } : {} },
    { at: now, tookMs: performance.now() - startedAt },
  );
  return { uncertain, missed, subscribers };
}

function missedOf({ now, messageId }: SettleDeps, subscriber: SubscriberRow): NewDelivery[] {
  const schedule = scheduleOf(subscriber);
  const missed: NewDelivery[] = [];
  let edition = nextEdition(schedule, subscriber.next_due_at ?? now);
  while (edition.dueAt <= now) {
    missed.push({
      subscriberId: subscriber.id,
      editionDate: edition.date,
      dueAt: edition.dueAt,
      expiresAt: endOfEdition(edition, schedule.timezone),
      messageId: messageId(subscriber.id, edition.date),
      more: 0,
      skipped: {
        reason: 'restored',
        detail: 'due after the backup that was restored; it may have been sent',
      },
      papers: [],
    });
    edition = nextEdition(schedule, Math.max(edition.dueAt + 1, now - longestMs));
  }
  return missed;
}

function scheduleOf(row: SubscriberRow): Schedule {
  const timezone = isTimezone(row.timezone) ? row.timezone : 'UTC';
  return { timezone, digestTime: row.digest_time, days: row.days.split(',') as Weekday[] };
}
