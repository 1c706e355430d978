import { audit, auditTitles, bare } from './audit.ts';
import { editionsDue, localDate, type Wish } from './calendar.ts';
import type { Ledger, LedgerDelivery } from './ledger.ts';
import { type Home, iso, type RunAnswer } from './paperboy.ts';
import type { Caught, Sink } from './sink.ts';

/** One `run` on a simulated clock, with what the mail server got while it ran. */
export interface Ran {
  at: number;
  answer: RunAnswer;
  mails: Caught[];
}

/** Runs at each instant in turn, sending to the sink. Throws when a run ends with another code than 0. */
export async function runAtEach(home: Home, sink: Sink, instants: readonly number[]): Promise<Ran[]> {
  const rans: Ran[] = [];
  for (const at of instants) {
    const before = sink.caught.length;
    const answer = await home.answer<RunAnswer>(['run', '--no-ingest', '--at', iso(at)], {
      SMTP_URL: sink.url,
    });
    rans.push({ at, answer, mails: sink.caught.slice(before) });
  }
  return rans;
}

/** What each run said of itself, held against what came of it. */
export function auditRans(rans: readonly Ran[], { deliveries }: Ledger): string[] {
  const rows = new Map(deliveries.map((one) => [one.messageId, one]));
  return rans.flatMap(({ at, answer: { plan, send }, mails }) => {
    const wrong: string[] = [];
    const skipped = Object.values(plan.skipped).reduce((a, b) => a + b, 0);
    if (plan.due !== plan.planned + skipped) wrong.push(`${plan.due} due, ${plan.planned} + ${skipped} told`);
    if (send.sent !== mails.length) wrong.push(`${send.sent} said to be sent, ${mails.length} got`);
    for (const mail of mails) {
      if (Math.abs(mail.date - at) >= 1000) wrong.push(`a mail is dated ${iso(mail.date)}`);
      if (rows.get(mail.messageId)?.endedAt !== at)
        wrong.push(`${mail.messageId} is recorded at another time`);
    }
    return wrong.map((line) => `run at ${iso(at)}: ${line}`);
  });
}

/** Every edition of every wish, worked out apart from the program: a row, of the right date, made by the first run since it was due. */
export function auditTimes(
  wishes: readonly Wish[],
  { deliveries }: Ledger,
  instants: readonly number[],
  from: number,
): string[] {
  const wrong: string[] = [];
  const last = instants.at(-1) ?? from;
  const byEmail = Map.groupBy(deliveries, (one) => one.email);
  for (const wish of wishes) {
    const rows = new Map((byEmail.get(wish.email) ?? []).map((one) => [one.editionDate, one]));
    for (const { date, dueAt } of editionsDue(wish, from, last + 1)) {
      const runAt = instants.find((at) => at >= dueAt) as number;
      const row = rows.get(date);
      rows.delete(date);
      const name = `${wish.email} (${wish.time} ${wish.timezone}) on ${date}`;
      if (!row) {
        wrong.push(`${name}: no row, due ${iso(dueAt)}`);
        continue;
      }
      if (row.dueAt !== dueAt) wrong.push(`${name}: due ${iso(row.dueAt)}, not ${iso(dueAt)}`);
      if (row.plannedAt !== runAt) wrong.push(`${name}: planned ${iso(row.plannedAt)}, not ${iso(runAt)}`);
      if (row.status === 'sent' && row.endedAt !== runAt)
        wrong.push(`${name}: sent ${iso(row.endedAt ?? 0)}, not ${iso(runAt)}`);
      if (row.status === 'sent' && localDate(row.endedAt ?? 0, wish.timezone) !== date)
        wrong.push(`${name}: sent on another local date`);
      wrong.push(...auditRow(row, wish).map((line) => `${name}: ${line}`));
    }
    for (const row of rows.values())
      wrong.push(`${wish.email}: a row for ${row.editionDate}, which is not due`);
  }
  return wrong;
}

/** A digest in good weather: sent with one to `maxPapers` papers, or skipped for want of new ones. */
export function auditRow(row: LedgerDelivery, wish: Pick<Wish, 'maxPapers'>): string[] {
  if (row.status === 'sent')
    return row.papers.length >= 1 && row.papers.length <= wish.maxPapers
      ? []
      : [`${row.papers.length} papers, at most ${wish.maxPapers} wished`];
  if (row.status === 'skipped' && row.reason === 'nothing_new')
    return row.papers.length === 0 ? [] : ['skipped, and holds papers'];
  return [`${row.status} (${row.reason}: ${row.detail})`];
}

/** Everything above, and that each mail shows the titles of its own papers and of no other. */
export function auditDays(
  wishes: readonly Wish[],
  ledger: Ledger,
  rans: readonly Ran[],
  from: number,
  titles: readonly string[],
): string[] {
  const rows = new Map(ledger.deliveries.map((one) => [one.messageId, one]));
  // Titles with TeX are shown otherwise than they are stored.
  const plain = titles.filter((title) => !/[$\\{}^_]/.test(title) && bare(title).length > 20);
  const mails = rans.flatMap((one) => one.mails);
  return [
    ...audit(ledger, mails),
    ...auditRans(rans, ledger),
    ...auditTimes(
      wishes,
      ledger,
      rans.map((one) => one.at),
      from,
    ),
    ...mails.flatMap((mail) => {
      const row = rows.get(mail.messageId);
      if (!row) return [];
      const shown = row.papers.filter((paper) => plain.includes(paper.title));
      return auditTitles({ ...row, papers: shown }, mail, plain);
    }),
  ];
}
