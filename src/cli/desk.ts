import type { Writable } from 'node:stream';
import type { z } from '@hono/zod-openapi';
import type { ListReport } from '../bounces/suppression-list.ts';
import type { Resolution } from '../delivery/acts.ts';
import type { ManyAct } from '../delivery/acts-on-many.ts';
import type { DryRunSummary } from '../delivery/dry-run.ts';
import type { AuditFilter } from '../store/audit-list.ts';
import type { DeliveryStatus, RunKind } from '../store/schema.ts';
import type { ColumnChoice } from '../subscribers/csv-columns.ts';
import type { ExportFormat } from '../subscribers/export.ts';
import type { FilterInput } from '../subscribers/filter.ts';
import type { ImportReport, LineFate } from '../subscribers/import.ts';
import type { QueryTest } from '../topics/test-query.ts';
import type { Topic } from '../topics/topic.ts';
import type { auditSchema } from '../web/api/audit.ts';
import type { bounceSchema, deliverySchema } from '../web/api/delivery-document.ts';
import type { dryDigestSchema } from '../web/api/dry-run.ts';
import type { explainedSchema, previewSchema, testedSchema } from '../web/api/mails.ts';
import type { candidateSchema, paperSchema, paperShownSchema } from '../web/api/paper-document.ts';
import type { bounceShownSchema, suppressionSchema } from '../web/api/returns.ts';
import type { runLogSchema, runSchema } from '../web/api/runs.ts';
import type { SubscriberDocument } from '../web/api/subscriber-document.ts';
import type { whySchema } from '../web/api/subscriber-story.ts';

/**
 * What the commands that work here and elsewhere ask for: done by the use cases over this machine's database
 * (local/desk.ts), or over HTTP by a Paperboy that runs elsewhere (remote/desk.ts). What comes back is what `--json`
 * prints; instants are ISO. All throw CommandError, or an error of the use case, with a message for people.
 */
export interface Desk {
  readonly topics: TopicsDesk;
  readonly subscribers: SubscribersDesk;
  readonly deliveries: DeliveriesDesk;
  readonly mails: MailsDesk;
  readonly runs: RunsDesk;
  readonly bounces: BouncesDesk;
  readonly suppressions: SuppressionsDesk;
  readonly audit: AuditDesk;
  readonly papers: PapersDesk;
  /** Its clock, epoch ms. */
  now(): number;
}

export type TopicDocument = Omit<Topic, 'archivedAt'> & { archivedAt: string | null };
export type ListedTopicDocument = TopicDocument & { subscriptions: number };

export interface TopicDefinitionGiven {
  slug: string;
  name: string;
  query: string;
  description: string | null;
}

/** What is absent stays. */
export interface TopicChangeGiven {
  slug?: string;
  name?: string;
  query?: string;
  description?: string;
  /** Brings it back; `reopen`: for those whose subscriptions ended with it, too. */
  archived?: false;
  reopen?: boolean;
}

/** So many got a topic back that they had when it was archived, and so many have not. */
export interface ReopenedTold {
  reopened: number;
  reopenable: number;
}

export interface TopicsDesk {
  /** By slug: the live public ones, or `all` there are. */
  list(which: { all: boolean }): Promise<ListedTopicDocument[]>;
  /** `replaced`: it took the place of one that ships with the project and that nobody touched. */
  add(given: TopicDefinitionGiven): Promise<{ topic: TopicDocument; replaced: boolean }>;
  /** With what became of its subscriptions when it was brought back. */
  edit(slug: string, change: TopicChangeGiven): Promise<TopicDocument | (TopicDocument & ReopenedTold)>;
  /** `ended`: so many subscriptions; `withoutTopic`: so many subscribers have none left. */
  remove(slug: string): Promise<{ topic: TopicDocument; ended: number; withoutTopic: number }>;
  merge(from: string, into: string): Promise<{ moved: number; had: number }>;
  test(query: string, look: { days: number; limit: number }): Promise<QueryTest>;
}

export type { SubscriberDocument };
export type DeliveryDocument = z.infer<typeof deliverySchema>;
export type BounceDocument = z.infer<typeof bounceSchema>;
export type BounceShownDocument = z.infer<typeof bounceShownSchema>;
export type WhyDocument = z.infer<typeof whySchema>;
export type ExplainedDocument = z.infer<typeof explainedSchema>;
export type PreviewDocument = z.infer<typeof previewSchema>;
export type TestedDocument = z.infer<typeof testedSchema>;
export type RunDocument = z.infer<typeof runSchema>;
export type RunLogLine = z.infer<typeof runLogSchema>['lines'][number];
export type SuppressionDocument = z.infer<typeof suppressionSchema>;
export type DryDigestDocument = z.infer<typeof dryDigestSchema>;
export type PaperDocument = z.infer<typeof paperSchema>;
export type CandidateDocument = z.infer<typeof candidateSchema>;
export type AuditDocument = z.infer<typeof auditSchema>;

/** As options say it; what is absent stays, or is the default. */
export interface SettingsGiven {
  timezone?: string | undefined;
  time?: string | undefined;
  days?: string | undefined;
  maxPapers?: string | undefined;
  locale?: string | undefined;
  quietMail?: string | undefined;
}

export interface SubscriberChangeGiven extends SettingsGiven {
  email?: string | undefined;
  status?: 'active' | 'paused' | 'unsubscribed' | undefined;
  addTopics?: string[] | undefined;
  removeTopics?: string[] | undefined;
}

/** Why nothing is mailed to an address. */
export interface SuppressionTold {
  reason: string;
  note: string | null;
  since: string;
}

export interface SubscriberStory {
  subscriber: SubscriberDocument;
  suppressed: SuppressionTold | null;
  consents: { askedAt: string; givenAt: string; linkHash: string }[];
  /** The latest ones first, as are the deliveries. */
  bounces: BounceDocument[];
  deliveries: DeliveryDocument[];
}

export interface ImportGiven {
  /** A CSV file's bytes. */
  input: AsyncIterable<Uint8Array>;
  columns: ColumnChoice | undefined;
  newTopics: string[];
  dryRun: boolean;
  /** Told of each line in the file's order. */
  onLine(line: LineFate): void;
}

export type ExportStatus = 'active' | 'paused' | 'unsubscribed' | 'pending';

export interface SubscribersDesk {
  /** By id, from the one after `afterId` on, `limit` in all. */
  list(filter: FilterInput, page: ListPage): AsyncGenerator<SubscriberDocument[]>;
  add(given: SettingsGiven & { email: string; topics: string[] }): Promise<SubscriberDocument>;
  edit(
    email: string,
    change: SubscriberChangeGiven,
  ): Promise<{ subscriber: SubscriberDocument; suppressed: SuppressionTold | null }>;
  show(email: string): Promise<SubscriberStory>;
  /** What became of the digest of a local date of theirs, and why. */
  why(email: string, date: string): Promise<WhyDocument>;
  /** What is in their digest of today, or else the next one, and why. */
  explain(email: string): Promise<ExplainedDocument>;
  erase(email: string): Promise<{ id: number; email: string }>;
  importList(given: ImportGiven): Promise<ImportReport>;
  /** Writes them and ends `output`; tells how many there were. */
  exportList(output: Writable, status: ExportStatus, format: ExportFormat): Promise<number>;
}

export interface ListPage {
  afterId: number;
  limit: number;
}

export interface AuditDesk {
  /** Newest first, at most 500. */
  list(filter: Omit<AuditFilter, 'since' | 'until' | 'actorId'>): Promise<AuditDocument[]>;
}

/** What deliveries are looked for by, as typed. */
export interface DeliverySearchGiven {
  status?: DeliveryStatus;
  reason?: string;
  email?: string;
  date?: string;
  topic?: string;
}

export interface DeliveriesDesk {
  /** Newest first, from the one before `beforeId` on, `limit` in all. */
  list(
    search: DeliverySearchGiven,
    page: { beforeId: number | undefined; limit: number },
  ): AsyncGenerator<DeliveryDocument[]>;
  /** How many stand in each status; null: that is not counted, as it would take long. */
  count(
    search: DeliverySearchGiven,
  ): Promise<{ status: DeliveryStatus; reason: string | null; count: number }[] | null>;
  show(id: number): Promise<DeliveryDocument>;
  retry(id: number): Promise<{ delivery: DeliveryDocument; papers: number; dropped: number }>;
  resolve(id: number, as: Resolution): Promise<DeliveryDocument>;
  release(id: number): Promise<{ delivery: DeliveryDocument; papers: number }>;
  /** How many an act on all that are found is for, and up to which id; null: there is none. */
  countFor(search: DeliverySearchGiven, many: ManyAct): Promise<{ count: number; upToId: number | null }>;
  /** Does it. The first twenty refusals are told. */
  actOnMany(
    search: DeliverySearchGiven,
    many: ManyAct,
    upToId: number,
    onProgress: (done: number) => void,
  ): Promise<{ done: number; refused: number; refusals: { id: number; message: string }[] }>;
}

export interface MailsDesk {
  /** Somebody's digest of today once it is due, else the next one: as it was frozen, or as it would be now. */
  preview(email: string): Promise<{
    mail: PreviewDocument;
    /** The message as it goes over the wire. */
    read(): Promise<Buffer>;
  }>;
  /** Sends the same to an address, marked as a test; it counts as nobody's digest. */
  sendTest(email: string, to: string): Promise<TestedDocument>;
}

export interface RunsDesk {
  /** Newest first. */
  list(kind: RunKind, limit: number): Promise<RunDocument[]>;
  show(kind: RunKind, id: number): Promise<{ run: RunDocument; log: RunLogLine[] }>;
  /** Who would get what until an instant, ISO; null: tomorrow at eight, where the server's clock shows it. */
  dryRun(given: {
    until: string | null;
    limit: number;
    onProgress(done: number, due: number): void;
  }): Promise<DryRunTold>;
}

export interface DryRunTold {
  until: string;
  summary: Omit<DryRunSummary, 'done'>;
  first: DryDigestDocument[];
}

export interface PapersDesk {
  /** Papers that can be sent now by trend, best first. */
  candidates(limit: number): Promise<CandidateDocument[]>;
  /** All that were not withdrawn, the latest first, page by page. */
  list(limit: number): AsyncGenerator<PaperDocument[]>;
  /** By its key, or what gives one; `candidate` null: it cannot be sent now. */
  show(name: string): Promise<{
    paper: PaperDocument;
    signals: z.infer<typeof paperShownSchema>['signals'];
    candidate: CandidateDocument | null;
  }>;
}

/** What is looked for among what came back. */
export interface BounceSearchGiven {
  class?: BounceDocument['class'];
  email?: string;
  /** The id of one. */
  delivery?: number;
}

export interface BouncesDesk {
  /** Newest first, from the one before `beforeId` on, `limit` in all. */
  list(
    search: BounceSearchGiven,
    page: { beforeId: number | undefined; limit: number },
  ): AsyncGenerator<BounceDocument[]>;
  show(id: number): Promise<BounceShownDocument>;
}

export interface SuppressionsDesk {
  /** In the order they were made. */
  list(filter: {
    email: string | undefined;
    reason: string | undefined;
    /** Those that were lifted, too. */
    lifted: boolean;
    afterId: number;
    limit: number;
  }): Promise<SuppressionDocument[]>;
  /** False: it was so already. */
  add(email: string, note: string | null): Promise<boolean>;
  /** Throws CommandError where it is not suppressed. */
  lift(email: string, note: string): Promise<void>;
  /** `input`: a CSV file's bytes. */
  importList(input: AsyncIterable<Uint8Array>): Promise<ListReport>;
  /** The CSV that `importList` reads, in pieces. */
  exportList(): AsyncGenerator<string>;
}
