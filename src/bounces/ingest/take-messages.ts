import type { Db } from '../../store/store.ts';
import { atomically } from '../../store/subscribers.ts';
import type { RecordReport, ReturnEvent } from '../event.ts';
import type { BounceClass, BounceReading } from '../reading/reading.ts';
import type { Reason } from '../reading/reasons.ts';
import type { RawMessage } from './read-messages.ts';
import { toEvents } from './to-events.ts';

export interface TakeDeps {
  db: Db;
  /** Signs return paths. */
  secret: string;
  /** Keeps events and acts on them, in the given transaction. */
  recordReturns: (events: readonly ReturnEvent[], db: Db) => Promise<RecordReport>;
}

/** What a message is as a whole: the gravest of what it says of its recipients. */
export type MessageClass = BounceClass;

/** What became of one message. */
export interface MessageFate extends RecordReport {
  where: string;
  class: MessageClass;
  recipients: { address: string | null; class: BounceClass; reason: Reason }[];
  /**
   * Whether nothing more can be got from it: it is kept, or an automatic reply. What leads to no delivery of ours
   * and what is no bounce are for somebody to look at.
   */
  understood: boolean;
}

const gravity: readonly BounceClass[] = ['complaint', 'hard', 'soft', 'delivered', 'auto-reply'];

/** Reads some messages and keeps what they say, all in one transaction; the fates are in their order. */
export async function takeMessages(deps: TakeDeps, messages: readonly RawMessage[]): Promise<MessageFate[]> {
  // Commands that read no mail need not load the parser.
  const { readBounce } = await import('../reading/read-bounce.ts');
  const readings: BounceReading[] = [];
  for (const { raw } of messages) readings.push(await readBounce(raw));
  return await atomically(deps.db, async (db) => {
    const fates: MessageFate[] = [];
    for (const [index, reading] of readings.entries()) {
      const events = toEvents(reading, deps.secret);
      const report = await deps.recordReturns(events, db);
      const { recipients } = reading;
      fates.push({
        where: messages[index]?.where ?? '',
        class: gravity.find((kind) => recipients.some((one) => one.class === kind)) ?? 'not-a-bounce',
        recipients: recipients.map(({ address, class: kind, reason }) => ({ address, class: kind, reason })),
        ...report,
        understood: events.length === 0 ? reading.kind === 'auto_reply' : report.recorded + report.known > 0,
      });
    }
    return fates;
  });
}

/** What became of many messages: their number, how many of each class, and what that led to. */
export interface TakenTotals extends RecordReport {
  read: number;
  classes: Record<MessageClass, number>;
}

export function createTotals(): TakenTotals {
  return {
    read: 0,
    classes: { hard: 0, soft: 0, complaint: 0, 'auto-reply': 0, delivered: 0, 'not-a-bounce': 0 },
    ...{ recorded: 0, known: 0, unmatched: 0, suppressed: 0, resolved: 0 },
  };
}

export function addToTotals(totals: TakenTotals, fates: readonly MessageFate[]): void {
  for (const fate of fates) {
    totals.read++;
    totals.classes[fate.class]++;
    for (const name of ['recorded', 'known', 'unmatched', 'suppressed', 'resolved'] as const)
      totals[name] += fate[name];
  }
}
