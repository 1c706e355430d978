import type { Ledger, LedgerDelivery } from './ledger.ts';
import type { Caught } from './sink.ts';

/**
 * What must hold between the ledger and what a mail server really got, whatever happened on the way. Each
 * broken rule is one line; none: nothing is wrong. Reads no more than ids, so it stays true whatever a mail looks like.
 */
export function audit(ledger: Ledger, mails: readonly Caught[]): string[] {
  return [...auditMails(ledger, mails), ...auditPlans(ledger), ...auditPapers(ledger)];
}

/** A sent row has one mail, to its subscriber; a mail has a row that is sent, or not known to be; nothing comes twice. */
export function auditMails({ deliveries }: Ledger, mails: readonly Caught[]): string[] {
  const wrong: string[] = [];
  const rows = new Map(deliveries.map((one) => [one.messageId, one]));
  const got = new Set<string>();
  const editions = new Set<string>();
  const papers = new Set<string>();
  const once = (set: Set<string>, what: string) => {
    if (set.has(what)) wrong.push(`twice: ${what}`);
    set.add(what);
  };
  for (const mail of mails) {
    once(got, mail.messageId);
    if (mail.to.length !== 1) wrong.push(`${mail.messageId} has ${mail.to.length} recipients`);
    const row = rows.get(mail.messageId);
    if (!row) {
      wrong.push(`a mail without a row: ${mail.messageId} to ${mail.to.join()}`);
      continue;
    }
    if (mail.to[0] !== row.email) wrong.push(`${mail.messageId} of ${row.email} went to ${mail.to[0]}`);
    if (row.status !== 'sent' && row.status !== 'uncertain')
      wrong.push(`${mail.messageId} reached the server and its row says ${row.status} (${row.reason})`);
    once(editions, `${mail.to[0]} edition ${row.editionDate}`);
    for (const paper of row.papers) once(papers, `${mail.to[0]} paper ${paper.key}`);
  }
  for (const row of deliveries)
    if (row.status === 'sent' && !got.has(row.messageId))
      wrong.push(`${row.messageId} to ${row.email} is sent and no server got it`);
  return wrong;
}

const statuses = ['pending', 'claimed', 'sending', 'sent', 'failed', 'uncertain', 'skipped'];

/** For each plan: due = the rows it made, in statuses there are; what was skipped when planning is told by reason. */
export function auditPlans({ deliveries, plans }: Ledger): string[] {
  const wrong: string[] = [];
  const byPlan = Map.groupBy(deliveries, (one) => one.planRunId);
  for (const plan of plans) {
    const rows = byPlan.get(plan.id) ?? [];
    const counted = statuses.reduce(
      (sum, status) => sum + rows.filter((one) => one.status === status).length,
      0,
    );
    if (plan.due !== counted) wrong.push(`plan ${plan.id}: ${plan.due} due, ${counted} accounted for`);
    const skipped = Object.values(plan.skipped).reduce((a, b) => a + b, 0);
    if (plan.due !== plan.planned + skipped)
      wrong.push(`plan ${plan.id}: ${plan.due} due, ${plan.planned} planned, ${skipped} skipped`);
    for (const [reason, count] of Object.entries(plan.skipped)) {
      const found = rows.filter((one) => one.status === 'skipped' && one.reason === reason).length;
      if (found !== count) wrong.push(`plan ${plan.id}: ${count} ${reason} told, ${found} in the rows`);
    }
  }
  const editions = new Set<string>();
  for (const row of deliveries) {
    const name = `${row.subscriberId} ${row.editionDate}`;
    if (editions.has(name)) wrong.push(`two rows for subscriber ${row.subscriberId} on ${row.editionDate}`);
    editions.add(name);
    if (['failed', 'uncertain', 'skipped'].includes(row.status) && !row.reason)
      wrong.push(`delivery ${row.id} is ${row.status} without a reason`);
  }
  return wrong;
}

/** Papers that were not released are held once per subscriber; only what certainly was not sent is released. */
export function auditPapers({ deliveries }: Ledger): string[] {
  const wrong: string[] = [];
  const held = new Set<string>();
  for (const row of deliveries)
    for (const paper of row.papers) {
      const mayBeReleased = row.status === 'failed' || row.status === 'skipped';
      if ((paper.releasedAt !== null) !== mayBeReleased)
        wrong.push(
          `${paper.key} of delivery ${row.id} (${row.status}) is ${paper.releasedAt === null ? 'held' : 'released'}`,
        );
      if (paper.releasedAt !== null) continue;
      const name = `${row.subscriberId} ${paper.key}`;
      if (held.has(name)) wrong.push(`subscriber ${row.subscriberId} holds ${paper.key} twice`);
      held.add(name);
    }
  return wrong;
}

/** Letters and figures alone, so that neither wrapping nor typography hides a title. */
export function bare(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}

/** The titles that a mail does not hold; and those of `others` that it does though they are not in its row. */
export function auditTitles(row: LedgerDelivery, mail: Caught, others: readonly string[]): string[] {
  const text = bare(mail.text);
  const own = row.papers.map((paper) => bare(paper.title));
  return [
    ...row.papers
      .filter((paper) => !text.includes(bare(paper.title)))
      .map((paper) => `${mail.messageId} does not show "${paper.title}"`),
    ...others
      .filter((title) => !own.some((one) => one.includes(bare(title))) && text.includes(bare(title)))
      .map((title) => `${mail.messageId} shows "${title}", which is not in its row`),
  ];
}
