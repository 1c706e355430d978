import type { HashAddress } from '../mail/address-hash.ts';
import type { Reply } from '../mail/transport.ts';
import {
  type ClaimedDelivery,
  type Ending,
  type LastLook,
  markSending,
  recordEndings,
} from '../store/ledger.ts';
import type { Db } from '../store/store.ts';

/** A recipient whom the server refused: counted against the address in the transaction that records the failure. */
export interface Refusal {
  deliveryId: number;
  email: string;
  reply: Reply;
}

export interface GroupCommitDeps {
  db: Db;
  worker: string;
  now: () => number;
  hashAddress: HashAddress;
  recordRefusals: (db: Db, refusals: readonly Refusal[]) => Promise<void>;
}

/** The two writes around an attempt, committed together with those of the other connections. */
export interface GroupCommit {
  /** Resolves once `sending` is committed, or with what the last look found instead. */
  begin(delivery: ClaimedDelivery): Promise<LastLook>;
  /** Records how it ended; in the commit at once after. Rejects never: a failed commit rejects `settled`. */
  end(ending: Ending, refusal?: Refusal): void;
  /** Resolves when everything given to `end` is committed. Rejects when a commit failed. */
  settled(): Promise<void>;
}

/**
 * One transaction per turn of the event loop instead of two per message: each connection asks for its next
 * `begin` right after its last `end`, so both go into one commit, and a commit (an fsync) is shared by all
 * connections that are between two messages. No more deliveries are ever `sending` than there are connections.
 */
export function createGroupCommit(deps: GroupCommitDeps): GroupCommit {
  const { db, worker, now, hashAddress } = deps;
  let begins: {
    delivery: ClaimedDelivery;
    resolve: (look: LastLook) => void;
    reject: (error: unknown) => void;
  }[] = [];
  let endings: Ending[] = [];
  let refusals: Refusal[] = [];
  let flushing: Promise<void> | null = null;
  let failure: unknown = null;

  async function flush(): Promise<void> {
    // One turn: replies that arrived together are recorded together.
    await new Promise(setImmediate);
    while (begins.length > 0 || endings.length > 0) {
      const nowBegins = begins;
      const nowEndings = endings;
      const nowRefusals = refusals;
      begins = [];
      endings = [];
      refusals = [];
      try {
        const looks = await db.transaction().execute(async (trx) => {
          await recordEndings(trx, worker, now(), nowEndings);
          if (nowRefusals.length > 0) await deps.recordRefusals(trx, nowRefusals);
          return nowBegins.length === 0
            ? new Map<number, LastLook>()
            : await markSending(
                trx,
                worker,
                now(),
                nowBegins.map((one) => one.delivery),
                hashAddress,
              );
        });
        for (const one of nowBegins) one.resolve(looks.get(one.delivery.id) ?? 'gone');
      } catch (error) {
        failure ??= error;
        for (const one of nowBegins) one.reject(error);
      }
    }
    // In the turn that found nothing left: what a begin that was just answered ends with wakes it anew.
    flushing = null;
  }

  function wake(): void {
    flushing ??= flush();
  }

  return {
    begin(delivery) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        begins.push({ delivery, resolve, reject });
        wake();
      });
    },
    end(ending, refusal) {
      endings.push(ending);
      if (refusal) refusals.push(refusal);
      wake();
    },
    async settled() {
      while (flushing) await flushing;
      if (failure) throw failure;
    },
  };
}
