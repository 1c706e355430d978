import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import {
  addToTotals,
  createTotals,
  type MessageFate,
  type TakeDeps,
  type TakenTotals,
} from '../bounces/ingest/take-messages.ts';
import { parseAddress } from '../mail/addresses.ts';
import { type BounceEntry, type BounceFilter, listBounces } from '../store/bounces.ts';
import { listDeliveries } from '../store/deliveries.ts';
import type { Db } from '../store/store.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Invocation, type Surroundings } from './command.ts';
import { counted, instantWords, type Output, oneLine, table } from './output.ts';
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

  define(
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
    async ({ app, out }, options) => {
      const filter: BounceFilter = {
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
      };
      if (options.class) filter.class = options.class as BounceEntry['class'];
      if (options.email) filter.emailKey = addressKey(options.email as string);
      if (options.delivery) filter.deliveryId = options.delivery as number;
      if (options.before) filter.beforeId = options.before as number;
      const entries = await listInPages(app.store.db, filter);
      out.answer(entries.map(entryDocument), () =>
        entries.length === 0
          ? 'Nothing came back.'
          : table([
              ['ID', 'READ', 'CLASS', 'REASON', 'CODE', 'ADDRESS', 'DELIVERY', 'LED TO'],
              ...entries.map((one) => [
                one.id,
                instantWords(one.recordedAt),
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

  define(
    bounces
      .command('show')
      .description('one thing that came back')
      .argument('<id>', 'its id', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    false,
    async ({ app, out }, _options, [id]) => {
      const [entry] = await listBounces(app.store.db, { id: Number(id), limit: 1 });
      if (!entry) throw new CommandError(`Nothing with the id ${id} came back.`);
      const { deliveryId } = entry;
      const [delivery] =
        deliveryId === null ? [] : await listDeliveries(app.store.db, { id: deliveryId, limit: 1 });
      const about = delivery && { editionDate: delivery.editionDate, status: delivery.status };
      out.answer({ ...entryDocument(entry), delivery: about ?? null }, () => [
        `${entry.class} (${entry.reason}), by ${entry.origin}`,
        ...table(
          [
            ['address', entry.email ?? 'of nobody who is known'],
            ['delivery', about ? `${deliveryId}, the digest of ${about.editionDate}, ${about.status}` : '-'],
            ['codes', [entry.reply, entry.status].filter(Boolean).join(' ') || '-'],
            ['it says', oneLine(entry.diagnostic) || '-'],
            ['happened', instantWords(entry.occurredAt)],
            ['read', instantWords(entry.recordedAt)],
            ['led to', entry.suppressed ? 'the address is suppressed' : 'no suppression that stands'],
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

/** A listing of any length, read a page at a time. */
async function listInPages(db: Db, filter: BounceFilter): Promise<BounceEntry[]> {
  const entries: BounceEntry[] = [];
  for (;;) {
    const limit = Math.min(500, filter.limit - entries.length);
    const beforeId = entries.at(-1)?.id ?? filter.beforeId;
    const page = await listBounces(db, { ...filter, limit, ...(beforeId === undefined ? {} : { beforeId }) });
    entries.push(...page);
    if (page.length < limit || entries.length >= filter.limit) return entries;
  }
}

function addressKey(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new CommandError(parsed.message);
  return parsed.address.key;
}

function entryDocument({ occurredAt, recordedAt, ...rest }: BounceEntry) {
  return {
    ...rest,
    occurredAt: occurredAt === null ? null : new Date(occurredAt).toISOString(),
    recordedAt: new Date(recordedAt).toISOString(),
  };
}
