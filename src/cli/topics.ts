import type { Command } from 'commander';
import { formatQueryTest } from '../topics/test-query.ts';
import { readCount } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import type { ReopenedTold, TopicChangeGiven, TopicDocument } from './desk.ts';
import { counted, shortened, table } from './output.ts';
import { UsageError } from './usage.ts';

export function addTopicsCommands(program: Command, surroundings: Surroundings): void {
  const topics = program.command('topics').description('the named queries that people subscribe to');

  defineAtDesk(
    topics
      .command('list')
      .description('public topics with their queries')
      .option('--all', 'archived and private ones too'),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      const listed = await desk.topics.list({ all: options.all === true });
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

  defineAtDesk(
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
    async ({ desk, out }, options, [slug = '']) => {
      const { topic, replaced } = await desk.topics.add({
        slug,
        name: options.name as string,
        query: options.query as string,
        description: (options.description as string | undefined) ?? null,
      });
      out.answer(topic, () => `Added topic ${topic.slug}${replaced ? ', in place of the shipped one' : ''}.`);
    },
  );

  defineAtDesk(
    topics
      .command('edit')
      .description('change a topic; what is not given stays')
      .argument('<slug>')
      .option('--slug <slug>', 'another slug; the old one goes on working in links and address lists')
      .option('--name <name>')
      .option('--query <query>')
      .option('--description <text>')
      .option('--unarchive', 'bring an archived topic back; the subscriptions that ended with it stay ended')
      .option('--reopen', 'with --unarchive: for those who had it when it was archived, too'),
    surroundings,
    true,
    async ({ desk, out }, options, [slug = '']) => {
      const change: TopicChangeGiven = {};
      if (options.slug !== undefined) change.slug = options.slug as string;
      if (options.name !== undefined) change.name = options.name as string;
      if (options.query !== undefined) change.query = options.query as string;
      if (options.description !== undefined) change.description = options.description as string;
      if (options.reopen && !options.unarchive) throw new UsageError('--reopen goes with --unarchive');
      if (options.unarchive) Object.assign(change, { archived: false, reopen: options.reopen === true });
      if (Object.keys(change).length === 0)
        throw new UsageError(
          'nothing to change: name at least one of --slug, --name, --query, --description, --unarchive',
        );
      const topic = await desk.topics.edit(slug, change);
      out.answer(topic, () => ('reopened' in topic ? tellReopened(topic) : `Changed topic ${topic.slug}.`));
    },
  );

  defineAtDesk(
    topics
      .command('remove')
      .description('archive a topic and end its subscriptions; nothing is deleted')
      .argument('<slug>'),
    surroundings,
    true,
    async ({ desk, out }, _options, [slug = '']) => {
      const removed = await desk.topics.remove(slug);
      const { topic, ended, withoutTopic } = removed;
      out.answer(removed, () => [
        `Archived topic ${topic.slug}; ${counted(ended, 'subscription')} ended${
          withoutTopic > 0 ? `, and ${counted(withoutTopic, 'subscriber')} left without any topic` : ''
        }.`,
        ...(ended > 0 ? [`To undo it: ${reopening(topic.slug)}`] : []),
      ]);
    },
  );

  defineAtDesk(
    topics
      .command('merge')
      .description('put a topic into another: its subscribers get that one, and its slug means that one')
      .argument('<from>')
      .argument('<into>'),
    surroundings,
    true,
    async ({ desk, out }, _options, [from = '', into = '']) => {
      const { moved, had } = await desk.topics.merge(from, into);
      out.answer({ from, into, moved, had }, () => [
        `Merged ${from} into ${into}: ${counted(moved, 'subscriber')} moved, ${had.toLocaleString('en')} had both already.`,
      ]);
    },
  );

  // A query may begin with a minus: what looks like an unknown option is looked at below.
  const test = topics.command('test').allowUnknownOption().allowExcessArguments();
  defineAtDesk(
    test
      .description('what a query would have matched in the last days, and why')
      .argument('<query>', 'in quotes when it is of several words')
      .option('--days <count>', 'how many days back', readCount(1, 90), 7)
      .option('--limit <count>', 'how many papers of each day', readCount(1, 1000), 5),
    surroundings,
    true,
    async ({ desk, out }, options, [query = '']) => {
      const unknown = test.args.find((word) => word.startsWith('--'));
      if (unknown) throw new UsageError(`unknown option '${unknown}'`);
      if (test.args.length > 1)
        throw new UsageError(`one query is expected; put it in quotes: '${test.args.join(' ')}'`);
      const look = { days: options.days as number, limit: options.limit as number };
      const result = await desk.topics.test(query, look);
      out.answer(result, () => formatQueryTest(result));
    },
  );
}

function tellReopened({ slug, reopened, reopenable }: TopicDocument & ReopenedTold): string[] {
  if (reopenable === 0)
    return [`Brought topic ${slug} back; ${counted(reopened, 'subscription')} began again.`];
  return [
    `Brought topic ${slug} back; ${counted(reopenable, 'subscription')} that ended with it stay ended.`,
    `To begin them again: ${reopening(slug)}`,
  ];
}

const reopening = (slug: string) => `topics edit ${slug} --unarchive --reopen`;
