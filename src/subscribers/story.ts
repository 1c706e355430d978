import { type AuditEntry, listAudit } from '../store/audit-list.ts';
import { type BounceEntry, listBounces } from '../store/bounces.ts';
import { type DeliveryEntry, listDeliveries } from '../store/deliveries.ts';
import { type ListedFeedback, listFeedback } from '../store/feedback.ts';
import { type Consent, listConsents } from '../store/sign-ups.ts';
import type { Db } from '../store/store.ts';
import { listSubscriberEvents, type SubscriberEvent } from '../store/subscriber-events.ts';
import type { Subscriber } from '../store/subscribers.ts';
import { listSubscriptions, type PastSubscription } from '../store/subscriptions.ts';

/** What happened with somebody, as the rows tell; each part newest first. */
export interface Story {
  deliveries: DeliveryEntry[];
  /** The id that the next page of deliveries begins before; null: these were the last. */
  nextBefore: number | null;
  bounces: BounceEntry[];
  subscriptions: PastSubscription[];
  events: SubscriberEvent[];
  consents: Consent[];
  feedback: ListedFeedback[];
  changes: AuditEntry[];
}

/** How many of each are told; the rest is a page away, or of no use to anybody. */
const told = { deliveries: 20, other: 30 };

/** `beforeDelivery`: tells of the deliveries before this id. */
export async function loadStory(
  db: Db,
  { id, emailKey }: Subscriber,
  { beforeDelivery }: { beforeDelivery?: number | undefined } = {},
): Promise<Story> {
  const found = await listDeliveries(db, {
    subscriberId: id,
    limit: told.deliveries + 1,
    ...(beforeDelivery === undefined ? {} : { beforeId: beforeDelivery }),
  });
  const deliveries = found.slice(0, told.deliveries);
  const { entries } = await listAudit(db, { subject: 'subscriber', subjectId: id, limit: told.other });
  return {
    deliveries,
    nextBefore: found.length > told.deliveries ? (deliveries.at(-1)?.id ?? null) : null,
    bounces: await listBounces(db, { emailKey, limit: told.other }),
    subscriptions: await listSubscriptions(db, id, told.other),
    events: await listSubscriberEvents(db, id, told.other),
    consents: await listConsents(db, id, told.other),
    feedback: await listFeedback(db, id, { limit: told.other }),
    changes: entries,
  };
}
