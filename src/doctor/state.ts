import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import { isTimezone } from '../digest/schedule.ts';
import { summariseFreshness } from '../sources/freshness.ts';
import { listAdmins } from '../store/admins.ts';
import { listAlerts } from '../store/alerts.ts';
import { readFreeBytes } from '../store/disk.ts';
import { findCorruption, type Health, loadHealth, tryWriting } from '../store/health.ts';
import { loadSlowDomains, type SlowDomain } from '../store/slow-domains.ts';
import { explainSqliteFailure } from '../store/sqlite-failure.ts';
import type { Store } from '../store/store.ts';
import { countTimezones } from '../store/subscribers.ts';
import { type Check, fail, messageOf, ok, warn } from './check.ts';
import { checkPrivate } from './settings.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Below this the disk may be full before somebody looks again. */
const scarceBytes = 100e6;

/** Checks of the database and of what it tells; `now`: epoch ms, `freeBytes`: of the disk that a folder is on. */
export async function checkState(
  config: Config,
  store: Store,
  now: number,
  freeBytes: (folder: string) => number = readFreeBytes,
): Promise<Check[]> {
  const onDisk = store.file === ':memory:' ? [] : [checkSpace(dirname(store.file), freeBytes)];
  const database = checkDatabase(store);
  if (database.status === 'fail') return [database, ...onDisk];
  const health = await loadHealth(store);
  return [
    database,
    ...onDisk,
    ...(store.file === ':memory:' ? [] : [checkPrivate('database file', store.file)]),
    ...(await checkSources(config, store, health, now)),
    checkClock(health, now),
    await checkTimezones(store),
    await checkAdmins(config, store, now),
    checkTopics(health),
    checkSubscribers(health),
    checkSchedule(health, now),
    checkDeliveries(health),
    checkDomains(await loadSlowDomains(store.db, now - dayMs), now),
    ...(await checkAlerts(store)),
  ];
}

/** Who may use the admin's pages, and whether what they type can be read on the way. */
async function checkAdmins({ admin, web }: Config, store: Store, now: number): Promise<Check> {
  const added = (await listAdmins(store.db, now)).filter(({ fromSetting }) => !fromSetting);
  const number = added.length + (admin.password === null ? 0 : 1);
  if (number === 0)
    return ok('admins', 'none yet: `paperboy admins add EMAIL` lets one sign in to the pages');
  const { hostname, protocol } = new URL(web.publicUrl);
  if (protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname))
    return warn(
      'admins',
      `${web.publicUrl}/admin is not https: passwords and sessions can be read on the way`,
      'Serve it over https and set PUBLIC_URL so.',
    );
  return ok('admins', `${number === 1 ? 'one' : number}, at ${web.publicUrl}/admin`);
}

function checkDatabase(store: Store): Check {
  try {
    const corruption = findCorruption(store);
    if (corruption)
      return fail(
        'database',
        `${store.file} is damaged: ${corruption}`,
        'Stop Paperboy and restore a backup: `paperboy restore FILE`.',
      );
    tryWriting(store);
    return ok('database', `${store.file} is whole and can be written`);
  } catch (error) {
    const failure = explainSqliteFailure(error, store.file);
    return failure
      ? fail('database', failure.wrong, failure.remedy)
      : fail('database', messageOf(error), `See that ${store.file} and its folder can be written.`);
  }
}

function checkSpace(folder: string, freeBytes: (folder: string) => number): Check {
  const fix =
    'Make room, or move the database to a larger disk: nothing can be planned or sent on a full one.';
  try {
    const free = freeBytes(folder);
    const shown = `${Math.floor(free / 1e6).toLocaleString('en')} MB free at ${folder}`;
    return free < scarceBytes ? warn('disk space', shown, fix) : ok('disk space', shown);
  } catch (error) {
    return warn('disk space', `cannot be told: ${messageOf(error)}`, 'See that the disk has room.');
  }
}

async function checkSources(
  { sources }: Config,
  store: Store,
  health: Health,
  now: number,
): Promise<Check[]> {
  if (sources.enabled.length === 0)
    return [
      health.papers > 0
        ? ok('sources', `none is asked; ${health.papers} papers`)
        : warn('sources', 'none is asked and there are no papers', 'Set SOURCES, or ingest files.'),
    ];
  const freshness = await summariseFreshness(store.db, { now, sources: sources.enabled });
  return sources.enabled.map((name) => {
    const own = freshness.filter((one) => one.source === name);
    const whole = own.find((one) => one.category === '');
    const title = `source ${name}`;
    if (!whole) return warn(title, 'never asked so far', `paperboy ingest --source ${name}`);
    if (whole.state === 'failing')
      return fail(
        title,
        whole.detail,
        'See whether it can be reached from here; it is asked again by itself.',
      );
    const late = own.filter((one) => one.state === 'late' || one.state === 'failing');
    const worst = whole.state === 'late' ? whole : late[0];
    if (worst) return warn(title, worst.detail, 'It is asked again by itself; nothing is lost.');
    return ok(title, whole.detail);
  });
}

/** A clock that ran ahead has left traces in the future; until then nothing would be due in its order. */
function checkClock({ lastPlanAt, lastIngestAt }: Health, now: number): Check {
  const latest = Math.max(lastPlanAt ?? 0, lastIngestAt ?? 0);
  const shown = new Date(now).toISOString();
  if (latest <= now + 5 * 60_000) return ok('clock', shown);
  return warn(
    'clock',
    `it is ${shown}, but papers were fetched or digests planned at ${new Date(latest).toISOString()}`,
    'Set the clock of this machine; after trials with --at in the future, use another database.',
  );
}

async function checkTimezones(store: Store): Promise<Check> {
  const all = await countTimezones(store.db);
  const unknown = all.filter(({ timezone }) => !isTimezone(timezone));
  if (unknown.length === 0) return ok('time zones', `all ${all.length} in use are known`);
  const named = unknown.slice(0, 5).map(({ timezone, count }) => `${timezone} (${count} subscribers)`);
  return fail(
    'time zones',
    `unknown to this Node: ${named.join(', ')}`,
    'Update Node, or give these subscribers another time zone.',
  );
}

function checkTopics({ publicTopics }: Health): Check {
  if (publicTopics > 0) return ok('topics', `${publicTopics} public`);
  return warn('topics', 'there are none to subscribe to', 'paperboy topics add SLUG --name N --query Q');
}

function checkSubscribers({ active, withoutTopics }: Health): Check {
  if (active === 0)
    return warn('subscribers', 'nobody is active', 'paperboy subscribers add EMAIL --topic SLUG');
  if (withoutTopics === 0) return ok('subscribers', `${active} active`);
  return warn(
    'subscribers',
    `${withoutTopics} of ${active} active have no topic and get nothing`,
    'paperboy subscribers edit EMAIL --topic SLUG',
  );
}

function checkSchedule({ oldestDueAt, oldestReadyAt }: Health, now: number): Check {
  const waiting = Math.min(oldestDueAt ?? now, oldestReadyAt ?? now);
  if (now - waiting < hourMs) return ok('schedule', 'no digest is overdue');
  return warn(
    'schedule',
    `digests wait since ${new Date(waiting).toISOString()}`,
    'Run `paperboy serve`, or `paperboy run` from a cron.',
  );
}

function checkDeliveries({ uncertain }: Health): Check {
  if (uncertain === 0) return ok('deliveries', 'none is uncertain');
  return warn(
    'deliveries',
    `${uncertain} ${uncertain === 1 ? 'is' : 'are'} uncertain: the connection was lost before the reply`,
    'paperboy deliveries list --status uncertain; then paperboy deliveries resolve ID sent|pending|failed',
  );
}

/** A recipient domain that asks us to slow down is not wrong, but who waits for their digest may ask. */
function checkDomains(slow: readonly SlowDomain[], now: number): Check {
  const paused = slow.filter(({ pausedUntil }) => pausedUntil > now && pausedUntil < now + 2 * hourMs);
  if (paused.length === 0) return ok('domains', 'none is paused');
  const named = paused
    .slice(0, 5)
    .map((one) => `${one.domain} until ${new Date(one.pausedUntil).toISOString()} (${one.reply})`);
  return warn(
    'domains',
    `${paused.length} asked us to slow down: ${named.join('; ').slice(0, 1000)}`,
    'It is tried again by itself; `paperboy domains list` shows all, `paperboy domains release DOMAIN` ends a pause.',
  );
}

/** What was noticed while the program ran and stands. */
async function checkAlerts(store: Store): Promise<Check[]> {
  const standing = await listAlerts(store.db, { standing: true });
  if (standing.length === 0) return [ok('alerts', 'none stands')];
  return standing.map(({ cause, message, raised_at }) =>
    warn(
      `alert ${cause}`,
      `${message.split('\n')[0]} (noticed ${new Date(raised_at).toISOString()})`,
      'paperboy alerts list',
    ),
  );
}
