import type { ReadyDelivery } from './ready.ts';

interface Shelf {
  domain: string;
  /** From `position` on they wait, in order. */
  waiting: { order: number; ready: ReadyDelivery }[];
  position: number;
  underWay: number;
}

/** A domain whose turn it is. */
export interface Turn {
  readonly domain: string;
  readonly underWay: number;
}

/** Claimed deliveries by recipient domain, in memory: some hundreds. */
export interface Shelves {
  put(ready: readonly ReadyDelivery[]): void;
  /** The domain with the fewest under way of those that wait and have room, then the one that has waited longest. */
  next(): Turn | null;
  /** The first that waits there; it is under way from now on, until `done`. */
  take(turn: Turn): ReadyDelivery;
  done(taken: ReadyDelivery): void;
  /** Domains with deliveries that wait. */
  domains(): string[];
  waits(domain: string): boolean;
  /** Takes those that wait there and fulfil a condition away. */
  drop(domain: string, isDropped: (ready: ReadyDelivery) => boolean): void;
  held(): number;
  clear(): void;
}

/** `room`: how many may be under way to a domain at once. */
export function createShelves(room: (domain: string) => number): Shelves {
  const shelves = new Map<string, Shelf>();
  let held = 0;
  let order = 0;

  const isEmpty = (shelf: Shelf) => shelf.position >= shelf.waiting.length;

  function shelfOf(domain: string): Shelf {
    let shelf = shelves.get(domain);
    if (!shelf) {
      shelf = { domain, waiting: [], position: 0, underWay: 0 };
      shelves.set(domain, shelf);
    }
    return shelf;
  }

  function tidy(shelf: Shelf): void {
    if (!isEmpty(shelf)) return;
    shelf.waiting = [];
    shelf.position = 0;
    if (shelf.underWay === 0) shelves.delete(shelf.domain);
  }

  const orderOf = (shelf: Shelf) => shelf.waiting[shelf.position]?.order ?? Number.POSITIVE_INFINITY;

  return {
    put(ready) {
      for (const one of ready)
        shelfOf(domainOf(one.delivery.email)).waiting.push({ order: order++, ready: one });
      held += ready.length;
    },
    next() {
      let best: Shelf | null = null;
      for (const shelf of shelves.values()) {
        if (isEmpty(shelf) || shelf.underWay >= room(shelf.domain)) continue;
        const isBetter =
          best === null ||
          shelf.underWay < best.underWay ||
          (shelf.underWay === best.underWay && orderOf(shelf) < orderOf(best));
        if (isBetter) best = shelf;
      }
      return best;
    },
    take({ domain }) {
      const shelf = shelfOf(domain);
      const next = shelf.waiting[shelf.position];
      if (!next) throw new Error('taken from an empty shelf');
      shelf.position++;
      shelf.underWay++;
      held--;
      tidy(shelf);
      return next.ready;
    },
    done({ delivery }) {
      const shelf = shelfOf(domainOf(delivery.email));
      shelf.underWay--;
      tidy(shelf);
    },
    domains: () => [...shelves.values()].filter((shelf) => !isEmpty(shelf)).map((shelf) => shelf.domain),
    waits(domain) {
      const shelf = shelves.get(domain);
      return shelf !== undefined && !isEmpty(shelf);
    },
    drop(domain, isDropped) {
      const shelf = shelfOf(domain);
      const waiting = shelf.waiting.slice(shelf.position);
      shelf.waiting = waiting.filter(({ ready }) => !isDropped(ready));
      shelf.position = 0;
      held -= waiting.length - shelf.waiting.length;
      tidy(shelf);
    },
    held: () => held,
    clear() {
      for (const shelf of [...shelves.values()]) {
        shelf.waiting = [];
        tidy(shelf);
      }
      held = 0;
    },
  };
}

/** Of an address as it is kept: lower-case punycode. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}
