import { setImmediate } from 'node:timers/promises';
import type { DigestDefaults } from '../config.ts';
import { nextDueAt } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { insertAuditEntries } from '../store/audit.ts';
import { subscriberSnapshot } from '../store/audit-snapshot.ts';
import { findFormerAddresses } from '../store/former-addresses.ts';
import { openSeenKeys, type SeenKeys } from '../store/seen-keys.ts';
import type { Db } from '../store/store.ts';
import {
  atomically,
  findSubscribersByKeys,
  insertSubscribers,
  type NewSubscriberFields,
  type Subscriber,
} from '../store/subscribers.ts';
import {
  findOpenTopics,
  findSubscribedTopics,
  type SubscribedTopic,
  startSubscriptions,
} from '../store/subscriptions.ts';
import {
  findSuppressed,
  insertSuppressions,
  type NewSuppression,
  type Suppression,
} from '../store/suppressions.ts';
import { type ColumnMap, chooseColumns } from './csv-columns.ts';
import { type CsvHeader, type CsvLine, readCsvLines } from './csv-lines.ts';
import { defaultSettings, readSettings, type Settings } from './fields.ts';
import { type Fate, type LineFate, type ReadableLine, readLine, slugOf } from './import-line.ts';
import { editSubscriber } from './subscribers.ts';
import { describeSuppression } from './suppressed.ts';

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
  /** What the columns mean; left out: as their names say. Throws AddressListError. */
  choose?: (header: readonly string[]) => ColumnMap;
  /** Slugs for those who are new and whose line names no topic. */
  newTopics?: readonly string[];
  /** Tells what would become of each line and keeps nothing. */
  dryRun?: boolean;
  onHeader?: (header: CsvHeader) => void;
  /** Told of each line in the file's order, once what it says is kept. */
  onLine?: (line: LineFate) => void;
}

const batchLines = 500;

/**
 * Adds and updates subscribers from an address list (csv-lines.ts), a batch of lines per transaction. A
 * filled cell is how it shall be: `topics` names all public topics the subscriber gets from now on. An
 * empty cell leaves a subscriber as they are, and a new one gets the default. The status of who is there is never
 * changed; who is new and left the list's sender is remembered as such, so that no other list brings them back.
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
    kept_out: 0,
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
    const onHeader = (header: CsvHeader) => {
      report.ignoredColumns = header.ignored;
      request.onHeader?.(header);
    };
    const lines = readCsvLines(request.input, onHeader, request.choose ?? ((names) => chooseColumns(names)));
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

export type { Fate, LineFate } from './import-line.ts';
export { fates } from './import-line.ts';

/** Carries the fates of a dry run out of the transaction that is taken back. */
class TakenBack {
  readonly fates: LineFate[];
  constructor(fates: LineFate[]) {
    this.fates = fates;
  }
}

async function importBatch(
  request: ImportRequest,
  lines: CsvLine[],
  seen: SeenKeys,
  dueAt: (settings: Settings) => number,
): Promise<LineFate[]> {
  if (!request.dryRun) return await applyBatch(request, lines, seen, dueAt);
  try {
    return await request.db.transaction().execute(async (db) => {
      throw new TakenBack(await applyBatch({ ...request, db }, lines, seen, dueAt));
    });
  } catch (taken) {
    if (taken instanceof TakenBack) return taken.fates;
    throw taken;
  }
}

type NewOne = NewSubscriberFields & { topicIds: number[]; slugs: string[] };

/** Who is new in a batch of lines, and who is to be kept out. */
interface Gathered {
  added: NewOne[];
  barred: NewSuppression[];
}

function applyBatch(
  { db, defaults, at, hashAddress, newTopics = [] }: ImportRequest,
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
    const topics = await findNamedTopics(trx, [...newTopics, ...good.flatMap((one) => one.slugs ?? [])]);
    const hashes = good
      .filter(({ address }) => !existing.has(address.key))
      .map(({ address }) => hashAddress(address.key));
    const suppressed = await findSuppressed(trx, hashes);
    const former = await findFormerAddresses(trx, hashes);
    const gathered: Gathered = { added: [], barred: [] };
    const results: LineFate[] = [];
    for (const one of read) {
      if (!('address' in one)) results.push(one);
      else {
        const subscriber = existing.get(one.address.key);
        const applied = subscriber
          ? await applyToExisting(trx, one, subscriber, live.get(subscriber.id) ?? [], topics, at)
          : (leaveAlone(suppressed.get(hashAddress(one.address.key))) ??
            leaveFormer(former.has(hashAddress(one.address.key))) ??
            prepareNew(one, topics, { defaults, at, dueAt, newTopics, hashAddress }, gathered));
        results.push({ line: one.line.line, email: one.line.cells.email ?? null, ...applied });
      }
    }
    await keepNew(trx, gathered.added, at);
    await insertSuppressions(trx, gathered.barred);
    return results;
  });
}

type Applied = Pick<LineFate, 'fate' | 'message'>;

function invalid(messages: string[]): Applied {
  return { fate: 'invalid', message: messages.join(' ') };
}

/** By slug, or by the name of a list written as one; what has spaces and is neither, may be several slugs. */
async function findNamedTopics(db: Db, names: readonly string[]): Promise<Map<string, SubscribedTopic[]>> {
  const distinct = [...new Set(names)];
  const words = (name: string) => name.split(/\s+/);
  const open = await findOpenTopics(db, [
    ...new Set(distinct.flatMap((name) => [name, slugOf(name), ...words(name)])),
  ]);
  return new Map(
    distinct.flatMap((name) => {
      const one = open.get(name) ?? open.get(slugOf(name));
      const several = words(name).map((word) => open.get(word));
      const found = one ? [one] : several.filter((topic) => topic !== undefined);
      return one || found.length === several.length ? [[name, found] as const] : [];
    }),
  );
}

function unknownTopics(names: readonly string[], topics: Map<string, SubscribedTopic[]>): string[] {
  return [...new Set(names)]
    .filter((name) => !topics.has(name))
    .map((name) => `There is no topic “${name.slice(0, 80)}”.`);
}

/** What is meant, by the slugs that the topics have now. */
function namedTopics(names: readonly string[], topics: Map<string, SubscribedTopic[]>) {
  return new Map(names.flatMap((name) => topics.get(name) ?? []).map((topic) => [topic.slug, topic]));
}

function leaveAlone(suppression: Suppression | undefined): Applied | null {
  if (!suppression) return null;
  return { fate: 'left_alone', message: `Suppressed (${describeSuppression(suppression)}), left alone.` };
}

function leaveFormer(isFormer: boolean): Applied | null {
  if (!isFormer) return null;
  return { fate: 'left_alone', message: 'A subscriber has moved away from this address, left alone.' };
}

interface Means extends Pick<ImportRequest, 'defaults' | 'at' | 'hashAddress'> {
  dueAt: (settings: Settings) => number;
  newTopics: readonly string[];
}

function prepareNew(
  { address, input, slugs, standing, standingWord }: ReadableLine,
  topics: Map<string, SubscribedTopic[]>,
  { defaults, at, dueAt, newTopics, hashAddress }: Means,
  { added, barred }: Gathered,
): Applied {
  if (standing === 'unconfirmed')
    return { fate: 'left_alone', message: 'Has not confirmed that they want mail.' };
  if (standing === 'barred') {
    const note = `the imported list says ${standingWord}`;
    const addressHash = hashAddress(address.key);
    barred.push({ addressHash, reason: 'imported', origin: 'import', note, bounceId: null, createdAt: at });
    return { fate: 'kept_out', message: `The list says ${standingWord}: suppressed.` };
  }
  const leaves = standing === 'unsubscribed';
  // What somebody wanted who gets nothing need not be right.
  const names = leaves ? [] : (slugs ?? newTopics);
  const { settings, problems } = readSettings(leaves ? {} : input, defaultSettings(defaults));
  const messages = [...problems.map(({ message }) => message), ...unknownTopics(names, topics)];
  if (messages.length > 0) return invalid(messages);
  const wanted = namedTopics(names, topics);
  added.push({
    ...settings,
    email: address.email,
    emailKey: address.key,
    addressHash: hashAddress(address.key),
    status: standing,
    nextDueAt: standing === 'active' ? dueAt(settings) : null,
    createdAt: at,
    updatedAt: at,
    topicIds: [...wanted.values()].map(({ id }) => id),
    slugs: [...wanted.keys()].sort(),
  });
  if (leaves)
    return { fate: 'kept_out', message: `The list says ${standingWord}: remembered as unsubscribed.` };
  return { fate: 'added', message: standing === 'paused' ? `The list says ${standingWord}: paused.` : null };
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
  { input, slugs, standing, standingWord }: ReadableLine,
  was: Subscriber,
  live: SubscribedTopic[],
  topics: Map<string, SubscribedTopic[]>,
  at: number,
): Promise<Applied> {
  if (was.status === 'unsubscribed') return { fate: 'left_alone', message: 'Unsubscribed, left alone.' };
  if (standing === 'unsubscribed' || standing === 'barred')
    return {
      fate: 'left_alone',
      message: `The list says ${standingWord}; they are ${was.status} here and stay so.`,
    };
  const { settings, problems } = readSettings(input, was);
  const messages = [...problems.map(({ message }) => message), ...unknownTopics(slugs ?? [], topics)];
  if (messages.length > 0) return invalid(messages);
  const wanted = new Set(namedTopics(slugs ?? [], topics).keys());
  const has = new Set(live.map(({ slug }) => slug));
  const addTopics = [...wanted].filter((slug) => !has.has(slug));
  const removeTopics = slugs
    ? live.filter((topic) => topic.visibility === 'public' && !wanted.has(topic.slug)).map(({ slug }) => slug)
    : [];
  const same =
    settings.timezone === was.timezone &&
    settings.digestTime === was.digestTime &&
    settings.days.join() === was.days.join() &&
    settings.maxPapers === was.maxPapers &&
    settings.locale === was.locale &&
    settings.quietMail === was.quietMail;
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
