import type { Store } from '../store/store.ts';
import {
  countLiveSuppressions,
  countSubscribersByStatus,
  loadLateness,
  loadQueue,
  loadSourceStandings,
  loadTallies,
  readFileSizes,
  type Tally,
} from '../store/watch.ts';

/** One number at an instant. Label values are enumerated: never an address, a topic or a server's words. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** A measure by its Prometheus name (https://prometheus.io/docs/practices/naming/). */
export interface Measure {
  name: string;
  kind: 'counter' | 'gauge';
  help: string;
  samples: Sample[];
}

export interface MeasureDeps {
  store: Store;
  /** Epoch ms. */
  now: number;
  /** Sources that are asked; others that once were are left out. */
  sources: readonly string[];
  alerts: readonly { cause: string }[];
  /** Of the disk that the database is on; null: not known. */
  diskFreeBytes: number | null;
}

/** What the database tells, for all processes that work on it together: some ten ms for millions of deliveries. */
export async function takeMeasures(deps: MeasureDeps): Promise<Measure[]> {
  const { db } = deps.store;
  const tallies = await loadTallies(db, deps.now);
  return [
    ...countDeliveries(tallies),
    ...(await measureQueue(deps)),
    ...(await measureSources(deps)),
    gauge(
      'paperboy_subscribers',
      'Subscribers by status.',
      (await countSubscribersByStatus(db)).map(({ status, count }) => of(count, { status })),
    ),
    gauge('paperboy_suppressions', 'Addresses that are not mailed because of what came back, or by hand.', [
      of(await countLiveSuppressions(db)),
    ]),
    counter(
      'paperboy_bounces_total',
      'Bounces, complaints and delivery reports that were kept, by class.',
      tallies.filter(({ what }) => what === 'bounce').map((one) => of(one.total, { class: one.reason })),
    ),
    ...measureFile(deps),
    gauge(
      'paperboy_alert_standing',
      '1 for each thing that is wrong and stands; `paperboy alerts list` tells more.',
      deps.alerts.map(({ cause }) => of(1, { cause })),
    ),
  ];
}

function countDeliveries(tallies: readonly Tally[]): Measure[] {
  const totals = (what: Tally['what']) => tallies.filter((one) => one.what === what);
  const sum = (what: Tally['what']) => [of(totals(what).reduce((all, one) => all + one.total, 0))];
  const byReason = (what: Tally['what']) => totals(what).map(({ reason, total }) => of(total, { reason }));
  return [
    counter('paperboy_digests_due_total', 'Digests that came due and were planned or skipped.', sum('due')),
    counter(
      'paperboy_digests_sent_total',
      'Digests that the mail server accepted, or that are known to have arrived.',
      sum('sent'),
    ),
    counter('paperboy_digests_failed_total', 'Digests that failed for good, by reason.', byReason('failed')),
    counter(
      'paperboy_digests_skipped_total',
      'Digests that were not to be sent, by reason.',
      byReason('skipped'),
    ),
    counter(
      'paperboy_digests_uncertain_total',
      'Digests of which it was not known whether the server took them, by reason; once resolved they count again.',
      byReason('uncertain'),
    ),
  ];
}

async function measureQueue({ store: { db }, now }: MeasureDeps): Promise<Measure[]> {
  const queue = await loadQueue(db, now);
  const lateness = await loadLateness(db, now);
  const waiting = [queue.oldestDueAt, queue.oldestOpenDueAt].filter((at) => at !== null);
  return [
    gauge('paperboy_subscribers_due', 'Subscribers whose digest is due and not planned yet.', [
      of(queue.due),
    ]),
    gauge(
      'paperboy_queue_deliveries',
      'Deliveries that are not ended, by state: ready, later (waiting for another try), claimed, sending.',
      (['ready', 'later', 'claimed', 'sending'] as const).map((state) => of(queue[state], { state })),
    ),
    gauge('paperboy_uncertain_deliveries', 'Deliveries that are uncertain now.', [of(queue.uncertain)]),
    gauge(
      'paperboy_digest_lateness_seconds',
      'How long after it was due the digest that was sent last was sent; absent before the first.',
      lateness ? [of(lateness.latestLateMs / 1000)] : [],
    ),
    gauge(
      'paperboy_digest_lateness_day_max_seconds',
      'The longest such time of the last 24 hours.',
      lateness && lateness.mostLateMs !== null ? [of(lateness.mostLateMs / 1000)] : [],
    ),
    gauge(
      'paperboy_digest_sent_timestamp_seconds',
      'When a digest was sent last.',
      lateness ? [of(lateness.latestAt / 1000)] : [],
    ),
    gauge(
      'paperboy_digest_waiting_seconds',
      'How long after it was due the digest is that waits longest, planned or not; 0 when none waits.',
      [of(waiting.length === 0 ? 0 : Math.max(0, now - Math.min(...waiting)) / 1000)],
    ),
  ];
}

const sourceStates = ['fresh', 'waiting', 'late', 'failing'] as const;

async function measureSources({ store: { db }, now, sources }: MeasureDeps): Promise<Measure[]> {
  const known = (await loadSourceStandings(db)).filter(({ source }) => sources.includes(source));
  const age = (at: number | null, source: string) =>
    at === null ? [] : [of(Math.max(0, now - at) / 1000, { source })];
  return [
    gauge(
      'paperboy_source_success_age_seconds',
      'Since when the source has not answered to the end.',
      known.flatMap((one) => age(one.lastSuccessAt, one.source)),
    ),
    gauge(
      'paperboy_source_new_paper_age_seconds',
      'Since when nothing came from the source that it had not told of before.',
      known.flatMap((one) => age(one.lastNewAt, one.source)),
    ),
    gauge(
      'paperboy_source_state',
      '1 for the state the source was in when it was asked last, 0 for the others.',
      known.flatMap(({ source, state: current }) =>
        sourceStates.map((state) => of(state === current ? 1 : 0, { source, state })),
      ),
    ),
  ];
}

function measureFile({ store, diskFreeBytes }: MeasureDeps): Measure[] {
  const sizes = readFileSizes(store);
  return [
    gauge('paperboy_database_bytes', 'Size of the database file.', [of(sizes.fileBytes)]),
    gauge('paperboy_database_wal_bytes', 'Size of its -wal file.', [of(sizes.walBytes)]),
    gauge('paperboy_database_free_bytes', 'Bytes within the file that nothing is in.', [of(sizes.freeBytes)]),
    gauge(
      'paperboy_disk_free_bytes',
      'Room left on the disk that the database is on.',
      diskFreeBytes === null ? [] : [of(diskFreeBytes)],
    ),
  ];
}

const of = (value: number, labels: Record<string, string> = {}): Sample => ({ value, labels });

function counter(name: string, help: string, samples: Sample[]): Measure {
  return { name, kind: 'counter', help, samples };
}

function gauge(name: string, help: string, samples: Sample[]): Measure {
  return { name, kind: 'gauge', help, samples };
}
