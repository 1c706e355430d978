import { type Command, Option } from 'commander';
import { subscriberStatuses } from '../store/schema.ts';
import type { FilterInput } from '../subscribers/filter.ts';
import { describeSuppression } from '../subscribers/suppressed.ts';
import { collect, readCount, readDate, readSetting } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import type { SettingsGiven, SubscriberChangeGiven, SubscriberDocument, SuppressionTold } from './desk.ts';
import { counted, isoWords, oneLine, shortened, table } from './output.ts';
import { addSignUpsCommand } from './sign-ups.ts';
import { addExportCommand, addImportCommand } from './subscriber-csv.ts';
import { UsageError } from './usage.ts';

export function addSubscribersCommands(program: Command, surroundings: Surroundings): void {
  const subscribers = program.command('subscribers').description('who gets mail, when and about what');
  addImportCommand(subscribers, surroundings);
  addExportCommand(subscribers, surroundings);
  addSignUpsCommand(subscribers, surroundings);

  defineAtDesk(
    subscribers
      .command('list')
      .description('subscribers by id')
      .addOption(new Option('--status <status>', 'only these').choices([...subscriberStatuses]))
      .option('--topic <slug>', 'only those subscribed to this topic')
      .option('--search <text>', 'only addresses with this in them')
      .option('--timezone <zone>', 'only those who live by this time zone')
      .addOption(
        new Option('--suppressed <yes|no>', 'only those who must not be mailed, or none of them').choices([
          'yes',
          'no',
        ]),
      )
      .option('--joined-since <date>', 'only those who joined on this day (UTC) or later', readDate)
      .option('--joined-before <date>', 'only those who joined before this day (UTC)', readDate)
      .option('--digest-since <date>', 'only those who were sent a digest of this day or later', readDate)
      .option('--without-digest-since <date>', 'only those who were not', readDate)
      .option('--after <id>', 'only those after this id', readCount(0, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      const limit = (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50);
      const afterId = (options.after as number | undefined) ?? 0;
      const documents: SubscriberDocument[] = [];
      for await (const page of desk.subscribers.list(filterOf(options), { afterId, limit }))
        documents.push(...page);
      out.answer(documents, () =>
        documents.length === 0
          ? 'No subscribers: `paperboy subscribers add EMAIL --topic SLUG` adds one.'
          : table([
              ['ID', 'EMAIL', 'STATUS', 'SCHEDULE', 'NEXT DUE', 'TOPICS'],
              ...documents.map((one) => [
                one.id,
                one.email,
                one.status,
                `${one.time} ${one.timezone}`,
                isoWords(one.nextDueAt),
                one.topics.join(', ') || '-',
              ]),
            ]),
      );
    },
  );

  withSettings(
    subscribers
      .command('add')
      .description('add a subscriber, active at once')
      .argument('<email>')
      .option('--topic <slug>', 'a topic; may be given several times', collect),
  );
  defineOn(subscribers, 'add', surroundings, async ({ desk, out }, options, [email = '']) => {
    const topics = (options.topic as string[] | undefined) ?? [];
    const added = await desk.subscribers.add({ email, ...settingsOf(options), topics });
    out.answer(added, () => [
      `Added ${added.email}: ${added.topics.join(', ') || 'no topic yet'}; first digest ${isoWords(added.nextDueAt)}.`,
      ...(added.topics.length === 0
        ? ['Without a topic there is no digest: `paperboy subscribers edit EMAIL --topic SLUG`.']
        : []),
    ]);
  });

  withSettings(
    subscribers
      .command('edit')
      .description('change a subscriber; what is not given stays')
      .argument('<email>')
      .option('--email <address>', 'a new address')
      .addOption(new Option('--status <status>').choices(['active', 'paused', 'unsubscribed']))
      .option('--topic <slug>', 'subscribe to this too; may be given several times', collect)
      .option('--drop-topic <slug>', 'end this subscription; may be given several times', collect),
  );
  defineOn(subscribers, 'edit', surroundings, async ({ desk, out }, options, [email = '']) => {
    const change: SubscriberChangeGiven = {
      ...settingsOf(options),
      email: options.email as string | undefined,
      status: options.status as SubscriberChangeGiven['status'],
      addTopics: options.topic as string[] | undefined,
      removeTopics: options.dropTopic as string[] | undefined,
    };
    if (Object.values(change).every((value) => value === undefined))
      throw new UsageError('nothing to change: name at least one option, such as --time or --topic');
    const { subscriber: changed, suppressed } = await desk.subscribers.edit(email, change);
    out.answer(changed, () => [
      `Changed ${changed.email}: ${changed.status}, ${changed.topics.join(', ') || 'no topic'}; next digest ${isoWords(changed.nextDueAt)}.`,
      ...suppressedLines(suppressed),
    ]);
  });

  defineAtDesk(
    subscribers
      .command('show')
      .description('one subscriber with topics and latest deliveries')
      .argument('<email>'),
    surroundings,
    false,
    async ({ desk, out }, _options, [email = '']) => {
      const {
        subscriber: one,
        suppressed,
        consents,
        bounces,
        deliveries,
      } = await desk.subscribers.show(email);
      out.answer(
        {
          ...one,
          consents,
          suppressed: suppressed && { reason: suppressed.reason, note: suppressed.note },
          bounces: bounces.map(({ id, class: kind, reason, deliveryId }) => ({
            id,
            class: kind,
            reason,
            deliveryId,
          })),
          deliveries: deliveries.map(({ id, editionDate, status, reason }) => ({
            id,
            editionDate,
            status,
            reason,
          })),
        },
        () => [
          `${one.email}, ${one.status}`,
          ...table(
            [
              ['added', isoWords(one.createdAt)],
              ...(one.updatedAt === one.createdAt ? [] : [['last changed', isoWords(one.updatedAt)]]),
              ...consents
                .slice(0, 1)
                .map(({ askedAt, givenAt }) => [
                  'confirmed',
                  `${isoWords(givenAt)} by the link mailed after signing up ${isoWords(askedAt)}`,
                ]),
              ['schedule', `${one.time} ${one.timezone} on ${one.days.join(',')}`],
              ['papers', `up to ${one.maxPapers}`],
              ['language', one.locale],
              ['quiet days', one.quietMail ? 'a short mail says so' : 'no mail'],
              ['next due', isoWords(one.nextDueAt)],
              ['topics', one.topics.join(', ') || '-'],
            ],
            '  ',
          ),
          ...suppressedLines(suppressed),
          ...(bounces.length === 0 ? [] : ['What came back last:']),
          ...table(
            bounces.map(({ recordedAt, class: kind, reason, diagnostic }) => [
              ...[isoWords(recordedAt), kind, reason],
              shortened(oneLine(diagnostic), 60),
            ]),
            '  ',
          ),
          ...(deliveries.length === 0 ? ['No deliveries yet.'] : ['Latest deliveries:']),
          ...table(
            deliveries.map(({ editionDate, status, reason, papers }) => [
              ...[editionDate, status, reason],
              counted(papers.length, 'paper'),
            ]),
            '  ',
          ),
        ],
      );
    },
  );

  defineAtDesk(
    subscribers
      .command('remove')
      .description('erase a subscriber: the address is forgotten, the ledger keeps its counts')
      .argument('<email>'),
    surroundings,
    true,
    async ({ desk, out }, _options, [email = '']) => {
      const erased = await desk.subscribers.erase(email);
      out.answer({ id: erased.id, status: 'erased' }, () => `Erased ${erased.email}.`);
    },
  );
}

function withSettings(command: Command): void {
  command
    .option('--timezone <zone>', 'IANA time zone, such as Europe/Berlin', readSetting('timezone'))
    .option('--time <time>', 'local time, such as 08:00', readSetting('time'))
    .option('--days <days>', 'mon,tue,… or daily, weekdays, weekends', readSetting('days'))
    .option('--max-papers <count>', 'at most so many papers a digest', readSetting('maxPapers'))
    .option(
      '--locale <tag>',
      'language of the mail, its dates and numbers, such as de',
      readSetting('locale'),
    )
    .option('--quiet-mail <yes|no>', 'send a short mail when there is nothing new', readSetting('quietMail'));
}

function defineOn(
  parent: Command,
  name: string,
  surroundings: Surroundings,
  act: Parameters<typeof defineAtDesk>[3],
): void {
  const command = parent.commands.find((one) => one.name() === name);
  if (command) defineAtDesk(command, surroundings, true, act);
}

function filterOf(options: Record<string, unknown>): FilterInput {
  const text = (name: string) => options[name] as string | undefined;
  return {
    status: text('status'),
    topic: text('topic'),
    search: text('search'),
    timezone: text('timezone'),
    suppressed: text('suppressed'),
    joinedSince: text('joinedSince'),
    joinedBefore: text('joinedBefore'),
    digestSince: text('digestSince'),
    noDigestSince: text('withoutDigestSince'),
  };
}

function settingsOf(options: Record<string, unknown>): SettingsGiven {
  return {
    timezone: options.timezone as string | undefined,
    time: options.time as string | undefined,
    days: options.days as string | undefined,
    maxPapers: options.maxPapers as string | undefined,
    locale: options.locale as string | undefined,
    quietMail: options.quietMail as string | undefined,
  };
}

function suppressedLines(suppressed: SuppressionTold | null): string[] {
  if (!suppressed) return [];
  const { reason, since } = suppressed;
  return [`Nothing is mailed: suppressed, ${describeSuppression({ reason, createdAt: Date.parse(since) })}.`];
}
