import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import {
  addToTotals,
  createTotals,
  type MessageFate,
  type TakeDeps,
  type TakenTotals,
} from '../bounces/ingest/take-messages.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, defineAtDesk, type Invocation, type Surroundings } from './command.ts';
import type { BounceDocument, BounceSearchGiven } from './desk.ts';
import { counted, isoWords, type Output, oneLine, table } from './output.ts';
import { UsageError } from './usage.ts';

/** sysexits.h: what a mail server takes for "try again later", where any other failure bounces or drops the mail. */
const exTempfail = 75;
type Options = Record<string, unknown>;

/** So many messages are told of one by one; all are counted. */
const maxTold = 10_000;

const ingestHelp = `
PATH is a message (.eml), an mbox file, a folder of these, or a Maildir; - is standard input. With --imap the
mailbox of BOUNCE_IMAP_URL is read, as \`paperboy serve\` does every five minutes. The same message may be read as
often and in as many ways as you like: it counts once. Only what was sent to a return path of ours, or names a
Message-ID of ours, counts at all.

Your mail server can hand each message over as it comes, say with Postfix (/etc/aliases):
  bounce: "|cd /srv/paperboy && npx paperboy bounces ingest - || exit ${exTempfail}"
Exit codes are 0 (taken, whatever it was), 1 (something could not be read), 2 (wrong usage); with - a message
that could not be kept, because the database cannot be written or is not the one that sent it, gives ${exTempfail}: mail
servers then try again and lose nothing. The \`|| exit ${exTempfail}\` says so too while Paperboy cannot even start, in the
middle of an upgrade say. What is no bounce is not kept: let such mail also go to a mailbox.`;

export function addBouncesCommands(program: Command, surroundings: Surroundings): void {
  const bounces = program.command('bounces').description('what came back, and what it led to');

  define(
    bounces
      .command('ingest')
      .description('read messages that came back, keep what they say and act on it')
      .argument('[path...]', 'files and folders, - for standard input')
      .option('--imap', 'read the mailbox of BOUNCE_IMAP_URL')
      .option('--again', 'with --imap: also what was looked at before and left')
      .addHelpText('after', ingestHelp),
    surroundings,
    true,
    ingest,
    { errorCode: (paths) => (paths.includes('-') ? exTempfail : 1) },
  );

  defineAtDesk(
    bounces
      .command('list')
      .description('what came back, newest first')
      .addOption(
        new Option('--class <class>', 'only these').choices(['hard', 'soft', 'complaint', 'delivered']),
      )
      .option('--email <address>', 'only from this subscriber')
      .option('--delivery <id>', 'only for this delivery', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--before <id>', 'only those older than this id', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      const search: BounceSearchGiven = {};
      if (options.class) search.class = options.class as BounceDocument['class'];
      if (options.email) search.email = options.email as string;
      if (options.delivery) search.delivery = options.delivery as number;
      const beforeId = options.before as number | undefined;
      const limit = (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50);
      const found = (await Array.fromAsync(desk.bounces.list(search, { beforeId, limit }))).flat();
      out.answer(found, () =>
        found.length === 0
          ? 'Nothing came back.'
          : table([
              ['ID', 'READ', 'CLASS', 'REASON', 'CODE', 'ADDRESS', 'DELIVERY', 'LED TO'],
              ...found.map((one) => [
                one.id,
                isoWords(one.recordedAt),
                one.class,
                one.reason,
                one.status ?? one.reply,
                one.email,
                one.deliveryId,
                one.suppressed ? 'suppressed' : '-',
              ]),
            ]),
      );
    },
  );

  defineAtDesk(
    bounces
      .command('show')
      .description('one thing that came back')
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ desk, out }, _options, [id]) => {
      const one = await desk.bounces.show(Number(id));
      const about = one.delivery;
      out.answer(one, () => [
        `${one.class} (${one.reason}), by ${one.origin}`,
        ...table(
          [
            ['address', one.email ?? 'of nobody who is known'],
            [
              'delivery',
              about ? `${one.deliveryId}, the digest of ${about.editionDate}, ${about.status}` : '-',
            ],
            ['codes', [one.reply, one.status].filter(Boolean).join(' ') || '-'],
            ['it says', oneLine(one.diagnostic) || '-'],
            ['happened', isoWords(one.occurredAt)],
            ['read', isoWords(one.recordedAt)],
            ['led to', one.suppressed ? 'the address is suppressed' : 'no suppression that stands'],
          ],
          '  ',
        ),
      ]);
    },
  );
}

async function ingest({ app, out, surroundings }: Invocation, options: Options, paths: string[]) {
  const { imap, again } = options;
  const { imapUrl, imapDone } = app.config.bounces;
  if (paths.length === 0 && !imap)
    throw new UsageError('name files or folders, - for standard input, or --imap for the mailbox.');
  if (imap && imapUrl === null) throw new CommandError('No mailbox is set: BOUNCE_IMAP_URL.');
  const deps = takeDepsOf(app);
  const totals = createTotals();
  const told: MessageFate[] = [];
  const take = (fates: readonly MessageFate[]) => {
    addToTotals(totals, fates);
    told.push(...fates.slice(0, maxTold - told.length));
  };
  if (paths.length > 0)
    await ingestPaths({ deps, out, paths, take, isTerminal: surroundings.stderr.isTTY === true });
  if (paths.includes('-') && totals.unmatched > 0 && !(await isAnythingSent(app)))
    throw new CommandError(
      `Nothing was ever sent from ${app.store.file}, so nothing can have come back: is DATABASE_URL the right one?`,
    );
  let moved = 0;
  if (imapUrl !== null && imap) {
    const { pollMailbox } = await import('../bounces/ingest/poll-mailbox.ts');
    const progress = out.progress('Reading the mailbox');
    const before = totals.read;
    const onPage = (fates: readonly MessageFate[], total: number) => {
      take(fates);
      progress(totals.read - before, total);
    };
    const report = await pollMailbox({
      ...deps,
      url: imapUrl,
      done: imapDone,
      again: again === true,
      onPage,
    });
    moved = report.moved;
  }
  out.answer({ ...totals, moved, messages: told, untold: totals.read - told.length }, () => [
    ...describeTotals(totals),
    ...(moved > 0 ? [`${counted(moved, 'message')} moved to ${imapDone}.`] : []),
    ...describeLeft(told),
  ]);
}

interface PathsRequest {
  deps: TakeDeps;
  out: Output;
  paths: readonly string[];
  take: (fates: readonly MessageFate[]) => void;
  isTerminal: boolean;
}

async function ingestPaths({ deps, out, paths, take, isTerminal }: PathsRequest): Promise<void> {
  const [{ ingestMessages }, { measure }] = await Promise.all([
    import('../bounces/ingest/ingest-messages.ts'),
    import('../bounces/ingest/read-messages.ts'),
  ]);
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);
  const total = isTerminal ? megabytes(await measure(paths)) : 0;
  const progress = out.progress('Reading (MB)');
  await ingestMessages({
    ...deps,
    paths,
    stdin: process.stdin,
    onProblem(path, error) {
      // Of what came through a pipe nothing is left elsewhere.
      if (path === '-') throw error;
      out.fail(oneLine(`${path}: ${error.message}`));
    },
    onTaken(fates, bytes) {
      take(fates);
      progress(megabytes(bytes), total);
    },
  });
}

async function isAnythingSent(app: App): Promise<boolean> {
  return (await listDeliveries(app.store.db, { limit: 1 })).length > 0;
}

const classWords: Record<MessageFate['class'], string> = {
  hard: 'hard',
  soft: 'soft',
  complaint: 'complaint',
  'auto-reply': 'auto-reply',
  delivered: 'delivered',
  'not-a-bounce': 'not a bounce',
};

function describeTotals(totals: TakenTotals): string[] {
  const classes = Object.entries(totals.classes).filter(([, count]) => count > 0);
  const shown = classes.map(([kind, count]) => `${count} ${classWords[kind as MessageFate['class']]}`);
  return [
    `${counted(totals.read, 'message')} read${shown.length > 0 ? `: ${shown.join(', ')}` : ''}.`,
    `${totals.recorded} kept, ${totals.known} known before, ${totals.unmatched} about no mail of ours.`,
    `${counted(totals.suppressed, 'address', 'addresses')} suppressed, ${counted(totals.resolved, 'uncertain delivery', 'uncertain deliveries')} resolved.`,
  ];
}

/** What somebody may want to look at. */
function describeLeft(told: readonly MessageFate[]): string[] {
  const left = told.filter(({ understood }) => !understood);
  if (left.length === 0) return [];
  const shown = left.slice(0, 20);
  return [
    'Not counted:',
    ...table(
      shown.map((one) => [
        one.class === 'not-a-bounce' ? 'not a bounce' : `${classWords[one.class]}, about no mail of ours`,
        one.where,
      ]),
      '  ',
    ),
    ...(left.length > shown.length ? [`  and ${left.length - shown.length} more (--json tells more)`] : []),
  ];
}

function takeDepsOf(app: App): TakeDeps {
  return { db: app.store.db, secret: app.config.secretKey, recordReturns: app.recordReturns };
}
