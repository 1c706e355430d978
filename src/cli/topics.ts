import type { Command } from 'commander';
import { type App, readShippedTopics } from '../app.ts';
import { mergeTopics } from '../store/topic-merge.ts';
import { addTopic, editTopic, listTopics, removeTopic, type TopicChange } from '../store/topics.ts';
import { formatQueryTest, testQuery } from '../topics/test-query.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted, shortened, table } from './output.ts';
import { UsageError } from './usage.ts';

export function addTopicsCommands(program: Command, surroundings: Surroundings): void {
  const topics = program.command('topics').description('the named queries that people subscribe to');

  define(
    topics
      .command('list')
      .description('public topics with their queries')
      .option('--all', 'archived and private ones too'),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const listed = await listTopics(
        app.store.db,
        options.all ? { archived: true } : { visibility: 'public' },
      );
      out.answer(listed, () =>
        table([
          ['SLUG', 'NAME', 'SUBSCRIPTIONS', 'QUERY'],
          ...listed.map((topic) => [
            topic.slug + (topic.archivedAt === null ? '' : ' (archived)'),
            topic.name,
            topic.subscriptions,
            shortened(topic.query, 80),
          ]),
        ]),
      );
    },
  );

  define(
    topics
      .command('add')
      .description('keep a new public topic')
      .argument('<slug>', 'such as llm-efficiency')
      .requiredOption('--name <name>', 'its name in mails and pages')
      .requiredOption(
        '--query <query>',
        'words, "phrases", AND OR NOT, prefix*, ti: abs: au: cat:, like:"free text", or *',
      )
      .option('--description <text>', 'one sentence on what it holds'),
    surroundings,
    true,
    async ({ app, out }, options, [slug = '']) => {
      const given = {
        name: options.name as string,
        query: options.query as string,
        description: (options.description as string | undefined) ?? null,
      };
      const now = app.clock.now();
      // A topic that ships with the project and that nobody touched makes room for one's own.
      const replaced = await isUntouched(app, slug);
      const topic = replaced
        ? await editTopic(app.store.db, slug, given, now)
        : await addTopic(app.store.db, { slug, ...given }, now);
      out.answer(topic, () => `Added topic ${topic.slug}${replaced ? ', in place of the shipped one' : ''}.`);
    },
  );

  define(
    topics
      .command('edit')
      .description('change a topic; what is not given stays')
      .argument('<slug>')
      .option('--slug <slug>', 'another slug; the old one goes on working in links and address lists')
      .option('--name <name>')
      .option('--query <query>')
      .option('--description <text>')
      .option('--unarchive', 'bring an archived topic back'),
    surroundings,
    true,
    async ({ app, out }, options, [slug = '']) => {
      const change: TopicChange = {};
      if (options.slug !== undefined) change.slug = options.slug as string;
      if (options.name !== undefined) change.name = options.name as string;
      if (options.query !== undefined) change.query = options.query as string;
      if (options.description !== undefined) change.description = options.description as string;
      if (options.unarchive) change.archived = false;
      if (Object.keys(change).length === 0)
        throw new UsageError(
          'nothing to change: name at least one of --slug, --name, --query, --description, --unarchive',
        );
      const topic = await editTopic(app.store.db, slug, change, app.clock.now());
      out.answer(topic, () => `Changed topic ${topic.slug}.`);
    },
  );

  define(
    topics
      .command('remove')
      .description('archive a topic and end its subscriptions; nothing is deleted')
      .argument('<slug>'),
    surroundings,
    true,
    async ({ app, out }, _options, [slug = '']) => {
      const { topic, ended } = await removeTopic(app.store.db, slug, app.clock.now());
      out.answer(
        { topic, ended },
        () => `Archived topic ${topic.slug}; ${counted(ended, 'subscription')} ended.`,
      );
    },
  );

  define(
    topics
      .command('merge')
      .description('put a topic into another: its subscribers get that one, and its slug means that one')
      .argument('<from>')
      .argument('<into>'),
    surroundings,
    true,
    async ({ app, out }, _options, [from = '', into = '']) => {
      const merged = await mergeTopics(app.store.db, from, into, app.clock.now());
      if (!merged.ok) throw new CommandError(merged.message);
      const { moved, had } = merged;
      out.answer({ from, into, moved, had }, () => [
        `Merged ${from} into ${into}: ${counted(moved, 'subscriber')} moved, ${had.toLocaleString('en')} had both already.`,
      ]);
    },
  );

  // A query may begin with a minus: what looks like an unknown option is looked at below.
  const test = topics.command('test').allowUnknownOption().allowExcessArguments();
  define(
    test
      .description('what a query would have matched in the last days, and why')
      .argument('<query>', 'in quotes when it is of several words')
      .option('--days <count>', 'how many days back', readCount(1, 90), 7)
      .option('--limit <count>', 'how many papers of each day', readCount(1, 1000), 5),
    surroundings,
    true,
    async ({ app, out }, options, [query = '']) => {
      const unknown = test.args.find((word) => word.startsWith('--'));
      if (unknown) throw new UsageError(`unknown option '${unknown}'`);
      if (test.args.length > 1)
        throw new UsageError(`one query is expected; put it in quotes: '${test.args.join(' ')}'`);
      const candidates = await app.candidates();
      try {
        const result = testQuery(candidates.index, [...candidates.candidates.values()], query, {
          at: app.clock.now(),
          timezone: app.config.digest.timezone,
          days: options.days as number,
          limit: options.limit as number,
        });
        out.answer(result, () => formatQueryTest(result));
      } finally {
        candidates.close();
      }
    },
  );
}

/** Whether a topic is there just as it ships, with nobody subscribed. */
async function isUntouched(app: App, slug: string): Promise<boolean> {
  const shipped = readShippedTopics().find((one) => one.slug === slug);
  if (!shipped) return false;
  const topic = (await listTopics(app.store.db)).find((one) => one.slug === slug);
  return topic?.subscriptions === 0 && topic.query === shipped.query && topic.name === shipped.name;
}
