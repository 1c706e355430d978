import {
  type ClaimedDelivery,
  type Ending,
  type LastLook,
  markSending,
  recordEndings,
} from '../store/ledger.ts';
import type { Db } from '../store/store.ts';

/** The two writes around an attempt, committed together with those of the other connections. */
export interface GroupCommit {
  /** Resolves once `sending` is committed, or with what the last look found instead. */
  begin(delivery: ClaimedDelivery): Promise<LastLook>;
  /** Records how it ended; in the commit at once after. Rejects never: a failed commit rejects `settled`. */
  end(ending: Ending): void;
  /** Resolves when everything given to `end` is committed. Rejects when a commit failed. */
  settled(): Promise<void>;
}

/**
 * One transaction per turn of the event loop instead of two per message: each connection asks for its next
 * `begin` right after its last `end`, so both go into one commit, and a commit (an fsync) is shared by all
 * connections that are between two messages. No more deliveries are ever `sending` than there are connections.
 */
export function createGroupCommit(db: Db, worker: string, now: () => number): GroupCommit {
  let begins: {
    delivery: ClaimedDelivery;
    resolve: (look: LastLook) => void;
    reject: (error: unknown) => void;
  }[] = [];
  let endings: Ending[] = [];
  let flushing: Promise<void> | null = null;
  let failure: unknown = null;

  async function flush(): Promise<void> {
    // One turn: replies that arrived together are recorded together.
    await new Promise(setImmediate);
    while (begins.length > 0 || endings.length > 0) {
      const nowBegins = begins;
      const nowEndings = endings;
      begins = [];
      endings = [];
      try {
        const looks = await db.transaction().execute(async (trx) => {
          await recordEndings(trx, worker, now(), nowEndings);
          return nowBegins.length === 0
            ? new Map<number, LastLook>()
            : await markSending(
                trx,
                worker,
                now(),
                nowBegins.map((one) => one.delivery),
              );
        });
        for (const one of nowBegins) one.resolve(looks.get(one.delivery.id) ?? 'gone');
      } catch (error) {
        failure ??= error;
        for (const one of nowBegins) one.reject(error);
      }
    }
  }

  function wake(): void {
    flushing ??= flush().finally(() => {
      flushing = null;
    });
  }

  return {
    begin(delivery) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        begins.push({ delivery, resolve, reject });
        wake();
      });
    },
    end(ending) {
      endings.push(ending);
      wake();
    },
    async settled() {
      while (flushing) await flushing;
      if (failure) throw failure;
    },
  };
}
