import { atomically } from '../store/atomically.ts';
import { findDigestPaper, mailedStatuses } from '../store/deliveries.ts';
import { endFeedback, type Feedback, findFeedback, saveFeedback, type Verdict } from '../store/feedback.ts';
import type { Db } from '../store/store.ts';

/** A paper of a digest that one can say something about, and what is said of it now. */
export interface FeedbackSubject {
  subscriberId: number;
  paperId: number;
  title: string;
  /** Null: nothing. */
  choice: Feedback | null;
}

/**
 * What stands at a place of a delivery that was sent. `position` counts from 1, as in the mail's links. Null: there is
 * no such paper, or the digest was never mailed.
 */
export async function findSubject(
  db: Db,
  deliveryId: number,
  position: number,
): Promise<FeedbackSubject | null> {
  const found = await findDigestPaper(db, deliveryId, position - 1);
  if (!found || !mailedStatuses.includes(found.status)) return null;
  const { subscriberId, paperId, title } = found;
  return { subscriberId, paperId, title, choice: await findFeedback(db, subscriberId, paperId) };
}

/** What was said, and what of the same paper before that. */
export type RecordedFeedback =
  | { ok: true; subject: FeedbackSubject; before: Verdict | null }
  | { ok: false; reason: 'unknown' };

/**
 * Keeps that its reader wants more, or less, like a paper of a digest; what they said of it before is replaced. Saying
 * it again changes nothing. `position` counts from 1. `at`: epoch ms.
 */
export function recordFeedback(
  db: Db,
  given: { deliveryId: number; position: number; verdict: Verdict },
  at: number,
): Promise<RecordedFeedback> {
  const { deliveryId, position, verdict } = given;
  return atomically(db, async (trx) => {
    const subject = await findSubject(trx, deliveryId, position);
    if (!subject) return { ok: false, reason: 'unknown' };
    const { subscriberId, paperId, choice } = subject;
    if (choice?.verdict !== verdict)
      await saveFeedback(trx, { subscriberId, paperId, deliveryId, verdict, createdAt: at });
    return {
      ok: true,
      subject: { ...subject, choice: await findFeedback(trx, subscriberId, paperId) },
      before: choice?.verdict ?? null,
    };
  });
}

/** Takes back what a subscriber said of a paper, or of all. Returns how many choices that were. */
export function removeFeedback(
  db: Db,
  subscriberId: number,
  paperId: number | 'all',
  at: number,
): Promise<number> {
  return endFeedback(db, subscriberId, paperId, at);
}
