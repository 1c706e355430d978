import { createHash } from 'node:crypto';
import type { ImapFlow } from 'imapflow';
import { findFact, saveFact } from '../../store/installation.ts';
import {
  asPath,
  describeMailbox,
  type ImapServer,
  MailboxError,
  readImapUrl,
  withMailbox,
} from './imap-server.ts';
import { maxMessageBytes } from './mbox.ts';
import type { RawMessage } from './read-messages.ts';
import {
  addToTotals,
  createTotals,
  type MessageFate,
  type TakeDeps,
  type TakenTotals,
  takeMessages,
} from './take-messages.ts';

export { MailboxError } from './imap-server.ts';

export interface PollDeps extends TakeDeps {
  /** As BOUNCE_IMAP_URL. */
  url: string;
  /** Where messages that were understood are moved; made when absent. */
  done: string;
  /** Looks again at what was looked at before and left. */
  again?: boolean;
  signal?: AbortSignal;
  /** Called for each page after it was kept and moved; `total`: messages to look at in all. */
  onPage?: (fates: readonly MessageFate[], total: number) => void;
}

export interface PollReport extends TakenTotals {
  moved: number;
}

/** So many messages are held at once. */
const pageSize = 25;

/**
 * Reads what came to the mailbox since the last poll, keeps what it says, and then moves the messages that were
 * understood. The others stay as they are, unread ones unread: up to where the mailbox was looked through is
 * remembered by UIDVALIDITY and UID (RFC 9051 §2.3.1.1), and only after a page was moved. So a poll that ends anywhere
 * loses nothing, and what is read a second time is known. Nothing is ever deleted but by moving. Throws MailboxError.
 */
export async function pollMailbox(deps: PollDeps): Promise<PollReport> {
  const server = readImapUrl(deps.url);
  const report: PollReport = { ...createTotals(), moved: 0 };
  await withMailbox(server, deps.signal, async (client) => {
    const name = placeOf(server);
    const { uidValidity, path } = openMailbox(client);
    const uids = await findNew(client, deps.again ? 0 : await readPlace(deps, name, uidValidity));
    const move = createMover(client, deps.done);
    for (let at = 0; at < uids.length && !deps.signal?.aborted; at += pageSize) {
      const page = uids.slice(at, at + pageSize);
      const fates = await takeMessages(deps, await fetchPage(client, page, path));
      const understood = fates.filter((fate) => fate.understood).map(({ where }) => uidOf(where));
      await move(understood);
      report.moved += understood.length;
      addToTotals(report, fates);
      await saveFact(deps.db, name, `${uidValidity}:${page.at(-1)}`);
      deps.onPage?.(fates, uids.length);
    }
  });
  return report;
}

/** Logs in and looks at the mailbox without changing anything. Throws MailboxError. */
export async function lookAtMailbox(url: string): Promise<{ description: string; messages: number }> {
  const server = readImapUrl(url);
  const messages = await withMailbox(server, undefined, async (client) => openMailbox(client).exists);
  return { description: describeMailbox(server), messages };
}

function openMailbox(client: ImapFlow) {
  if (!client.mailbox) throw new MailboxError('the mailbox was closed');
  return client.mailbox;
}

function placeOf({ host, user, mailbox }: ImapServer): string {
  const hash = createHash('sha256').update(JSON.stringify([host, user, mailbox]));
  return `mailbox ${hash.digest('hex').slice(0, 16)}`;
}

/** The last UID that was looked at; 0 when the server has given new ones since. */
async function readPlace({ db }: PollDeps, name: string, uidValidity: bigint): Promise<number> {
  const [validity, uid] = ((await findFact(db, name)) ?? '').split(':');
  return validity === String(uidValidity) ? Number(uid) : 0;
}

async function findNew(client: ImapFlow, last: number): Promise<number[]> {
  // What is marked as deleted is done with: we mark so where we cannot move, and people do.
  const found = await client.search({ uid: `${last + 1}:*`, deleted: false }, { uid: true });
  // `n:*` holds the last message even where it is older than n.
  return (found || []).filter((uid) => uid > last).sort((one, other) => one - other);
}

async function fetchPage(client: ImapFlow, uids: readonly number[], path: string): Promise<RawMessage[]> {
  const query = { uid: true, source: { start: 0, maxLength: maxMessageBytes } };
  const fetched = await client.fetchAll(uids.join(','), query, { uid: true });
  return fetched.flatMap(({ uid, source }) => (source ? { where: `${path}/${uid}`, raw: source } : []));
}

const uidOf = (where: string): number => Number(where.slice(where.lastIndexOf('/') + 1));

function createMover(client: ImapFlow, done: string): (uids: readonly number[]) => Promise<void> {
  let isThere = false;
  return async (uids) => {
    if (uids.length === 0) return;
    if (!isThere) {
      // Asked for first: not every server says of a refused CREATE that the mailbox exists.
      const status = await client.status(asPath(done), { messages: true }).catch(() => false as const);
      const { path } = status || (await client.mailboxCreate(asPath(done)));
      if (path === openMailbox(client).path)
        throw new MailboxError(`BOUNCE_IMAP_DONE is the mailbox that is polled: ${done}`);
      isThere = true;
    }
    if (!(await moveMessages(client, uids.join(','), asPath(done))))
      throw new MailboxError(`messages could not be moved to ${done}`);
  };
}

async function moveMessages(client: ImapFlow, range: string, to: string[]): Promise<boolean> {
  const can = (name: string) => client.capabilities.has(name) || client.capabilities.has('IMAP4REV2');
  if (can('MOVE') || can('UIDPLUS')) return Boolean(await client.messageMove(range, to, { uid: true }));
  // An EXPUNGE without UIDs would also take what somebody else has marked as deleted.
  if (!(await client.messageCopy(range, to, { uid: true }))) return false;
  return await client.messageFlagsAdd(range, ['\\Deleted'], { uid: true });
}
