import type { Topic } from '../topics/topic.ts';
import { atomically } from './atomically.ts';
import { audited } from './audit.ts';
import type { Db } from './store.ts';
import { keepAlias, moveAliases } from './topic-aliases.ts';
import { findTopicBySlug } from './topics.ts';

export type MergeResult =
  /** `moved` people got the other topic instead; `had` both already. */
  { ok: true; from: Topic; into: Topic; moved: number; had: number } | { ok: false; message: string };

/**
 * Puts one public topic into another: whoever gets the one gets the other from now on, once. The one is archived; its
 * subscriptions end (`merged`) and stay as history, as do the digests that name it, and its slug means the other in
 * links and address lists. `at`: epoch ms.
 */
export function mergeTopics(db: Db, fromSlug: string, intoSlug: string, at: number): Promise<MergeResult> {
  return atomically(db, async (trx) => {
    const from = await findTopicBySlug(trx, fromSlug);
    const into = await findTopicBySlug(trx, intoSlug);
    const problem = refuse(from, fromSlug) ?? refuse(into, intoSlug);
    if (problem !== null || !from || !into) return { ok: false, message: problem ?? '' };
    if (from.id === into.id) return { ok: false, message: `“${from.slug}” cannot be merged into itself.` };
    const merge = { act: 'merge', kind: 'topic', at } as const;
    return await audited(trx, { ...merge, id: into.id, noted: { mergedFrom: from.slug } }, () =>
      audited(trx, { ...merge, id: from.id, noted: { mergedInto: into.slug } }, async () => {
        const moved = await moveSubscriptions(trx, from.id, into.id, at);
        const { numUpdatedRows } = await trx
          .updateTable('subscriptions')
          .set({ ended_at: at, ended_reason: 'merged' })
          .where('topic_id', '=', from.id)
          .where('ended_at', 'is', null)
          .executeTakeFirst();
        await trx
          .updateTable('topics')
          .set({ archived_at: at, updated_at: at })
          .where('id', '=', from.id)
          .execute();
        await moveAliases(trx, from.id, into.id);
        await keepAlias(trx, from.slug, into.id, at);
        return { ok: true, from, into, moved, had: Number(numUpdatedRows) - moved };
      }),
    );
  });
}

/** Begins the one topic for all who get the other and not yet both; returns how many. */
async function moveSubscriptions(db: Db, fromId: number, intoId: number, at: number): Promise<number> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('subscriptions')
    .columns(['subscriber_id', 'topic_id', 'created_at'])
    .expression((eb) =>
      eb
        .selectFrom('subscriptions')
        .select((one) => ['subscriber_id', one.val(intoId).as('topic_id'), one.val(at).as('created_at')])
        .where('topic_id', '=', fromId)
        .where('ended_at', 'is', null),
    )
    .onConflict((conflict) =>
      conflict.columns(['subscriber_id', 'topic_id']).where('ended_at', 'is', null).doNothing(),
    )
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n);
}

function refuse(topic: Topic | null, slug: string): string | null {
  if (!topic) return `There is no topic “${slug.slice(0, 80)}”.`;
  if (topic.visibility === 'private')
    return `“${topic.slug}” is one subscriber's own topic; only public ones are merged.`;
  return topic.archivedAt === null ? null : `“${topic.slug}” is archived; bring it back first.`;
}
