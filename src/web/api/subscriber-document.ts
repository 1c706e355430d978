import { z } from '@hono/zod-openapi';
import { weekdays } from '../../digest/schedule.ts';
import { subscriberStatuses } from '../../store/schema.ts';
import type { Db } from '../../store/store.ts';
import { findSubscriber, type Subscriber } from '../../store/subscribers.ts';
import { findSubscribedTopics, type SubscribedTopic } from '../../store/subscriptions.ts';
import { maxPapersLimit } from '../../subscribers/fields.ts';
import { subscriberDocument } from './documents.ts';
import { etagOf } from './etag.ts';
import { ApiProblem } from './problem.ts';
import { date, id, instant } from './schemas.ts';

export const subscriberShape = {
  id,
  email: z.string(),
  status: z.enum(subscriberStatuses),
  timezone: z.string().openapi({ example: 'Europe/Berlin' }),
  time: z.string().openapi({ example: '08:00' }),
  days: z.array(z.enum(weekdays)),
  maxPapers: z.int().min(1).max(maxPapersLimit),
  locale: z.string(),
  quietMail: z.boolean().openapi({ description: 'A short mail comes also when there is nothing new.' }),
  resumeDate: date
    .nullable()
    .openapi({ description: 'While paused: from when on mail comes again by itself.' }),
  nextDueAt: instant.nullable().openapi({ description: 'When the next digest is due; null unless active.' }),
  createdAt: instant,
  updatedAt: instant,
  topics: z.array(z.string()).openapi({ description: 'Slugs.' }),
};
export const subscriberSchema = z.object(subscriberShape).openapi('Subscriber');
export type SubscriberDocument = z.infer<typeof subscriberSchema>;

/** A local time of day, and days of the week, as they are sent. */
export const timeText = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'Expected HH:MM from 00:00 to 23:59.')
  .openapi({ example: '08:00' });
export const dayList = z
  .array(z.enum(weekdays))
  .min(1)
  .max(7)
  .openapi({ example: ['mon', 'wed'] });

/** A subscriber with what they get. Throws ApiProblem. */
export async function findWhole(
  db: Db,
  subscriberId: number,
): Promise<{
  subscriber: Subscriber;
  topics: SubscribedTopic[];
  document: SubscriberDocument;
  etag: string;
}> {
  const subscriber = await findSubscriber(db, subscriberId);
  if (!subscriber) throw new ApiProblem('not-found', `There is no subscriber ${subscriberId}.`);
  const topics = (await findSubscribedTopics(db, [subscriberId])).get(subscriberId) ?? [];
  const document = subscriberDocument(subscriber, topics);
  return { subscriber, topics, document, etag: etagOfSubscriber(document) };
}

export function etagOfSubscriber(document: SubscriberDocument): string {
  // When the next one is due moves on by itself.
  const { nextDueAt: _due, updatedAt: _at, ...editable } = document;
  return etagOf(editable);
}
