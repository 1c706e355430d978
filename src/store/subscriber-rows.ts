import type { Selectable } from 'kysely';
import { parseDays, weekdays } from '../digest/schedule.ts';
import type { NewSubscriberRow, SubscribersTable } from './schema.ts';
import type { Subscriber, SubscriberFields } from './subscribers.ts';

export function toSubscriber(row: Selectable<SubscribersTable>): Subscriber {
  return {
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    status: row.status,
    timezone: row.timezone,
    digestTime: row.digest_time,
    days: parseDays(row.days) ?? [...weekdays],
    maxPapers: row.max_papers,
    locale: row.locale,
    quietMail: row.quiet_mail === 1,
    linkEpoch: row.link_epoch,
    resumeDate: row.resume_date,
    resumeAt: row.resume_at,
    nextDueAt: row.next_due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toRow(subscriber: SubscriberFields): NewSubscriberRow {
  return {
    email: subscriber.email,
    email_key: subscriber.emailKey,
    status: subscriber.status,
    timezone: subscriber.timezone,
    digest_time: subscriber.digestTime,
    days: subscriber.days.join(','),
    max_papers: subscriber.maxPapers,
    locale: subscriber.locale,
    quiet_mail: subscriber.quietMail ? 1 : 0,
    link_epoch: subscriber.linkEpoch ?? 0,
    resume_date: subscriber.resumeDate ?? null,
    resume_at: subscriber.resumeAt ?? null,
    next_due_at: subscriber.nextDueAt,
    created_at: subscriber.createdAt,
    updated_at: subscriber.updatedAt,
  };
}
