import type { StoredPaper } from '../../../src/papers/paper.ts';
import type { Store } from '../../../src/store/store.ts';
import { monday } from '../../subscribers/people.ts';
import { storedPaper } from '../../support/papers.ts';
import { insertPaper } from '../../support/store.ts';

const note = JSON.stringify({
  ...{ topics: ['About agents'], terms: ['agents'], changes: [], rising: false },
  ...{ percentile: 0.9, relevance: 0.8, score: 0.7 },
});

/** A digest of these papers that this subscriber was mailed; papers that are known already are not added again. */
export async function mailDigest(
  store: Store,
  subscriberId: number,
  papers: (Partial<StoredPaper> & { id: number })[],
  facts: { editionDate?: string; status?: 'sent' | 'pending' | 'uncertain' } = {},
): Promise<number> {
  const { editionDate = '2026-06-22', status = 'sent' } = facts;
  const isKnown = store.raw.prepare('SELECT 1 FROM papers WHERE id = ?');
  for (const paper of papers) if (!isKnown.get(paper.id)) await insertPaper(store, storedPaper(paper));
  const run = store.raw.prepare('INSERT INTO plan_runs (at, started_at) VALUES (?, ?)').run(monday, monday);
  const noted = store.raw
    .prepare('INSERT INTO paper_notes (plan_run_id, note) VALUES (?, ?)')
    .run(run.lastInsertRowid, note);
  const { lastInsertRowid } = store.raw
    .prepare(
      `INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, next_attempt_at, expires_at, ended_at)
       VALUES (@subscriberId, @runId, @editionDate, @status, @reason, @messageId, @monday, @monday, @next, @expiresAt, @ended)`,
    )
    .run({
      ...{ subscriberId, runId: run.lastInsertRowid, editionDate, status, monday },
      reason: status === 'uncertain' ? 'no_reply' : null,
      messageId: `<${subscriberId}.${editionDate}@test>`,
      next: status === 'pending' ? monday : null,
      expiresAt: monday + 86_400_000,
      ended: status === 'pending' ? null : monday,
    });
  papers.forEach((paper, position) => {
    store.raw
      .prepare('INSERT INTO delivery_papers VALUES (?, ?, ?, ?, NULL, ?, NULL)')
      .run(lastInsertRowid, position, subscriberId, paper.id, noted.lastInsertRowid);
  });
  return Number(lastInsertRowid);
}
