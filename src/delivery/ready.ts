import type { OutgoingMessage } from '../mail/transport.ts';
import type { ClaimedDelivery } from '../store/ledger.ts';

/** A claimed delivery that can be turned into a message. `build` is null when none of its papers is left. */
export interface ReadyDelivery {
  delivery: ClaimedDelivery;
  /** Ids of papers it was planned with and does not show any more; released when it ends. */
  withdrawn?: readonly number[];
  build: (() => OutgoingMessage | Promise<OutgoingMessage>) | null;
}
