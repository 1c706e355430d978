import type { Clock } from '../clock.ts';
import type { Transport } from '../mail/transport.ts';
import { type ClaimedDelivery, claimDeliveries } from '../store/ledger.ts';
import { deferDomain } from '../store/slow-domains.ts';
import type { Store } from '../store/store.ts';
import type { ReadyDelivery } from './ready.ts';
import { createShelves, domainOf } from './shelves.ts';
import type { SlowDomains } from './slow-domains.ts';

export interface QueueDeps {
  store: Pick<Store, 'db'>;
  clock: Clock;
  transport: Pick<Transport, 'concurrency'>;
  /** Reads what a page of claimed deliveries holds; building is left to the connection that sends it. */
  ready: (deliveries: ClaimedDelivery[]) => Promise<ReadyDelivery[]>;
  /** At most so many deliveries are claimed. */
  limit?: number;
  /** At most so many at once to one domain; null: as many as there are, while no other domain waits. */
  domainConnections?: number | null;
}

/** What one worker has claimed and not yet begun. */
export interface Queue {
  /** The next one whose domain has room; waits for room. Null: nothing is left. Give it back with `done`. */
  take(): Promise<ReadyDelivery | null>;
  /** What was taken is over, whatever became of it. */
  done(taken: ReadyDelivery): void;
  /** Puts off everything that is ready for a domain until its pause is over. */
  putOff(domain: string): Promise<void>;
  /** Claimed and not yet taken. */
  held(): number;
  close(): void;
}

/** Such a look is worth more than a page. */
const lookSize = 400;
/** Looking for other domains behind a large one reads past all of its deliveries: it may take one part in so many. */
const lookShare = 100;

/**
 * Claims a page at a time, a few for each connection, so that little is held by one process. Hands out by domain, the
 * one with the fewest messages under way first: a domain that answers slowly keeps its share of the connections busy and
 * no more, unless nobody else waits.
 */
export function createQueue(deps: QueueDeps, worker: string, slow: SlowDomains): Queue {
  const { concurrency } = deps.transport;
  const pageSize = Math.max(20, Math.min(200, concurrency * 4));
  /** From so many on, a domain gets another connection only after a look for others. */
  const share = Math.max(1, Math.floor(concurrency / 4));
  const shelves = createShelves((domain) =>
    Math.min(deps.domainConnections ?? concurrency, slow.connections(domain)),
  );
  let left = deps.limit ?? Number.MAX_SAFE_INTEGER;
  let filling: Promise<void> | null = null;
  /** To no other domain was anything ready; believed for a while, and as long as these wait here. */
  let nothingBut = { domains: [] as string[], untilMs: 0 };
  let closed = false;
  let wake = Promise.withResolvers<void>();

  const mayFind = () =>
    shelves.held() === 0 ||
    performance.now() >= nothingBut.untilMs ||
    nothingBut.domains.some((domain) => !shelves.waits(domain));

  async function fill(): Promise<void> {
    await slow.refresh();
    for (const domain of shelves.domains()) if (slow.pause(domain)) await putOff(domain);
    const from = performance.now();
    const others = shelves.domains();
    const limit = Math.min(others.length === 0 ? pageSize : lookSize, left);
    const claimed = await claimDeliveries(deps.store.db, worker, deps.clock.now(), limit, others);
    left -= claimed.length;
    if (claimed.length < limit) {
      const to = performance.now();
      nothingBut = { domains: others, untilMs: to + (to - from) * lookShare };
    }
    if (claimed.length === 0 && others.length === 0) closed = true;
    // What makes mails takes a second to load: not for nothing.
    if (claimed.length > 0) shelves.put(await deps.ready(claimed));
    for (const domain of new Set(claimed.map(({ email }) => domainOf(email))))
      if (slow.pause(domain)) await putOff(domain);
  }

  async function putOff(domain: string): Promise<void> {
    const pause = slow.pause(domain);
    if (!pause) return;
    const now = deps.clock.now();
    const given = await deferDomain(deps.store.db, {
      worker,
      domain,
      now,
      until: pause.pausedUntil,
      detail: `${domain} asked us to slow down: ${pause.reply}`.slice(0, 500),
    });
    left += given;
    // What has expired stays: it fails without a word to anybody.
    shelves.drop(domain, ({ delivery }) => delivery.expiresAt > now);
  }

  return {
    async take() {
      for (;;) {
        if (closed && shelves.held() === 0) return null;
        const next = shelves.next();
        if ((next === null || next.underWay >= share) && left > 0 && !closed && mayFind()) {
          filling ??= fill().finally(() => {
            filling = null;
          });
          await filling;
        } else if (next) return shelves.take(next);
        else if (shelves.held() === 0) return null;
        else await wake.promise;
      }
    },
    done(taken) {
      shelves.done(taken);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    putOff,
    held: () => shelves.held(),
    close() {
      closed = true;
      shelves.clear();
      wake.resolve();
    },
  };
}
