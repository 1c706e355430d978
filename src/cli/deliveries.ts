import { type Command, Option } from 'commander';
import { type DeliveryStatus, deliveryStatuses } from '../store/schema.ts';
import { readCount } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import { addDeliveryActs } from './delivery-acts.ts';
import { addSearchOptions, searchOf } from './delivery-search.ts';
import type { DeliveryDocument } from './desk.ts';
import { counted, isoWords, shortened, table } from './output.ts';

export function addDeliveriesCommands(program: Command, surroundings: Surroundings): void {
  const deliveries = program
    .command('deliveries')
    .description('what was sent to whom, and what was not and why');

  defineAtDesk(
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
    async ({ desk, out }, options) => {
      const search = searchOf(options);
      if (options.status) search.status = options.status as DeliveryStatus;
      const entries: DeliveryDocument[] = [];
      for await (const page of desk.deliveries.list(search, {
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
        beforeId: options.before as number | undefined,
      }))
        entries.push(...page);
      const uncertain = search.status === 'uncertain';
      const counts = out.json ? null : await desk.deliveries.count(search);
      out.answer(entries, () => [
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

  defineAtDesk(
    deliveries
      .command('show')
      .description('one delivery with its papers')
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ desk, out }, _options, [id]) => {
      const entry = await desk.deliveries.show(Number(id));
      out.answer(entry, () => describe(entry));
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

function describe(entry: DeliveryDocument): string[] {
  return [
    `Delivery ${entry.id}: the digest of ${entry.editionDate} to ${entry.email}`,
    ...table(
      [
        ['status', entry.status + (entry.reason ? ` (${entry.reason})` : '')],
        ['detail', entry.detail],
        ['due', isoWords(entry.dueAt)],
        ['planned', isoWords(entry.plannedAt)],
        ['attempts', entry.attempts],
        ['next attempt', isoWords(entry.nextAttemptAt)],
        ['sent or ended', isoWords(entry.endedAt)],
        ['Message-ID', entry.messageId],
        ...(entry.resentAt === null ? [] : [['sent again', isoWords(entry.resentAt)]]),
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
