import { join, relative } from 'node:path';
import type { App } from '../app.ts';
import { scheduleOf } from '../delivery/editions.ts';
import type { Note } from '../digest/digest.ts';
import { trendWords } from '../digest/figures.ts';
import { latestEdition, nextEdition } from '../digest/schedule.ts';
import { type DeliveryEntry, findFrozenPapers, findNotes, listDeliveries } from '../store/deliveries.ts';
import { countPapers } from '../store/papers.ts';
import { readableText } from '../tex/readable.ts';
import { type Account, readers } from './demo-readers.ts';
import { counted, instantWords, type Output, shortened, table } from './output.ts';

const shownPapers = 3;

/** Prints what the demo did: papers, who got what and why, what was sent, where to look. */
export async function tellAccount(app: App, out: Output, account: Account, until: number): Promise<void> {
  const sent = (await listDeliveries(app.store.db, { limit: 10_000, status: 'sent' })).reverse();
  const now = sent.filter((one) => account.sentIds.includes(one.id));
  const lastDate = latestDate(now);
  const read = account.records > 0 ? `, ${counted(account.records, 'record')} read just now` : '';
  const lines = [
    `Papers       ${counted(await countPapers(app.store.db), 'paper')} known by then${read}`,
    `Readers      ${readers.length}, each at their own breakfast time:`,
    ...table(
      readers.map((one) => [one.email, `${one.time} ${one.timezone}`, one.topics.join(', ')]),
      '             ',
    ),
    '',
  ];
  for (const one of now.filter((delivery) => delivery.editionDate === lastDate))
    lines.push(...(await describeSent(app, one)), '');
  const earlier = now.filter((delivery) => delivery.editionDate !== lastDate).length;
  if (earlier > 0) lines.push(`… and ${counted(earlier, 'digest')} of the days before.`, '');
  const papers = now.reduce((sum, one) => sum + one.papers.length, 0);
  const skipped = Object.entries(account.skipped).map(([reason, count]) => `; ${count} skipped (${reason})`);
  lines.push(
    `Sent         ${counted(now.length, 'digest')} with ${counted(papers, 'paper')}${skipped.join('')}`,
  );
  if (now.length === 0) lines.push(...(await whyNothing(app, until)));
  lines.push(...whereToLook(app, mailOf(sent), account.nextDay));
  out.answer(
    {
      playedTo: new Date(until).toISOString(),
      nextDay: account.nextDay,
      papers: await countPapers(app.store.db),
      records: account.records,
      sent: now.map(({ id, email, editionDate, papers }) => ({
        id,
        email,
        editionDate,
        papers: papers.map(({ key, title }) => ({ key, title })),
      })),
      skipped: account.skipped,
      outbox: app.config.mail.outboxDir,
      database: app.config.databaseFile,
    },
    () => lines,
  );
}

/** The latest date for which there is a digest; undefined: there is none. */
function latestDate(sent: readonly DeliveryEntry[]): string | undefined {
  return sent
    .map((one) => one.editionDate)
    .sort()
    .at(-1);
}

/** The outbox's name, without ending, of a mail of the latest date; null: there is none. */
function mailOf(sent: readonly DeliveryEntry[]): string | null {
  const newest = sent.findLast((one) => one.editionDate === latestDate(sent));
  return /kept as (\S+)\.eml/.exec(newest?.detail ?? '')?.[1] ?? null;
}

async function describeSent(app: App, delivery: DeliveryEntry): Promise<string[]> {
  const reader = readers.find((one) => one.email === delivery.email);
  const frozen = await findFrozenPapers(app.store.db, [delivery.id]);
  const notes = await findNotes(
    app.store.db,
    frozen.map((one) => one.noteId),
  );
  const lines = [
    `${delivery.editionDate} ${reader?.time ?? ''} ${reader?.timezone ?? ''}  ${delivery.email}: ${counted(delivery.papers.length, 'paper')}`,
  ];
  for (const [index, paper] of delivery.papers.slice(0, shownPapers).entries()) {
    const note = JSON.parse(notes.get(frozen[index]?.noteId ?? 0) ?? '{}') as Note;
    const trend = trendWords(note.changes, note.rising);
    const found = note.terms.length > 0 ? `, found: ${note.terms.slice(0, 3).join(', ')}` : '';
    lines.push(`  ${index + 1}. ${shortened(readableText(paper.title), 84)}`);
    lines.push(`     ${note.topics[0] ?? ''}${found}${trend ? ` · ${trend}` : ''}`);
  }
  if (delivery.papers.length > shownPapers) lines.push(`  … ${delivery.papers.length - shownPapers} more`);
  return lines;
}

/** Nobody got anything: who got theirs already, and when the next one is due. */
async function whyNothing(app: App, until: number): Promise<string[]> {
  const subscribers = await app.store.db.selectFrom('subscribers').selectAll().orderBy('id').execute();
  const lines: string[] = [];
  for (const subscriber of subscribers) {
    const schedule = scheduleOf(subscriber);
    const edition = latestEdition(schedule, until);
    const [delivery] = await listDeliveries(app.store.db, {
      email: subscriber.email_key,
      editionDate: edition.date,
      limit: 1,
    });
    const why = delivery
      ? `${delivery.status === 'sent' ? 'was sent' : `${delivery.status} (${delivery.reason})`} for ${edition.date} at ${instantWords(delivery.endedAt)}`
      : 'has had no digest yet';
    lines.push(
      `             ${subscriber.email} ${why}; next due ${instantWords(nextEdition(schedule, until + 1).dueAt)}`,
    );
  }
  return lines;
}

function whereToLook(app: App, mail: string | null, nextDay: string | null): string[] {
  const here = (path: string) => relative(process.cwd(), path) || '.';
  const outbox = app.config.mail.outboxDir;
  const example = mail ? `, such as ${here(join(outbox, `${mail}.html`))}` : '';
  return [
    '',
    `Mails        ${here(outbox)}: an .eml and an .html of each${example}`,
    `Ledger       DATABASE_URL=sqlite:${here(app.config.databaseFile)} npx paperboy deliveries list`,
    `Go on        npm run demo                      up to the same instant again: sends nothing and says why`,
    nextDay
      ? `             npm run demo -- --at ${nextDay}   the next papers`
      : '             The sample is over: there are no later papers.',
    `             npm run demo -- --reset           anew`,
  ];
}
