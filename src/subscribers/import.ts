import { setImmediate } from 'node:timers/promises';
import type { DigestDefaults } from '../config.ts';
import { nextDueAt } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { type Address, parseAddress } from '../mail/addresses.ts';
import { unguardFormula } from '../mail/formula.ts';
import { insertAuditEntries } from '../store/audit.ts';
import { subscriberSnapshot } from '../store/audit-snapshot.ts';
import { findFormerAddresses } from '../store/former-addresses.ts';
import { openSeenKeys, type SeenKeys } from '../store/seen-keys.ts';
import type { Db } from '../store/store.ts';
import {
  atomically,
  findSubscribersByKeys,
  insertSubscribers,
  type Subscriber,
  type SubscriberFields,
} from '../store/subscribers.ts';
import {
  findOpenTopics,
  findSubscribedTopics,
  type SubscribedTopic,
  startSubscriptions,
} from '../store/subscriptions.ts';
import { findSuppressed, type Suppression } from '../store/suppressions.ts';
import { type CsvLine, readCsvLines } from './csv-lines.ts';
import { defaultSettings, readSettings, type Settings, type SettingsInput } from './fields.ts';
import { editSubscriber } from './subscribers.ts';
import { describeSuppression } from './suppressed.ts';

export const fates = ['added', 'updated', 'unchanged', 'left_alone', 'duplicate', 'invalid'] as const;
/** What became of a line; `left_alone`: who has unsubscribed, or moved to another address, is not brought back by a file. */
export type Fate = (typeof fates)[number];

export interface LineFate {
  line: number;
  /** As in the file; null when the line has no address. */
  email: string | null;
  fate: Fate;
  /** Why, for `left_alone`, `duplicate` and `invalid`; otherwise null. */
  message: string | null;
}

export interface ImportReport extends Record<Fate, number> {
  lines: number;
  /** Columns of the header that mean nothing here. */
  ignoredColumns: string[];
}

export interface ImportRequest {
  db: Db;
  /** The file's bytes, streamed. */
  input: AsyncIterable<Uint8Array | string>;
  defaults: DigestDefaults;
  hashAddress: HashAddress;
  /** Epoch ms. */
  at: number;
  /** Told of each line in the file's order, once what it says is kept. */
  onLine?: (line: LineFate) => void;
}

const batchLines = 500;

/**
 * Adds and updates subscribers from an address list (csv-lines.ts), a batch of lines per transaction. A
 * filled cell is how it shall be: `topics` names all public topics the subscriber gets from now on. An
 * empty cell leaves a subscriber as they are, and a new one gets the default. Status is never changed.
 * Importing the same file again changes nothing. A `'` before an address that begins like a formula is not part
 * of it (formula.ts). Throws AddressListError; the batches before are kept.
 */
export async function importSubscribers(request: ImportRequest): Promise<ImportReport> {
  const report: ImportReport = {
    lines: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    left_alone: 0,
    duplicate: 0,
    invalid: 0,
    ignoredColumns: [],
  };
  const seen = openSeenKeys();
  const dueAt = memoizeDue(request.at);
  const flush = async (lines: CsvLine[]) => {
    for (const fate of await importBatch(request, lines, seen, dueAt)) {
      report.lines++;
      report[fate.fate]++;
      request.onLine?.(fate);
    }
    // SQLite answers at once, so that nothing else would let the event loop turn: what is freed there
    // (finished statements) would pile up, and a server would stand still.
    await setImmediate();
  };
  let batch: CsvLine[] = [];
  try {
    const lines = readCsvLines(request.input, ({ ignored }) => {
      report.ignoredColumns = ignored;
    });
    for await (const line of lines) {
      batch.push(line);
      if (batch.length < batchLines) continue;
      const full = batch;
      batch = [];
      await flush(full);
    }
  } finally {
    // Also what came before the place where a file breaks.
    if (batch.length > 0) await flush(batch);
    seen.close();
  }
  return report;
}

/** A line that can be applied. */
interface Readable {
  line: CsvLine;
  address: Address;
  input: SettingsInput;
  /** Null: the cell is empty. */
  slugs: string[] | null;
}

type NewOne = SubscriberFields & { topicIds: number[]; slugs: string[] };

function importBatch(
  { db, defaults, at, hashAddress }: ImportRequest,
  lines: CsvLine[],
  seen: SeenKeys,
  dueAt: (settings: Settings) => number,
): Promise<LineFate[]> {
  const read = lines.map((line) => readLine(line, seen));
  const good = read.filter((one) => 'address' in one);
  return atomically(db, async (trx) => {
    const existing = new Map(
      (
        await findSubscribersByKeys(
          trx,
          good.map(({ address }) => address.key),
        )
      ).map((one) => [one.emailKey, one]),
    );
    const live = await findSubscribedTopics(
      trx,
      [...existing.values()].map(({ id }) => id),
    );
    const slugs = new Set(good.flatMap((one) => one.slugs ?? []));
    const topics = await findOpenTopics(trx, [...slugs]);
    const hashes = good
      .filter(({ address }) => !existing.has(address.key))
      .map(({ address }) => hashAddress(address.key));
    const suppressed = await findSuppressed(trx, hashes);
    const former = await findFormerAddresses(trx, hashes);
    const added: NewOne[] = [];
    const results: LineFate[] = [];
    for (const one of read) {
      if (!('address' in one)) results.push(one);
      else {
        const subscriber = existing.get(one.address.key);
        const applied = subscriber
          ? await applyToExisting(trx, one, subscriber, live.get(subscriber.id) ?? [], topics, at)
          : (leaveAlone(suppressed.get(hashAddress(one.address.key))) ??
            leaveFormer(former.has(hashAddress(one.address.key))) ??
            prepareNew(one, topics, defaults, at, dueAt, added));
        results.push({ line: one.line.line, email: one.line.cells.email ?? null, ...applied });
      }
    }
    await keepNew(trx, added, at);
    return results;
  });
}

function readLine(line: CsvLine, seen: SeenKeys): Readable | LineFate {
  const { email, topics, timezone, time, days, max_papers } = line.cells;
  const refuse = (message: string, fate: Fate = 'invalid') => ({
    line: line.line,
    email: email ?? null,
    fate,
    message,
  });
  if (email === undefined) return refuse('The address is missing.');
  if (line.tooMany) return refuse('The line has more cells than the header has columns.');
  // What the file's encoding could not say; it would be mailed to another address.
  if (email.includes('\uFFFD')) return refuse('The address is not UTF-8. Save the file as UTF-8.');
  const parsed = parseAddress(unguardFormula(email));
  if (!parsed.ok) return refuse(parsed.message);
  const first = seen.firstLine(parsed.address.key, line.line);
  if (first !== null) return refuse(`The same address as in line ${first}, which counts.`, 'duplicate');
  const slugs = topics === undefined ? null : topics.split(/[;,|\s]+/).filter(Boolean);
  return { line, address: parsed.address, input: { timezone, time, days, maxPapers: max_papers }, slugs };
}

type Applied = Pick<LineFate, 'fate' | 'message'>;

function invalid(messages: string[]): Applied {
  return { fate: 'invalid', message: messages.join(' ') };
}

function unknownTopics(slugs: string[] | null, topics: Map<string, SubscribedTopic>): string[] {
  return [...new Set(slugs)]
    .filter((slug) => !topics.has(slug))
    .map((slug) => `There is no topic “${slug}”.`);
}

/** What the topics are called now. */
function currentSlugs(slugs: string[] | null, topics: Map<string, SubscribedTopic>): Set<string> {
  return new Set(slugs?.flatMap((slug) => topics.get(slug)?.slug ?? []));
}

function leaveAlone(suppression: Suppression | undefined): Applied | null {
  if (!suppression) return null;
  return { fate: 'left_alone', message: `Suppressed (${describeSuppression(suppression)}), left alone.` };
}

function leaveFormer(isFormer: boolean): Applied | null {
  if (!isFormer) return null;
  return { fate: 'left_alone', message: 'A subscriber has moved away from this address, left alone.' };
}

function prepareNew(
  { address, input, slugs }: Readable,
  topics: Map<string, SubscribedTopic>,
  defaults: DigestDefaults,
  at: number,
  dueAt: (settings: Settings) => number,
  added: NewOne[],
): Applied {
  const { settings, problems } = readSettings(input, defaultSettings(defaults));
  const messages = [...problems.map(({ message }) => message), ...unknownTopics(slugs, topics)];
  if (messages.length > 0) return invalid(messages);
  added.push({
    ...settings,
    email: address.email,
    emailKey: address.key,
    status: 'active',
    nextDueAt: dueAt(settings),
    createdAt: at,
    updatedAt: at,
    topicIds: (slugs ?? []).flatMap((slug) => topics.get(slug)?.id ?? []),
    slugs: [...currentSlugs(slugs, topics)].sort(),
  });
  return { fate: 'added', message: null };
}

async function keepNew(db: Db, added: NewOne[], at: number): Promise<void> {
  const ids = await insertSubscribers(
    db,
    added.map(({ topicIds: _, slugs: __, ...fields }) => fields),
  );
  const pairs = added.flatMap(({ topicIds }, index) =>
    topicIds.map((topicId) => ({ subscriberId: ids[index] ?? Number.NaN, topicId })),
  );
  for (let start = 0; start < pairs.length; start += 2_000)
    await startSubscriptions(db, pairs.slice(start, start + 2_000), at);
  await insertAuditEntries(
    db,
    added.map((one, index) => ({
      ...{ act: 'import', kind: 'subscriber', id: ids[index] ?? Number.NaN, at },
      ...{ before: null, after: subscriberSnapshot(one, one.slugs) },
    })),
  );
}

async function applyToExisting(
  db: Db,
  { input, slugs }: Readable,
  was: Subscriber,
  live: SubscribedTopic[],
  topics: Map<string, SubscribedTopic>,
  at: number,
): Promise<Applied> {
  if (was.status === 'unsubscribed') return { fate: 'left_alone', message: 'Unsubscribed, left alone.' };
  const { settings, problems } = readSettings(input, was);
  const messages = [...problems.map(({ message }) => message), ...unknownTopics(slugs, topics)];
  if (messages.length > 0) return invalid(messages);
  const wanted = currentSlugs(slugs, topics);
  const has = new Set(live.map(({ slug }) => slug));
  const addTopics = [...wanted].filter((slug) => !has.has(slug));
  const removeTopics = slugs
    ? live.filter((topic) => topic.visibility === 'public' && !wanted.has(topic.slug)).map(({ slug }) => slug)
    : [];
  const same =
    settings.timezone === was.timezone &&
    settings.digestTime === was.digestTime &&
    settings.days.join() === was.days.join() &&
    settings.maxPapers === was.maxPapers;
  if (same && addTopics.length === 0 && removeTopics.length === 0)
    return { fate: 'unchanged', message: null };
  const edited = await editSubscriber(db, was.id, { ...input, addTopics, removeTopics }, at, 'import');
  return edited.ok
    ? { fate: 'updated', message: null }
    : invalid(edited.problems.map(({ message }) => message));
}

/** Most of a list has few schedules: each is computed once. */
function memoizeDue(at: number): (settings: Settings) => number {
  const known = new Map<string, number>();
  return (settings) => {
    const key = `${settings.timezone} ${settings.digestTime} ${settings.days.join()}`;
    const due = known.get(key) ?? nextDueAt(settings, at);
    if (known.size < 10_000) known.set(key, due);
    return due;
  };
}
