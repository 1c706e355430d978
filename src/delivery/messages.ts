import type { Digest, DigestLinks, DigestPaper, Note } from '../digest/digest.ts';
import type { OutgoingMessage } from '../mail/transport.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { findFrozenPapers, findNotes } from '../store/deliveries.ts';
import type { ClaimedDelivery } from '../store/ledger.ts';
import { loadPapersByIds } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import type { ReadyDelivery } from './send.ts';

/** What of a delivery and its subscriber a mail is made of. */
export type Addressed = Pick<
  ClaimedDelivery,
  'id' | 'subscriberId' | 'editionDate' | 'messageId' | 'more' | 'email' | 'locale' | 'timezone'
>;

export interface MessageDeps {
  db: Db;
  links: (subscriberId: number) => DigestLinks;
  compose: (delivery: Addressed, digest: Digest) => OutgoingMessage;
}

/** Papers and notes kept while sending: today's digests share them. */
const maxKept = 20_000;

/** Reads pages of claimed deliveries for `send`, papers and notes once however many digests hold them. */
export function createReader(deps: MessageDeps): (deliveries: ClaimedDelivery[]) => Promise<ReadyDelivery[]> {
  const papers = new Map<number, StoredPaper>();
  const notes = new Map<number, Note>();
  return async (deliveries) => {
    const digests = await readDigests(deps, deliveries, papers, notes);
    return deliveries.map((delivery) => {
      const digest = digests.get(delivery.id);
      return {
        delivery,
        build: digest && digest.papers.length > 0 ? () => deps.compose(delivery, digest) : null,
      };
    });
  };
}

/** The frozen digests of some deliveries, by delivery id; papers withdrawn since they were planned are left out. */
export async function readDigests(
  deps: Pick<MessageDeps, 'db' | 'links'>,
  deliveries: readonly Addressed[],
  papers: Map<number, StoredPaper> = new Map(),
  notes: Map<number, Note> = new Map(),
): Promise<Map<number, Digest>> {
  const frozen = await findFrozenPapers(
    deps.db,
    deliveries.map((one) => one.id),
  );
  await keepPapers(
    deps.db,
    frozen.map((one) => one.paperId),
    papers,
  );
  await keepNotes(
    deps.db,
    frozen.map((one) => one.noteId),
    notes,
  );
  const byDelivery = Map.groupBy(frozen, (one) => one.deliveryId);
  return new Map(
    deliveries.map((delivery) => {
      const shown: DigestPaper[] = [];
      for (const { paperId, noteId } of byDelivery.get(delivery.id) ?? []) {
        const paper = papers.get(paperId);
        const note = notes.get(noteId);
        if (paper && note && paper.withdrawnAt === null) shown.push({ paper, note });
      }
      const digest: Digest = {
        editionDate: delivery.editionDate,
        locale: delivery.locale,
        timezone: delivery.timezone,
        papers: shown,
        more: delivery.more,
        links: deps.links(delivery.subscriberId),
      };
      return [delivery.id, digest];
    }),
  );
}

async function keepPapers(db: Db, ids: number[], kept: Map<number, StoredPaper>): Promise<void> {
  for (const [id, paper] of await loadPapersByIds(db, missingFrom(kept, ids))) kept.set(id, paper);
}

async function keepNotes(db: Db, ids: number[], kept: Map<number, Note>): Promise<void> {
  for (const [id, note] of await findNotes(db, missingFrom(kept, ids)))
    kept.set(id, JSON.parse(note) as Note);
}

/** The ids that are not kept yet. Begins anew when too much is kept, so that memory stays flat. */
function missingFrom(kept: Map<number, unknown>, ids: number[]): number[] {
  if (kept.size > maxKept) kept.clear();
  return [...new Set(ids)].filter((id) => !kept.has(id));
}
