import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import { parseAddress } from '../mail/addresses.ts';
import { listBounces } from '../store/bounces.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { subscriberStatuses } from '../store/schema.ts';
import { listConsents } from '../store/sign-ups.ts';
import {
  findSubscriber,
  findSubscriberByKey,
  listSubscribers,
  type Subscriber,
} from '../store/subscribers.ts';
import { findSubscribedTopics, type SubscribedTopic } from '../store/subscriptions.ts';
import { type FilterInput, readFilter } from '../subscribers/filter.ts';
import { eraseSubscriber } from '../subscribers/status.ts';
import {
  addSubscriber,
  editSubscriber,
  type SubscriberChange,
  type SubscriberResult,
} from '../subscribers/subscribers.ts';
import { describeSuppression, findSuppression } from '../subscribers/suppressed.ts';
import { collect, readCount, readSetting } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted, instantWords, oneLine, shortened, table } from './output.ts';
import { addSignUpsCommand } from './sign-ups.ts';
import { addExportCommand, addImportCommand } from './subscriber-csv.ts';
import { UsageError } from './usage.ts';

export function addSubscribersCommands(program: Command, surroundings: Surroundings): void {
  const subscribers = program.command('subscribers').description('who gets mail, when and about what');
  addImportCommand(subscribers, surroundings);
  addExportCommand(subscribers, surroundings);
  addSignUpsCommand(subscribers, surroundings);

  define(
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
      .option('--joined-since <date>', 'only those who joined on this day (UTC) or later')
      .option('--joined-before <date>', 'only those who joined before this day (UTC)')
      .option('--digest-since <date>', 'only those who were sent a digest of this day or later')
      .option('--without-digest-since <date>', 'only those who were not')
      .option('--after <id>', 'only those after this id', readCount(0, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const read = await readFilter(app.store.db, app.hashAddress, filterOf(options));
      if (!read.ok) throw new CommandError(read.problems.map(({ message }) => message).join('\n'));
      const { filter } = read;
      const limit = (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50);
      const documents: ReturnType<typeof subscriberDocument>[] = [];
      let afterId = (options.after as number | undefined) ?? 0;
      while (documents.length < limit) {
        const page = await listSubscribers(app.store.db, {
          ...filter,
          afterId,
          limit: Math.min(500, limit - documents.length),
        });
        const topics = await findSubscribedTopics(
          app.store.db,
          page.subscribers.map((one) => one.id),
        );
        documents.push(...page.subscribers.map((one) => subscriberDocument(one, topics.get(one.id) ?? [])));
        if (page.nextAfter === null) break;
        afterId = page.nextAfter;
      }
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
                dueWords(one.nextDueAt),
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
  defineOn(subscribers, 'add', surroundings, async ({ app, out }, options, [email = '']) => {
    const result = await addSubscriber(
      app.store.db,
      { email, ...settingsOf(options), topics: (options.topic as string[] | undefined) ?? [] },
      app.config.digest,
      app.clock.now(),
      app.hashAddress,
    );
    const added = resultOrFail(result);
    out.answer(added, () => [
      `Added ${added.email}: ${added.topics.join(', ') || 'no topic yet'}; first digest ${dueWords(added.nextDueAt)}.`,
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
  defineOn(subscribers, 'edit', surroundings, async ({ app, out }, options, [email = '']) => {
    const change: SubscriberChange = {
      ...settingsOf(options),
      email: options.email as string | undefined,
      status: options.status as SubscriberChange['status'],
      addTopics: options.topic as string[] | undefined,
      removeTopics: options.dropTopic as string[] | undefined,
    };
    if (Object.values(change).every((value) => value === undefined))
      throw new UsageError('nothing to change: name at least one option, such as --time or --topic');
    const subscriber = await findSubscriberOrFail(app, email);
    const changed = resultOrFail(
      await editSubscriber(app.store.db, subscriber.id, change, app.clock.now(), 'admin', app.hashAddress),
    );
    const now = await findSubscriber(app.store.db, subscriber.id);
    const suppression = now && (await findSuppression(app.store.db, app.hashAddress, now.emailKey));
    out.answer(changed, () => [
      `Changed ${changed.email}: ${changed.status}, ${changed.topics.join(', ') || 'no topic'}; next digest ${dueWords(changed.nextDueAt)}.`,
      ...(suppression ? [`Nothing is mailed: suppressed, ${describeSuppression(suppression)}.`] : []),
    ]);
  });

  define(
    subscribers
      .command('show')
      .description('one subscriber with topics and latest deliveries')
      .argument('<email>'),
    surroundings,
    false,
    async ({ app, out }, _options, [email = '']) => {
      const subscriber = await findSubscriberOrFail(app, email);
      const topics = (await findSubscribedTopics(app.store.db, [subscriber.id])).get(subscriber.id) ?? [];
      const deliveries = await listDeliveries(app.store.db, { email: subscriber.emailKey, limit: 10 });
      const document = subscriberDocument(subscriber, topics);
      const suppression = await findSuppression(app.store.db, app.hashAddress, subscriber.emailKey);
      const consents = await listConsents(app.store.db, subscriber.id);
      const bounces = await listBounces(app.store.db, { emailKey: subscriber.emailKey, limit: 5 });
      out.answer(
        {
          ...document,
          consents: consents.map(({ askedAt, givenAt, linkHash }) => ({
            askedAt: new Date(askedAt).toISOString(),
            givenAt: new Date(givenAt).toISOString(),
            linkHash,
          })),
          suppressed: suppression && { reason: suppression.reason, note: suppression.note },
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
          `${document.email}, ${document.status}`,
          ...table(
            [
              ['added', instantWords(subscriber.createdAt)],
              ...(subscriber.updatedAt === subscriber.createdAt
                ? []
                : [['last changed', instantWords(subscriber.updatedAt)]]),
              ...consents
                .slice(0, 1)
                .map(({ askedAt, givenAt }) => [
                  'confirmed',
                  `${instantWords(givenAt)} by the link mailed after signing up ${instantWords(askedAt)}`,
                ]),
              ['schedule', `${document.time} ${document.timezone} on ${document.days.join(',')}`],
              ['papers', `up to ${document.maxPapers}`],
              ['language', document.locale],
              ['quiet days', document.quietMail ? 'a short mail says so' : 'no mail'],
              ['next due', instantWords(subscriber.nextDueAt)],
              ['topics', document.topics.join(', ') || '-'],
            ],
            '  ',
          ),
          ...(suppression ? [`Nothing is mailed: suppressed, ${describeSuppression(suppression)}.`] : []),
          ...(bounces.length === 0 ? [] : ['What came back last:']),
          ...table(
            bounces.map((one) => [
              instantWords(one.recordedAt),
              one.class,
              one.reason,
              shortened(oneLine(one.diagnostic), 60),
            ]),
            '  ',
          ),
          ...(deliveries.length === 0 ? ['No deliveries yet.'] : ['Latest deliveries:']),
          ...table(
            deliveries.map((one) => [
              one.editionDate,
              one.status,
              one.reason,
              counted(one.papers.length, 'paper'),
            ]),
            '  ',
          ),
        ],
      );
    },
  );

  define(
    subscribers
      .command('remove')
      .description('erase a subscriber: the address is forgotten, the ledger keeps its counts')
      .argument('<email>'),
    surroundings,
    true,
    async ({ app, out }, _options, [email = '']) => {
      const subscriber = await findSubscriberOrFail(app, email);
      await eraseSubscriber(app.store.db, subscriber.id, app.clock.now(), app.hashAddress);
      out.answer({ id: subscriber.id, status: 'erased' }, () => `Erased ${subscriber.email}.`);
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
  act: Parameters<typeof define>[3],
): void {
  const command = parent.commands.find((one) => one.name() === name);
  if (command) define(command, surroundings, true, act);
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

function settingsOf(options: Record<string, unknown>) {
  return {
    timezone: options.timezone as string | undefined,
    time: options.time as string | undefined,
    days: options.days as string | undefined,
    maxPapers: options.maxPapers as string | undefined,
    locale: options.locale as string | undefined,
    quietMail: options.quietMail as string | undefined,
  };
}

function resultOrFail(result: SubscriberResult) {
  if (result.ok) return subscriberDocument(result.subscriber, result.topics);
  throw new CommandError(result.problems.map(({ message }) => message).join('\n'));
}

/** Throws CommandError when the address is none or unknown. */
export async function findSubscriberOrFail(app: App, email: string): Promise<Subscriber> {
  const parsed = parseAddress(email);
  if (!parsed.ok) throw new CommandError(parsed.message);
  const subscriber = await findSubscriberByKey(app.store.db, parsed.address.key);
  if (!subscriber)
    throw new CommandError(
      `There is no subscriber ${parsed.address.email}. \`paperboy subscribers list\` shows them.`,
    );
  return subscriber;
}

function dueWords(iso: string | null): string {
  return instantWords(iso === null ? null : Date.parse(iso));
}

function subscriberDocument(subscriber: Subscriber, topics: readonly SubscribedTopic[]) {
  const {
    id,
    email,
    status,
    timezone,
    digestTime,
    days,
    maxPapers,
    locale,
    quietMail,
    nextDueAt,
    createdAt,
    updatedAt,
  } = subscriber;
  return {
    id,
    email,
    status,
    timezone,
    time: digestTime,
    days,
    maxPapers,
    locale,
    quietMail,
    nextDueAt: nextDueAt === null ? null : new Date(nextDueAt).toISOString(),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    topics: topics.map((topic) => topic.slug),
  };
}
