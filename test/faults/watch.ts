import { audit, bare } from '../e2e/audit.ts';
import { localDate } from '../e2e/calendar.ts';
import type { Stage } from '../e2e/fault-proxy.ts';
import { type Ledger, type LedgerDelivery, readLedger, withDatabase } from '../e2e/ledger.ts';
import type { Ended, Home } from '../e2e/paperboy.ts';
import type { Sink } from '../e2e/sink.ts';

/** What was done to the world since the last look. */
export interface Round {
  what: string;
  /** How each process ended. */
  ended: readonly Ended[];
  /** Processes that ended without being able to record: killed, or the database refused them. */
  killed?: number;
  strikes?: readonly Strike[];
}

/** Something that went wrong between the program and the mail server. */
export interface Strike {
  stage: Stage;
  recipient: string;
  /** Of a refusal; null: no reply, or none that could be read. */
  code: number | null;
}

/** Looks at an installation from outside: the mail that the server took, and the database, opened for reading. */
export interface Watch {
  readonly wrong: string[];
  /** Duplicates that UNCERTAIN=resend was asked for. */
  readonly resent: Set<string>;
  look(round: Round): void;
  /** Each of them has one row of this date. */
  everybody(date: string, readers: readonly string[]): void;
  /** Nothing is on its way or waits. */
  settled(): boolean;
  /** Deliveries that a dead process left on their way. */
  open(): number;
  counts(): { mails: number; uncertain: number; uncertainAccepted: number };
}

const reasons: Record<string, readonly string[]> = {
  skipped: ['nothing_new', 'folded', 'suppressed'],
  failed: ['recipient_refused', 'message_refused', 'policy_refused', 'expired'],
  uncertain: ['crashed', 'no_reply'],
};
/** After these the server may have the message, whatever the program hears. */
const unsure: readonly Stage[] = ['body', 'dot', 'reply'];

export interface WatchOptions {
  home: Pick<Home, 'database' | 'env'>;
  sink: Pick<Sink, 'caught'>;
  titles: readonly string[];
  connections: number;
}

export function createWatch({ home, sink, titles, connections }: WatchOptions): Watch {
  const wrong: string[] = [];
  const resent = new Set<string>();
  /** Message-IDs of what was put back: all that may come twice, and no more than that. */
  const everPutBack = new Set<string>();
  const refused = new Map<string, Set<number>>();
  const shown = new Set<string>();
  let looked = 0;
  /** Left by dead processes: claimed, and on their way. */
  let open = new Set<number>();
  let leftSending = new Set<number>();
  let uncertain = new Set<number>();
  let ledger: Ledger = { deliveries: [], plans: [] };
  const resends = home.env.UNCERTAIN === 'resend';
  /** Put back although the server may have had them. */
  let putBack = new Set<number>();

  function readPutBack(): Set<number> {
    if (!resends) return putBack;
    return withDatabase(
      home.database,
      (raw) =>
        new Set(
          raw.prepare('SELECT id FROM deliveries WHERE resent_at IS NOT NULL').pluck().all() as number[],
        ),
    );
  }

  function lookAtRows({ killed = 0, strikes = [] }: Round): void {
    const struck = new Set(strikes.filter((one) => unsure.includes(one.stage)).map((one) => one.recipient));
    for (const { recipient, code } of strikes)
      if (code !== null) refused.set(recipient, (refused.get(recipient) ?? new Set()).add(code));
    const left: LedgerDelivery[] = [];
    for (const row of ledger.deliveries) {
      const { id, status, reason, email, detail } = row;
      const isOpen = status === 'sending' || status === 'claimed';
      if (isOpen && killed === 0 && !open.has(id))
        wrong.push(`delivery ${id} is ${status} and nobody was killed`);
      if (reasons[status] && !reasons[status].includes(reason ?? ''))
        wrong.push(`delivery ${id} is ${status} for ${reason}: ${detail}`);
      if (reason === 'crashed' || status === 'sending') {
        if (!leftSending.has(id) && !uncertain.has(id)) left.push(row);
      } else if (status === 'uncertain' && !uncertain.has(id) && !struck.has(email) && !putBack.has(id))
        wrong.push(`delivery ${id} is uncertain (${detail}) though the way to ${email} was free`);
      const codes = [...(refused.get(email) ?? [])];
      if (
        (status === 'failed' && reason !== 'expired' && !codes.some((code) => code >= 500)) ||
        (reason === 'suppressed' && !codes.includes(550))
      )
        wrong.push(`delivery ${id} is ${status} (${reason}) and ${email} was never refused`);
    }
    if (left.length > killed * connections)
      wrong.push(`${left.length} left on their way by ${killed} killed over ${connections} connections`);
    open = new Set(
      ledger.deliveries
        .filter((one) => one.status === 'sending' || one.status === 'claimed')
        .map((one) => one.id),
    );
    leftSending = new Set(ledger.deliveries.filter((one) => one.status === 'sending').map((one) => one.id));
    uncertain = new Set(ledger.deliveries.filter((one) => one.status === 'uncertain').map((one) => one.id));
  }

  /** From the mails alone, whatever the ledger says: nobody gets two of a date, nor a title twice. */
  function lookAtMails(): void {
    const bares = titles.map(bare);
    for (const mail of sink.caught.slice(looked)) {
      const text = bare(mail.text);
      const papers = bares.filter((title) => text.includes(title));
      if (papers.length < 1 || papers.length > 2)
        wrong.push(`${mail.messageId} shows ${papers.length} papers`);
      const names = [mail.messageId, localDate(mail.date, 'UTC'), ...papers];
      const again = shown.has(`${mail.to} ${mail.messageId}`) && everPutBack.has(mail.messageId);
      if (again && !resent.has(mail.messageId)) {
        resent.add(mail.messageId);
        continue;
      }
      for (const name of names.map((one) => `${mail.to} ${one}`)) {
        if (shown.has(name)) wrong.push(`twice: ${name}`);
        shown.add(name);
      }
    }
    looked = sink.caught.length;
  }

  return {
    wrong,
    resent,
    look(round) {
      const before = wrong.length;
      // A connection of its own: what a killed process committed shows when the next one recovers the -wal file.
      ledger = readLedger(home.database);
      putBack = readPutBack();
      for (const row of ledger.deliveries) if (putBack.has(row.id)) everPutBack.add(row.messageId);
      lookAtMails();
      lookAtRows(round);
      const first = new Map(sink.caught.toReversed().map((mail) => [mail.messageId, mail]));
      const mails = sink.caught.filter(
        (mail) => !resent.has(mail.messageId) || first.get(mail.messageId) === mail,
      );
      // What a dead process was sending becomes uncertain when the next one begins; of what was put back, the
      // server may have a copy.
      const deliveries = ledger.deliveries.map((one) =>
        one.status === 'sending' || (putBack.has(one.id) && ['pending', 'claimed'].includes(one.status))
          ? { ...one, status: 'uncertain', reason: 'crashed' }
          : one,
      );
      wrong.push(...audit({ ...ledger, deliveries }, mails));
      for (const { stderr, stdout } of round.ended)
        if (/failed unexpectedly|\n\s+at .*:\d+/.test(stderr + stdout))
          wrong.push(`a bug: ${stderr.slice(0, 600)}`);
      for (let n = before; n < wrong.length; n++) wrong[n] = `${wrong[n]} (${round.what})`;
    },
    everybody(date, readers) {
      const rows = Map.groupBy(
        ledger.deliveries.filter((one) => one.editionDate === date),
        (one) => one.email,
      );
      for (const reader of readers)
        if (rows.get(reader)?.length !== 1)
          wrong.push(`lost: ${reader} has ${rows.get(reader)?.length ?? 0} rows of ${date}`);
    },
    settled: () =>
      ledger.deliveries.every((one) => ['sent', 'failed', 'uncertain', 'skipped'].includes(one.status)),
    open: () => leftSending.size,
    counts() {
      const got = new Set(sink.caught.map((mail) => mail.messageId));
      const rows = ledger.deliveries.filter((one) => one.status === 'uncertain');
      const accepted = rows.filter((one) => got.has(one.messageId)).length;
      return { mails: sink.caught.length, uncertain: rows.length, uncertainAccepted: accepted };
    },
  };
}
