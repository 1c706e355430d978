import type { Clock } from './clock.ts';
import { type Config, describeConfig, type Setting } from './config.ts';
import type { Lookups } from './doctor/ask.ts';
import { type Check, fail, messageOf } from './doctor/check.ts';
import { checkSettings } from './doctor/settings.ts';
import { checkState } from './doctor/state.ts';
import type { Transport } from './mail/transport.ts';
import type { Store } from './store/store.ts';

export type { Check } from './doctor/check.ts';

export interface DoctorResult {
  /** Redacted. */
  settings: readonly Setting[];
  secretKeyFile: string | null;
  checks: Check[];
}

export interface DoctorRequest {
  config: Config;
  store: Store;
  clock: Clock;
  /** Opens the configured transport; only asked to log in. */
  transport: () => Promise<Transport>;
  /** Who is asked for DNS records; nobody when absent. */
  lookups?: Lookups;
  /** Room on the disk that a folder is on; asked of the system when absent. */
  freeBytes?: (folder: string) => number;
}

/** Looks at everything that has to be right and says what is not, and what to do. Changes nothing. */
export async function runDoctor({
  config,
  store,
  clock,
  transport,
  lookups,
  freeBytes,
}: DoctorRequest): Promise<DoctorResult> {
  const checks = [
    ...(await checkSettings(config, transport, lookups)),
    ...(await checkState(config, store, clock.now(), freeBytes).catch((error: unknown) => [
      fail('database', messageOf(error), 'Restore a backup, or tell the developers.'),
    ])),
  ];
  return { settings: config.settings, secretKeyFile: config.secretKeyFile, checks };
}

/** The settings in effect, then a line for each check and, where there is one, what to do. */
export function formatDoctor({ settings, secretKeyFile, checks }: DoctorResult): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, message, fix }) => [
    `${status.padEnd(4)}  ${name.padEnd(width)}  ${message}`,
    ...(fix ? [`${' '.repeat(width + 8)}→ ${fix}`] : []),
  ]);
  return `${describeConfig({ settings, secretKeyFile, warnings: [] })}\n\n${lines.join('\n')}`;
}
