import type { StopCause, Transport } from '../mail/transport.ts';
import type { ClaimedDelivery, Ending } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';
import type { GroupCommit, GroupCommitDeps, Refusal } from './group-commit.ts';
import type { Pace } from './pace.ts';
import type { Queue, QueueDeps } from './queue.ts';
import type { Recovery, UncertainPolicy } from './recover.ts';
import type { SlowDomains } from './slow-domains.ts';

export interface SendDeps extends QueueDeps, Pick<GroupCommitDeps, 'hashAddress' | 'recordRefusals'> {
  store: Pick<Store, 'db' | 'file'>;
  transport: Transport;
  pace: Pace;
  /** `hold` when absent. */
  uncertain?: UncertainPolicy;
  /** Aborted on SIGTERM: what is on its way is ended and recorded, nothing new is begun. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Told the id of the run's row as soon as it has one. */
  onRun?: (sendRunId: number) => void;
  /** Told how each attempt ended, just before that is recorded. */
  onEnding?: (delivery: ClaimedDelivery, ending: Ending) => void;
}

export interface SendCounts {
  sent: number;
  retry: number;
  failed: number;
  uncertain: number;
  skipped: number;
}

export interface SendReport extends SendCounts {
  /** Null: nothing was waiting, and the run has no row. */
  sendRunId: number | null;
  recovered: Recovery;
  /** Why the run ended before the queue was empty; null when it was not cut short. */
  stopped: { cause: StopCause | 'unavailable' | 'signal'; message: string } | null;
}

/** What the connections of one run share. */
export interface Run {
  deps: SendDeps;
  counts: SendCounts;
  queue: Queue;
  commit: GroupCommit;
  slow: SlowDomains;
  stopped: SendReport['stopped'];
  stopping: AbortController;
  /** Settles when the run stops: connections that are still being set up are not waited for. */
  halted: Promise<'halted'>;
  policyRefusals: number;
  silences: number;
}

/** Records how an attempt ended; `count` null: it does not count. */
export type End = (count: keyof SendCounts | null, ending: Ending, refusal?: Refusal) => void;
