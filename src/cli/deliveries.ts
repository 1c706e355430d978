import { Argument, type Command, Option } from 'commander';
import { parseAddress } from '../mail/addresses.ts';
import {
  countDeliveries,
  type DeliveryEntry,
  type DeliveryFilter,
  listDeliveries,
  type Resolution,
  resolveDelivery,
} from '../store/deliveries.ts';
import { deliveryStatuses } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { readCount, readDate } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted, instantWords, shortened, table } from './output.ts';

export function addDeliveriesCommands(program: Command, surroundings: Surroundings): void {
  const deliveries = program
    .command('deliveries')
    .description('what was sent to whom, and what was not and why');

  define(
    deliveries
      .command('list')
      .description('deliveries, newest first')
      .addOption(new Option('--status <status>', 'only these').choices(deliveryStatuses))
      .option('--email <address>', 'only those to this subscriber')
      .option('--date <date>', 'only this edition date', readDate)
      .option('--before <id>', 'only those older than this id', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const filter: DeliveryFilter = {
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
      };
      if (options.status) filter.status = options.status as DeliveryEntry['status'];
      if (options.email) filter.email = addressKey(options.email as string);
      if (options.date) filter.editionDate = options.date as string;
      if (options.before) filter.beforeId = options.before as number;
      const entries = await listInPages(app.store.db, filter);
      const uncertain = filter.status === 'uncertain';
      const counts = out.json ? [] : await countDeliveries(app.store.db, filter);
      out.answer(entries.map(jsonOf), () => [
        ...table([
          [
            'ID',
            'EDITION',
            'EMAIL',
            'STATUS',
            'REASON',
            'PAPERS',
            'TRIES',
            ...(uncertain ? ['MESSAGE-ID'] : []),
          ],
          ...entries.map((one) => [
            one.id,
            one.editionDate,
            one.email,
            one.status,
            one.reason,
            one.papers.length,
            one.attempts,
            ...(uncertain ? [one.messageId] : []),
          ]),
        ]),
        '',
        counts.length === 0
          ? `No deliveries${filter.status || filter.email || filter.editionDate ? ' of that kind' : ' yet'}.`
          : `In all: ${counts.map(({ status, reason, count }) => `${count} ${status}${reason ? ` (${reason})` : ''}`).join(', ')}`,
        ...(uncertain && entries.length > 0 ? howToResolve : []),
      ]);
    },
  );

  define(
    deliveries
      .command('show')
      .description('one delivery with its papers')
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ app, out }, _options, [id]) => {
      const [entry] = await listDeliveries(app.store.db, { id: Number(id), limit: 1 });
      if (!entry) throw new CommandError(`There is no delivery ${id}.`);
      out.answer(jsonOf(entry), () => describe(entry));
    },
  );

  define(
    deliveries
      .command('resolve')
      .description(
        'say what became of an uncertain delivery: sent (it arrived), pending (send it again, within a day) or failed (give it up; its papers compete again)',
      )
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER))
      .addArgument(new Argument('<outcome>').choices(['sent', 'pending', 'failed'])),
    surroundings,
    true,
    async ({ app, out }, _options, [id, outcome]) => {
      const result = await resolveDelivery(app.store.db, Number(id), outcome as Resolution, app.clock.now());
      if (!result.ok) throw new CommandError(result.message);
      const [entry] = await listDeliveries(app.store.db, { id: Number(id), limit: 1 });
      out.answer(
        entry ? jsonOf(entry) : null,
        () => `Delivery ${id} is now ${outcome}: ${resolved[outcome as Resolution]}.`,
      );
    },
  );
}

const howToResolve = [
  '',
  'Whether the mail server took these is not known. Look for the Message-ID in its log, then tell:',
  '  paperboy deliveries resolve ID sent      it took the message',
  '  paperboy deliveries resolve ID pending   it did not: send it again',
  '  paperboy deliveries resolve ID failed    give it up; its papers compete again',
  'A bounce, a delivery report or a webhook that names one resolves it by itself.',
];

const resolved: Record<Resolution, string> = {
  sent: 'it counts as arrived, and its papers are not sent again',
  pending: 'it is sent again with the next run, for a day at most',
  failed: 'it is given up, and its papers compete again',
};

/** A listing of any length, read a page at a time. */
async function listInPages(db: Db, filter: DeliveryFilter): Promise<DeliveryEntry[]> {
  const entries: DeliveryEntry[] = [];
  for (;;) {
    const limit = Math.min(500, filter.limit - entries.length);
    const beforeId = entries.at(-1)?.id ?? filter.beforeId;
    const page = await listDeliveries(db, {
      ...filter,
      limit,
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    entries.push(...page);
    if (page.length < limit || entries.length >= filter.limit) return entries;
  }
}

function addressKey(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new CommandError(parsed.message);
  return parsed.address.key;
}

function jsonOf(entry: DeliveryEntry) {
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...entry,
    dueAt: iso(entry.dueAt),
    plannedAt: iso(entry.plannedAt),
    nextAttemptAt: iso(entry.nextAttemptAt),
    sendingAt: iso(entry.sendingAt),
    endedAt: iso(entry.endedAt),
    resentAt: iso(entry.resentAt),
  };
}

function describe(entry: DeliveryEntry): string[] {
  return [
    `Delivery ${entry.id}: the digest of ${entry.editionDate} to ${entry.email}`,
    ...table(
      [
        ['status', entry.status + (entry.reason ? ` (${entry.reason})` : '')],
        ['detail', entry.detail],
        ['due', instantWords(entry.dueAt)],
        ['planned', instantWords(entry.plannedAt)],
        ['attempts', entry.attempts],
        ['next attempt', instantWords(entry.nextAttemptAt)],
        ['sent or ended', instantWords(entry.endedAt)],
        ['Message-ID', entry.messageId],
        ...(entry.resentAt === null ? [] : [['sent again', instantWords(entry.resentAt)]]),
      ],
      '  ',
    ),
    counted(entry.papers.length, 'paper'),
    ...table(
      entry.papers.map((paper) => [
        paper.key,
        paper.topic,
        shortened(paper.title, 70) + (paper.released ? ' (released)' : ''),
      ]),
      '  ',
    ),
  ];
}
