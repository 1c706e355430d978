import { type Command, Option } from 'commander';
import { countDeliveries, type DeliveryEntry, listDeliveries } from '../store/deliveries.ts';
import { type DeliverySearch, findDeliveryIds, type SearchPage } from '../store/delivery-search.ts';
import { deliveryStatuses } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { addDeliveryActs } from './delivery-acts.ts';
import { addSearchOptions, readSearch } from './delivery-search.ts';
import { deliveryDocument } from './local/documents.ts';
import { counted, instantWords, shortened, table } from './output.ts';

export function addDeliveriesCommands(program: Command, surroundings: Surroundings): void {
  const deliveries = program
    .command('deliveries')
    .description('what was sent to whom, and what was not and why');

  define(
    addSearchOptions(
      deliveries
        .command('list')
        .description('deliveries, newest first')
        .addOption(new Option('--status <status>', 'only these').choices(deliveryStatuses)),
    )
      .option('--before <id>', 'only those older than this id', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const search = await readSearch(app, options);
      if (options.status) search.status = options.status as DeliveryEntry['status'];
      const entries = await listInPages(app.store.db, search, {
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
        ...(options.before ? { beforeId: options.before as number } : {}),
      });
      const uncertain = search.status === 'uncertain';
      const counts =
        out.json || search.topicId !== undefined ? null : await countDeliveries(app.store.db, search);
      out.answer(entries.map(deliveryDocument), () => [
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
        entries.length === 0
          ? `No deliveries${Object.keys(search).length > 0 ? ' of that kind' : ' yet'}.`
          : counts === null
            ? counted(entries.length, 'delivery', 'deliveries')
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
      out.answer(deliveryDocument(entry), () => describe(entry));
    },
  );

  addDeliveryActs(deliveries, surroundings);
}

const howToResolve = [
  '',
  'Whether the mail server took these is not known. Look for the Message-ID in its log, then tell:',
  '  paperboy deliveries resolve ID sent      it took the message',
  '  paperboy deliveries resolve ID pending   it did not: send it again',
  '  paperboy deliveries resolve ID failed    give it up; its papers compete again',
  'A bounce, a delivery report or a webhook that names one resolves it by itself.',
];

/** A listing of any length, read a page at a time. */
async function listInPages(
  db: Db,
  search: DeliverySearch,
  { limit, beforeId }: SearchPage,
): Promise<DeliveryEntry[]> {
  const entries: DeliveryEntry[] = [];
  for (;;) {
    const before = entries.at(-1)?.id ?? beforeId;
    const page = { limit: Math.min(500, limit - entries.length), ...(before ? { beforeId: before } : {}) };
    const ids = await findDeliveryIds(db, search, page);
    entries.push(...(await listDeliveries(db, { ids, limit: ids.length })));
    if (ids.length < page.limit || entries.length >= limit) return entries;
  }
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
