import type { Why } from '../../delivery/why.ts';
import type { BounceEntry } from '../../store/bounces.ts';
import type { DeliveryEntry } from '../../store/deliveries.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import type { SubscribedTopic } from '../../store/subscriptions.ts';
import type { Suppression } from '../../store/suppressions.ts';
import type {
  BounceDocument,
  DeliveryDocument,
  SubscriberDocument,
  SuppressionTold,
  WhyDocument,
} from '../desk.ts';

/** What the API says of the same, without the weight of its schemas: no command needs to wait for those. */
export function subscriberDocument(
  subscriber: Subscriber,
  topics: readonly SubscribedTopic[],
): SubscriberDocument {
  const { id, email, status, timezone, digestTime: time, days, maxPapers, locale, quietMail } = subscriber;
  const { resumeDate, nextDueAt, createdAt, updatedAt } = subscriber;
  return {
    ...{ id, email, status, timezone, time, days, maxPapers, locale, quietMail, resumeDate },
    nextDueAt: iso(nextDueAt),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    topics: topics.map(({ slug }) => slug),
  };
}

export function deliveryDocument(entry: DeliveryEntry): DeliveryDocument {
  return {
    ...entry,
    dueAt: iso(entry.dueAt),
    plannedAt: iso(entry.plannedAt),
    nextAttemptAt: iso(entry.nextAttemptAt),
    sendingAt: iso(entry.sendingAt),
    endedAt: iso(entry.endedAt),
    resentAt: iso(entry.resentAt),
  };
}

export function bounceDocument({ occurredAt, recordedAt, ...rest }: BounceEntry): BounceDocument {
  return { ...rest, occurredAt: iso(occurredAt), recordedAt: iso(recordedAt) };
}

export function suppressionTold(suppression: Suppression | null): SuppressionTold | null {
  if (!suppression) return null;
  const { reason, note, createdAt } = suppression;
  return { reason, note, since: iso(createdAt) };
}

/** Why somebody did or did not get a digest on a day. */
export function whyDocument(email: string, why: Why): WhyDocument {
  const { date, outcome, reason, sentence, dueAt, delivery } = why;
  return {
    ...{ email, date, outcome, reason, sentence, dueAt: iso(dueAt) },
    delivery: delivery && deliveryDocument(delivery),
    returned: why.outcome === 'none' ? [] : why.returned.map(bounceDocument),
  };
}

export function iso(at: number): string;
export function iso(at: number | null): string | null;
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
