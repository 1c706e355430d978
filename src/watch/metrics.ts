import { dirname } from 'node:path';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { AttemptListener } from '../mail/attempts.ts';
import { listAlerts } from '../store/alerts.ts';
import { readFreeBytes } from '../store/disk.ts';
import type { Store } from '../store/store.ts';
import { type Measure, takeMeasures } from './measures.ts';

export interface MetricsDeps {
  store: Store;
  clock: Clock;
  config: { readonly sources: Pick<Config['sources'], 'enabled'> };
  version: string;
  /** Calls back for every message this process hands to the mail server. */
  onAttempt: (listener: AttemptListener) => void;
}

export interface Metrics {
  readonly contentType: string;
  /** In Prometheus' text format. What the database tells is missing, and `paperboy_database_up` 0, when it cannot be read. */
  read(): Promise<string>;
}

/** From a relay next door to one that thinks for a minute about each message. */
const latencyBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What `/metrics` shows: this process (its own numbers, SMTP as it went here) and the database. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const { store, clock } = deps;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'paperboy_build_info',
    help: 'The version.',
    labelNames: ['version'],
    registers: [registry],
  })
    .labels({ version: deps.version })
    .set(1);
  const latency = new Histogram({
    name: 'paperboy_smtp_duration_seconds',
    help: 'From handing a message to an open connection to its end, by outcome: sent, retry, failed, uncertain, stop.',
    labelNames: ['outcome'],
    buckets: latencyBuckets,
    registers: [registry],
  });
  deps.onAttempt(({ outcome, durationMs }) => latency.observe({ outcome }, durationMs / 1000));
  const up = new Gauge({
    name: 'paperboy_database_up',
    help: '1 when the database can be read.',
    registers: [registry],
  });

  async function look(): Promise<Measure[]> {
    try {
      return await takeMeasures({
        store,
        now: clock.now(),
        sources: deps.config.sources.enabled,
        alerts: await listAlerts(store.db, { standing: true }),
        diskFreeBytes: findFreeBytes(store.file),
      });
    } catch {
      return [];
    }
  }

  return {
    contentType: registry.contentType,
    async read() {
      const measures = await look();
      up.set(measures.length > 0 ? 1 : 0);
      return `${await registry.metrics()}\n${await write(measures)}`;
    },
  };
}

/** Made anew each time: what has no value is absent, where a metric that was reset would say 0. */
async function write(measures: readonly Measure[]): Promise<string> {
  const registry = new Registry();
  for (const { name, kind, help, samples } of measures) {
    const labelNames = Object.keys(samples[0]?.labels ?? {});
    if (samples.length === 0) continue;
    const metric = new (kind === 'counter' ? Counter : Gauge)({
      name,
      help,
      labelNames,
      registers: [registry],
    });
    for (const { labels, value } of samples) metric.inc(labels, value);
  }
  return await registry.metrics();
}

function findFreeBytes(file: string): number | null {
  try {
    return readFreeBytes(dirname(file));
  } catch {
    return null;
  }
}
