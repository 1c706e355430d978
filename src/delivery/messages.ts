import { type Digest, type DigestLinks, type DigestPaper, isMail, type Note } from '../digest/digest.ts';
import type { OutgoingMessage } from '../mail/transport.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { type FrozenPaper, findFrozenPapers, findNotes } from '../store/deliveries.ts';
import type { ClaimedDelivery } from '../store/ledger.ts';
import { findWithdrawnIds, loadPapersByIds } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import type { ReadyDelivery } from './ready.ts';

/** What of a delivery and its subscriber a mail is made of. */
export type Addressed = Pick<
  ClaimedDelivery,
  | 'id'
  | 'subscriberId'
  | 'linkEpoch'
  | 'editionDate'
  | 'messageId'
  | 'more'
  | 'occasion'
  | 'email'
  | 'locale'
  | 'timezone'
>;

/** The links of a subscriber's mail; those of the delivery itself once it is planned (its id is 0 until then). */
export type MakeLinks = (
  holder: Pick<Addressed, 'subscriberId' | 'linkEpoch'>,
  deliveryId: number,
) => DigestLinks;

export interface MessageDeps {
  db: Db;
  links: MakeLinks;
  compose: (delivery: Addressed, digest: Digest) => OutgoingMessage | Promise<OutgoingMessage>;
}

/** Papers and notes kept while sending: today's digests share them. */
const maxKept = 20_000;

/** Lists of papers kept: subscribers with the same topics share them, and with them what is rendered of them. */
const maxListsKept = 500;

/** What is kept from page to page of deliveries. */
export interface Kept {
  papers: Map<number, StoredPaper>;
  notes: Map<number, Note>;
  /** Frozen, by positions and the ids of their papers and notes. */
  lists: Map<string, PaperList>;
}

/** What a frozen delivery still shows, and which of its papers were withdrawn since it was planned. */
interface PaperList {
  shown: readonly DigestPaper[];
  withdrawn: readonly number[];
}

/** A frozen delivery, read. */
export interface FrozenDigest {
  digest: Digest;
  /** Ids of papers it was planned with and must not show any more. */
  withdrawn: readonly number[];
}

const keepNothing = (): Kept => ({ papers: new Map(), notes: new Map(), lists: new Map() });

/** Reads pages of claimed deliveries for `send`, papers and notes once however many digests hold them. */
export function createReader(deps: MessageDeps): (deliveries: ClaimedDelivery[]) => Promise<ReadyDelivery[]> {
  const kept = keepNothing();
  return async (deliveries) => {
    const digests = await readDigests(deps, deliveries, kept);
    return deliveries.map((delivery) => {
      const { digest, withdrawn } = digests.get(delivery.id) as FrozenDigest;
      return {
        delivery,
        withdrawn,
        build: isMail(digest) ? () => deps.compose(delivery, digest) : null,
      };
    });
  };
}

/**
 * The frozen digests of some deliveries, by delivery id; papers withdrawn since they were planned are left out.
 * Digests of the same papers and notes share one list, so that they are rendered together.
 */
export async function readDigests(
  deps: Pick<MessageDeps, 'db' | 'links'>,
  deliveries: readonly Addressed[],
  kept: Kept = keepNothing(),
): Promise<Map<number, FrozenDigest>> {
  const frozen = await findFrozenPapers(
    deps.db,
    deliveries.map((one) => one.id),
  );
  await keepPapers(
    deps.db,
    frozen.map((one) => one.paperId),
    kept,
  );
  await keepNotes(
    deps.db,
    frozen.map((one) => one.noteId),
    kept,
  );
  const byDelivery = Map.groupBy(frozen, (one) => one.deliveryId);
  return new Map(
    deliveries.map((delivery) => {
      const { shown, withdrawn } = listPapers(byDelivery.get(delivery.id) ?? [], kept);
      const digest: Digest = {
        editionDate: delivery.editionDate,
        locale: delivery.locale,
        timezone: delivery.timezone,
        occasion: delivery.occasion,
        papers: shown as DigestPaper[],
        more: delivery.more,
        links: deps.links(delivery, delivery.id),
      };
      return [delivery.id, { digest, withdrawn }];
    }),
  );
}

function listPapers(frozen: readonly FrozenPaper[], kept: Kept): PaperList {
  let key = '';
  for (const { position, paperId, noteId } of frozen) key += `${position}:${paperId}:${noteId} `;
  const known = kept.lists.get(key);
  if (known) return known;
  const shown: DigestPaper[] = [];
  const withdrawn: number[] = [];
  for (const { position, paperId, noteId } of frozen) {
    const paper = kept.papers.get(paperId);
    const note = kept.notes.get(noteId);
    if (paper && note && paper.withdrawnAt === null) shown.push({ position: position + 1, paper, note });
    else withdrawn.push(paperId);
  }
  if (kept.lists.size >= maxListsKept) kept.lists.clear();
  const list = { shown: Object.freeze(shown), withdrawn };
  kept.lists.set(key, list);
  return list;
}

async function keepPapers(db: Db, ids: number[], kept: Kept): Promise<void> {
  // A long run sees withdrawals that come while it is under way.
  for (const id of await findWithdrawnIds(db, [...new Set(ids)])) {
    if (kept.papers.get(id)?.withdrawnAt !== null) continue;
    kept.papers.delete(id);
    kept.lists.clear();
  }
  const missing = missingFrom(kept.papers, ids, kept);
  for (const [id, paper] of await loadPapersByIds(db, missing)) kept.papers.set(id, paper);
}

async function keepNotes(db: Db, ids: number[], kept: Kept): Promise<void> {
  const missing = missingFrom(kept.notes, ids, kept);
  for (const [id, note] of await findNotes(db, missing)) kept.notes.set(id, JSON.parse(note) as Note);
}

/** The ids that are not kept yet. Begins anew when too much is kept, so that memory stays flat. */
function missingFrom(known: Map<number, unknown>, ids: number[], kept: Kept): number[] {
  if (known.size > maxKept) {
    known.clear();
    kept.lists.clear();
  }
  const missing = new Set<number>();
  for (const id of ids) if (!known.has(id)) missing.add(id);
  return [...missing];
}
