import type { z } from '@hono/zod-openapi';
import type { NamedSuppression } from '../../bounces/suppress.ts';
import { iso } from '../../clock.ts';
import type { PreviewedMail } from '../../delivery/preview-mail.ts';
import type { Why } from '../../delivery/why.ts';
import type { Candidate, Trend } from '../../papers/candidate.ts';
import type { Signal, StoredPaper } from '../../papers/paper.ts';
import type { AuditEntry } from '../../store/audit-list.ts';
import type { BounceEntry } from '../../store/bounces.ts';
import type { DeliveryEntry } from '../../store/deliveries.ts';
import type { RunsOf } from '../../store/run-history.ts';
import type { RunKind } from '../../store/schema.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import type { SubscribedTopic } from '../../store/subscriptions.ts';
import type { Topic } from '../../topics/topic.ts';
import type { auditSchema } from './audit.ts';
import type { bounceSchema, deliverySchema } from './delivery-document.ts';
import type { previewSchema } from './mails.ts';
import type { candidateSchema, paperSchema } from './paper-document.ts';
import type { bounceShownSchema, suppressionSchema } from './returns.ts';
import type { runSchema } from './runs.ts';
import type { SubscriberDocument } from './subscriber-document.ts';
import type { whySchema } from './subscriber-story.ts';
import type { topicSchema } from './topic-document.ts';

/**
 * What there is, as JSON says it: over HTTP, and by `--json` on the command line. Without the schemas themselves, whose
 * weight no command needs to wait for.
 */

export function subscriberDocument(one: Subscriber, topics: readonly SubscribedTopic[]): SubscriberDocument {
  const { id, email, status, timezone, digestTime: time, days, maxPapers, locale, quietMail } = one;
  return {
    ...{ id, email, status, timezone, time, days, maxPapers, locale, quietMail, resumeDate: one.resumeDate },
    nextDueAt: iso(one.nextDueAt),
    createdAt: iso(one.createdAt),
    updatedAt: iso(one.updatedAt),
    topics: topics.map(({ slug }) => slug),
  };
}

/** With how many subscribers get it. */
export function topicDocument(
  { archivedAt, ...topic }: Topic,
  subscriptions: number,
): z.infer<typeof topicSchema> {
  return { ...topic, archivedAt: iso(archivedAt), subscriptions };
}

export function deliveryDocument(entry: DeliveryEntry): z.infer<typeof deliverySchema> {
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

export function bounceDocument({
  occurredAt,
  recordedAt,
  ...rest
}: BounceEntry): z.infer<typeof bounceSchema> {
  return { ...rest, occurredAt: iso(occurredAt), recordedAt: iso(recordedAt) };
}

/** `about`: the delivery it is about. */
export function bounceShownDocument(
  bounce: BounceEntry,
  about: Pick<DeliveryEntry, 'editionDate' | 'status'> | null,
): z.infer<typeof bounceShownSchema> {
  const delivery = about && { editionDate: about.editionDate, status: about.status };
  return { ...bounceDocument(bounce), delivery };
}

/** Why somebody did or did not get a digest on a day. */
export function whyDocument(email: string, why: Why): z.infer<typeof whySchema> {
  const { date, outcome, reason, sentence, dueAt, delivery } = why;
  return {
    ...{ email, date, outcome, reason, sentence, dueAt: iso(dueAt) },
    delivery: delivery && deliveryDocument(delivery),
    returned: why.outcome === 'none' ? [] : why.returned.map(bounceDocument),
  };
}

/** `preheader`: what a list of mails shows after its subject. */
export function previewDocument(
  date: string,
  { deliveryId, digest, mail: { subject, headers, html, text, bytes } }: PreviewedMail & { ok: true },
  preheader: string,
): z.infer<typeof previewSchema> {
  const papers = digest.papers.map(({ paper }) => ({ key: paper.key, title: paper.title }));
  return { date, deliveryId, subject, preheader, headers, html, text, bytes, papers };
}

export function suppressionDocument({
  createdAt,
  liftedAt,
  ...rest
}: NamedSuppression): z.infer<typeof suppressionSchema> {
  return { ...rest, createdAt: iso(createdAt), liftedAt: iso(liftedAt) };
}

export function runDocument(run: RunsOf[RunKind]): z.infer<typeof runSchema> {
  const times = { startedAt: iso(run.startedAt), finishedAt: iso(run.finishedAt) };
  if (run.kind === 'plan') return { ...run, ...times, at: iso(run.at) };
  return { ...run, ...times };
}

export function paperDocument(paper: StoredPaper): z.infer<typeof paperSchema> {
  return {
    ...paper,
    publishedAt: iso(paper.publishedAt),
    updatedAt: iso(paper.updatedAt),
    announcedAt: iso(paper.announcedAt),
    withdrawnAt: iso(paper.withdrawnAt),
    firstSeenAt: iso(paper.firstSeenAt),
    lastSeenAt: iso(paper.lastSeenAt),
  };
}

export function trendDocument({ score, rising, parts, changes, votesByDay }: Trend) {
  return { score, rising, parts, changes, votesByDay };
}

export function candidateDocument({
  paper,
  field,
  percentile,
  trend,
}: Candidate): z.infer<typeof candidateSchema> {
  return { paper: paperDocument(paper), field, percentile, ...trendDocument(trend) };
}

export function signalDocument({ source, kind, value, observedAt }: Signal) {
  return { source, kind, value, observedAt: iso(observedAt) };
}

export function auditDocument({ at, actor, ...entry }: AuditEntry): z.infer<typeof auditSchema> {
  return {
    ...entry,
    at: iso(at),
    actor: actor.id === undefined ? { kind: actor.kind } : { kind: actor.kind, id: actor.id },
    before: entry.before === null ? null : { ...entry.before },
    after: entry.after === null ? null : { ...entry.after },
  };
}
