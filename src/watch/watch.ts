import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { Notice } from '../mail/notice.ts';
import type { Outcome } from '../mail/transport.ts';
import { giveBackAlerts, listAlerts, takeAlerts } from '../store/alerts.ts';
import { readFreeBytes } from '../store/disk.ts';
import type { Store } from '../store/store.ts';
import {
  countWaitingSince,
  findLongestWaiting,
  loadQueue,
  loadSourceStandings,
  loadTallies,
} from '../store/watch.ts';
import { writeAlertMail } from './alert-mail.ts';
import { type Log, withoutAddresses } from './log-lines.ts';
import { end, isReported, raise } from './reports.ts';
import { findSilences } from './silence.ts';
import { findTroubles, overdueMs, type WatchFacts } from './troubles.ts';

export interface WatchDeps {
  store: Store;
  /** Epoch ms. */
  now: number;
  config: {
    readonly watch: Pick<Config['watch'], 'adminEmail'>;
    readonly web: Pick<Config['web'], 'publicUrl'>;
    readonly sources: Pick<Config['sources'], 'enabled'>;
  };
  log: Log;
  /** Never rejects for what a mail server does. */
  sendNotice: (notice: Notice) => Promise<Outcome>;
  freeBytes?: (folder: string) => number;
}

const hourMs = 3_600_000;

/** For so long it may pass by itself before anybody is mailed. */
const patienceMs: Record<string, number> = {
  'sending_stopped:unreachable': hourMs,
  'sending_stopped:unavailable': hourMs,
  'stage_failed:deliver': hourMs,
  'stage_failed:ingest': hourMs,
  'stage_failed:bounces': hourMs,
  'stage_failed:bounce_mailbox': hourMs,
  // Somebody may be at work on them.
  templates_refused: hourMs,
};

/** What became of the mail: `none` when there was nothing to tell, or nobody to tell it to. */
export type Told = 'none' | 'sent' | 'uncertain' | 'failed';

/**
 * Looks at how things go, keeps what is wrong in the table of alerts and mails the admin about what nobody was mailed
 * about today. Any number of processes may do so at once. Rejects only when the database fails.
 */
export async function watchOver(deps: WatchDeps): Promise<Told> {
  await noticeTroubles(deps);
  return await tellAdmin(deps);
}

async function noticeTroubles({ store, now, config, log, freeBytes }: WatchDeps): Promise<void> {
  const facts = await gatherFacts(store, now, config.sources.enabled, freeBytes);
  const troubles = findTroubles(facts);
  for (const trouble of troubles) await raise(store.db, trouble, now, log);
  const { due, ready, later, claimed, sending } = facts.queue;
  const idle = due + ready + later + claimed + sending === 0;
  for (const { cause } of await listAlerts(store.db, { standing: true })) {
    const stands = isReported(cause)
      ? // Nothing is left to be sent: there is no next try that could end it.
        !(idle && cause.startsWith('sending_stopped:'))
      : troubles.some((one) => one.cause === cause);
    if (!stands) await end(store.db, cause, now, log);
  }
}

/** What findTroubles judges by. `sources`: those that are asked. */
export async function gatherFacts(
  store: Store,
  now: number,
  sources: readonly string[],
  freeBytes: (folder: string) => number = readFreeBytes,
): Promise<WatchFacts> {
  const { db } = store;
  const queue = await loadQueue(db, now);
  const isLate = queue.oldestOpenDueAt !== null && queue.oldestOpenDueAt <= now - overdueMs;
  const longest = isLate ? await findLongestWaiting(db) : null;
  const standings = await loadSourceStandings(db);
  return {
    now,
    queue,
    overdue: isLate ? await countWaitingSince(db, now - overdueMs) : 0,
    longestWaiting: longest && {
      ...longest,
      detail: longest.detail === null ? null : withoutAddresses(longest.detail),
    },
    tallies: await loadTallies(db, now),
    silent: findSilences(standings.filter(({ source }) => sources.includes(source))),
    diskFreeBytes: store.file === ':memory:' ? null : findFreeBytes(dirname(store.file), freeBytes),
  };
}

function findFreeBytes(folder: string, freeBytes: (folder: string) => number): number | null {
  try {
    return freeBytes(folder);
  } catch {
    return null;
  }
}

async function tellAdmin({ store: { db }, now, config, log, sendNotice }: WatchDeps): Promise<Told> {
  const to = config.watch.adminEmail;
  if (to === null) return 'none';
  const ripe = (await listAlerts(db, { standing: true })).filter(
    // Raised in the future: by a clock that was wrong.
    ({ cause, raised_at: at }) => at > now || now - at >= (patienceMs[cause] ?? 0),
  );
  const taken = await takeAlerts(
    db,
    ripe.map(({ cause }) => cause),
    now,
  );
  if (taken.length === 0) return 'none';
  const causes = taken.map(({ cause }) => cause);
  let outcome: Outcome;
  try {
    outcome = await sendNotice({ to, ...writeAlertMail(taken, config.web.publicUrl) });
  } catch (error) {
    await giveBackAlerts(db, taken);
    log.error({ causes, err: error }, 'the admin could not be mailed; it is tried again later');
    return 'failed';
  }
  const { kind, reply } = outcome;
  if (kind === 'sent') {
    log.info({ causes }, 'the admin was mailed');
    return 'sent';
  }
  const line = { causes, phase: reply.phase, code: reply.code, reply: withoutAddresses(reply.text, to) };
  // It may have arrived, and once a day is enough.
  if (kind === 'uncertain') {
    log.warn(line, 'the admin may have been mailed or not');
    return 'uncertain';
  }
  await giveBackAlerts(db, taken);
  log.error(line, 'the admin could not be mailed; it is tried again later');
  return 'failed';
}
