import { type Generated, type Insertable, type Selectable, sql } from 'kysely';
import type { Occasion } from '../digest/digest.ts';
import type { Actor } from './acting.ts';
import type { AuditAct, AuditSubject } from './audit-words.ts';

/** Table types for Kysely. Columns ending `_at` are epoch ms, `_date` are `YYYY-MM-DD`. */
export interface PapersTable {
  id: Generated<number>;
  key: string;
  title: string;
  abstract: string | null;
  tldr: string | null;
  /** JSON arrays of strings. */
  authors: string;
  categories: string;
  keywords: string;
  organization: string | null;
  comment: string | null;
  published_at: number | null;
  updated_at: number | null;
  announced_at: number | null;
  version: number | null;
  withdrawn_at: number | null;
  paper_url: string | null;
  pdf_url: string | null;
  code_url: string | null;
  project_url: string | null;
  first_seen_at: number;
  last_seen_at: number;
  /** The row that holds the work now; null: this one. An absorbed row is never sent. */
  merged_into: number | null;
}

export interface PaperSourcesTable {
  paper_id: number;
  source: string;
  first_seen_at: number;
  last_seen_at: number;
}

export interface PaperSignalsTable {
  paper_id: number;
  source: string;
  kind: string;
  value: number;
  observed_at: number;
}

export interface TopicsTable {
  id: Generated<number>;
  slug: string;
  name: string;
  query: string;
  description: string | null;
  visibility: 'public' | 'private';
  owner_id: number | null;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
}

/** A slug that a topic had before, or that of a topic that was merged into it. */
export interface TopicAliasesTable {
  slug: string;
  topic_id: number;
  created_at: number;
}

export const subscriberStatuses = ['pending', 'active', 'paused', 'unsubscribed', 'erased'] as const;
export type SubscriberStatus = (typeof subscriberStatuses)[number];

export interface SubscribersTable {
  id: Generated<number>;
  /** As it is mailed. */
  email: string;
  /** Case-folded, for uniqueness. */
  email_key: string;
  status: SubscriberStatus;
  timezone: string;
  /** `HH:MM`, local. */
  digest_time: string;
  /** `mon,tue,…` in week order. */
  days: string;
  max_papers: number;
  locale: string;
  /** When the next digest is due; null unless active. */
  next_due_at: number | null;
  created_at: number;
  updated_at: number;
  /** Since when the address is this one; 0: ever since they joined. */
  address_since: Generated<number>;
  /** 1: a mail comes also when there is nothing new. */
  quiet_mail: Generated<number>;
  /** Counts how often their links were switched off. */
  link_epoch: Generated<number>;
  /** The local date from which mail comes again after a pause, and when its first digest is due. */
  resume_date: Generated<string | null>;
  resume_at: Generated<number | null>;
  /** See subscriber-hashes.ts; null: not computed, or erased. */
  address_hash: Generated<string | null>;
}

/** What a subscriber has been since `at`; written by triggers. */
export interface SubscriberEventsTable {
  id: Generated<number>;
  subscriber_id: number;
  at: number;
  status: SubscriberStatus;
  timezone: string;
  digest_time: string;
  days: string;
}

export interface SubscriptionsTable {
  id: Generated<number>;
  subscriber_id: number;
  topic_id: number;
  created_at: number;
  ended_at: number | null;
  ended_reason: string | null;
}

export const deliveryStatuses = [
  'pending',
  'claimed',
  'sending',
  'sent',
  'failed',
  'uncertain',
  'skipped',
] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/**
 * Deliveries that are not over yet, in the very words of the index `deliveries_open`: without them SQLite does not see
 * that the index serves, and reads every delivery there ever was.
 */
export const isOpen = sql<boolean>`deliveries.status IN ('pending', 'claimed', 'sending', 'uncertain')`;

/** Deliveries that ended and were not sent, in the very words of the index `deliveries_unsent`. */
export const isUnsent = sql<boolean>`deliveries.status IN ('failed', 'skipped')`;

/** Why a delivery stands as it does; the words for each are in delivery/why-words.ts. */
export const deliveryReasons = [
  'nothing_new',
  'source_late',
  'no_topics',
  'folded',
  'suppressed',
  'paused',
  'unsubscribed',
  'erased',
  'pending',
  'address_changed',
  'withdrawn',
  'restored',
  'expired',
  'render_error',
  'no_reply',
  'crashed',
  'resolved_by_hand',
  'recipient_refused',
  'message_refused',
  'policy_refused',
  'unreachable',
  'auth',
  'tls',
  'config',
  'policy',
  'deferred',
  'slow_domain',
  'resend',
] as const;
export type DeliveryReason = (typeof deliveryReasons)[number];

export interface DeliveriesTable {
  id: Generated<number>;
  subscriber_id: number;
  plan_run_id: number;
  edition_date: string;
  status: DeliveryStatus;
  reason: DeliveryReason | null;
  /** What stood behind the reason: a server's reply, an error's text. */
  detail: string | null;
  message_id: string;
  due_at: number;
  planned_at: number;
  /** When the next attempt may start; null once it ended. */
  next_attempt_at: number | null;
  /** No attempt starts at or after this: the end of the edition's local day. */
  expires_at: number;
  attempts: number;
  claimed_by: string | null;
  claimed_at: number | null;
  sending_at: number | null;
  ended_at: number | null;
  /** Matching papers that did not fit. */
  more: number;
  /** When it was put back into the queue though the server may have accepted it (UNCERTAIN=resend); null: never. */
  resent_at: Generated<number | null>;
  /** What the digest is for. */
  occasion: Generated<Occasion>;
}

export interface PaperNotesTable {
  id: Generated<number>;
  plan_run_id: number;
  /** JSON of digest/digest.ts `Note`. */
  note: string;
}

export interface DeliveryPapersTable {
  delivery_id: number;
  position: number;
  subscriber_id: number;
  paper_id: number;
  topic_id: number | null;
  note_id: number;
  released_at: number | null;
}

/** What a delivery showed whose paper was absorbed since: `delivery_papers` names the paper that is left. */
export interface ShownPapersTable {
  delivery_id: number;
  position: number;
  paper_id: number;
}

export interface PlanRunsTable {
  id: Generated<number>;
  at: number;
  started_at: number;
  finished_at: number | null;
  due: number;
  planned: number;
  /** JSON object: reason → count. */
  skipped: string;
  /** Of the real clock; null: it has not ended, or ended before this was kept. */
  took_ms: Generated<number | null>;
}

export interface IngestRunsTable {
  id: Generated<number>;
  source: string;
  started_at: number;
  finished_at: number | null;
  status: 'running' | 'ok' | 'partial' | 'failed';
  records: number;
  new_papers: number;
  changed_papers: number;
  new_signals: number;
  rejected: number;
  error: string | null;
  /** JSON array of `{where, message}`: the first 50 bad records. */
  problems: string;
  /** As of plan runs. */
  took_ms: Generated<number | null>;
}

/** One pass over the queue that found something to send. */
export interface SendRunsTable {
  id: Generated<number>;
  worker: string;
  started_at: number;
  finished_at: number | null;
  took_ms: number | null;
  /** How many deliveries waited when it began. */
  ready: number;
  sent: Generated<number>;
  retry: Generated<number>;
  failed: Generated<number>;
  uncertain: Generated<number>;
  skipped: Generated<number>;
  recovered_unclaimed: Generated<number>;
  recovered_uncertain: Generated<number>;
  recovered_resent: Generated<number>;
  /** Why it ended before the queue was empty; null: it did not. */
  stopped: string | null;
  stopped_message: string | null;
}

export const runKinds = ['ingest', 'plan', 'send'] as const;
export type RunKind = (typeof runKinds)[number];

/** A line that a run wrote to the log, of those that are kept. */
export interface RunLogsTable {
  kind: RunKind;
  run_id: number;
  /** From 1; gaps where lines were left out. */
  line: number;
  at: number;
  level: 'info' | 'warn' | 'error';
  message: string;
  /** JSON object. */
  facts: string;
}

export interface SourceStatesTable {
  source: string;
  /** arXiv category, or '' for the source as a whole. */
  category: string;
  state: 'fresh' | 'waiting' | 'late' | 'failing';
  /** When it was last asked, and when for the first time. */
  checked_at: number;
  first_checked_at: number;
  /** When a paper never seen before last came from it. */
  last_new_at: number | null;
  detail: string | null;
}

export interface HttpCacheTable {
  url: string;
  etag: string | null;
  last_modified: string | null;
  fetched_at: number;
}

/** Every title a paper has had, as `titleKey` of papers/key.ts: how a record with only a title finds its paper. */
export interface PaperTitlesTable {
  title_key: string;
  paper_id: number;
}

/** Whose turn it is to ask a host, for all processes: real time, epoch ms. */
export interface HttpGatesTable {
  name: string;
  /** Null: nobody is asking now. */
  holder: string | null;
  held_until: number;
  opens_at: number;
}

export type BounceRowClass = 'hard' | 'soft' | 'complaint' | 'delivered';

/** What came back about one recipient of one mail. */
export interface BouncesTable {
  id: Generated<number>;
  /** The same whenever the same event is read again. */
  event_key: string;
  /** Which way it came: `smtp`, `mail`, `ses`, `postmark` … */
  origin: string;
  class: BounceRowClass;
  /** As in bounces/reasons.ts. */
  reason: string;
  /** HMAC of the address's key; null: whom it is about is not known. */
  address_hash: string | null;
  delivery_id: number | null;
  subscriber_id: number | null;
  status: string | null;
  reply: string | null;
  diagnostic: string;
  /** When it happened, by its own word. */
  occurred_at: number | null;
  recorded_at: number;
}

/** An address that must not be mailed, until it is lifted. */
export interface SuppressionsTable {
  id: Generated<number>;
  address_hash: string;
  /** As in bounces/reasons.ts, or `manual`, `imported`. */
  reason: string;
  origin: string;
  note: string | null;
  bounce_id: number | null;
  created_at: number;
  lifted_at: number | null;
  lifted_note: string | null;
}

/** When the next message may go out, for all processes together: real time, epoch ms. */
export interface SendRatesTable {
  name: string;
  next_slot_at: number;
}

/** A recipient domain that slows us. Epoch ms, of the clock that deliveries are tried by. */
export interface SlowDomainsTable {
  /** Punycode. */
  domain: string;
  /** At most so many messages at once go to it. */
  connections: number;
  /** None goes to it before. */
  paused_until: number;
  /** How often in a row it has slowed us. */
  setbacks: number;
  /** What its server said last. */
  reply: string;
  updated_at: number;
}

/** What the admin was told. */
export interface AlertsTable {
  /** One word and what it is about: `source_silent:arxiv`. */
  cause: string;
  message: string;
  raised_at: number;
  mailed_at: number | null;
  ended_at: number | null;
}

/** How often what happened in an hour; written by triggers, whatever ends a delivery. */
export interface TalliesTable {
  what: 'due' | 'sent' | 'failed' | 'uncertain' | 'skipped' | 'bounce';
  /** A delivery's reason, a bounce's class, or ''. */
  reason: string;
  hour_at: number;
  count: number;
  /** Of what was sent: when the latest one was, how long after its due instant, and the longest of the hour. */
  latest_at: number | null;
  latest_late_ms: number | null;
  most_late_ms: number | null;
}

/** Who may change things by the pages. */
export interface AdminsTable {
  id: Generated<number>;
  /** `admin` for the one that ADMIN_PASSWORD makes where no address is set. */
  email: string;
  email_key: string;
  name: string | null;
  /** scrypt with its parameters; null: signs in by passkey, or not yet. */
  password_hash: string | null;
  password_changed_at: number | null;
  /** 1: made by ADMIN_PASSWORD and gone with it. */
  from_setting: Generated<number>;
  created_at: number;
  removed_at: number | null;
}

/** A one-time link, by the SHA-256 of its token, as are sessions and API tokens. */
export interface AdminLinksTable {
  token_hash: string;
  admin_id: number;
  created_at: number;
  expires_at: number;
}

export interface AdminSessionsTable {
  id: Generated<number>;
  token_hash: string;
  admin_id: number;
  created_at: number;
  /** To a few minutes. */
  last_used_at: number;
  expires_at: number;
  /** Coarse: `Firefox on Linux`. */
  device: string;
}

export interface PasskeysTable {
  id: Generated<number>;
  credential_id: string;
  admin_id: number;
  public_key: Uint8Array;
  counter: number;
  /** JSON array. */
  transports: string;
  name: string;
  created_at: number;
  last_used_at: number | null;
}

/** What a browser has to sign, once. */
export interface PasskeyChallengesTable {
  challenge: string;
  purpose: 'register' | 'sign_in';
  /** Null: whoever signs in. */
  admin_id: number | null;
  expires_at: number;
}

export interface ApiTokensTable {
  id: Generated<number>;
  name: string;
  token_hash: string;
  /** The first characters, to tell tokens apart by. */
  hint: string;
  /** Comma-separated. */
  scopes: string;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
  revoked_at: number | null;
}

/** What a program was answered, by the key it gave its request. */
export interface RequestKeysTable {
  token_id: number;
  key: string;
  fingerprint: string;
  began_at: number;
  expires_at: number;
  status: number | null;
  headers: string | null;
  body: string | null;
}

/** Who did what to whom, before and after. */
export interface AdminAuditTable {
  id: Generated<number>;
  at: number;
  actor: Actor['kind'];
  actor_id: number | null;
  act: AuditAct;
  subject: AuditSubject;
  subject_id: number;
  /** JSON objects: the facts that changed. */
  before: string | null;
  after: string | null;
}

/** An address that a subscriber has moved away from, by its keyed hash. */
export interface FormerAddressesTable {
  address_hash: string;
  subscriber_id: number;
  left_at: number;
}

/** Another address that a subscriber asked for and that is not confirmed yet. */
export interface AddressChangesTable {
  id: Generated<number>;
  token_hash: string;
  subscriber_id: number;
  link_epoch: number;
  email: string;
  email_key: string;
  created_at: number;
  expires_at: number;
}

/** A letter about another address, until it is mailed or given up. */
export interface WaitingLettersTable {
  id: Generated<number>;
  kind: 'move' | 'moved';
  subscriber_id: number;
  /** Of `address_changes`; null for `moved`. */
  change_id: number | null;
  email: string;
  link_epoch: number;
  created_at: number;
  mail_at: number;
  attempts: Generated<number>;
}

/** What a subscriber said of a paper they were sent. */
export interface FeedbackTable {
  id: Generated<number>;
  subscriber_id: number;
  paper_id: number;
  /** Null once the delivery is forgotten. */
  delivery_id: number | null;
  verdict: 'more' | 'less';
  created_at: number;
  /** When it was taken back; null while it counts. */
  removed_at: number | null;
}

/** How many came to a status and went from it in an hour; written by triggers. */
export interface SubscriberTalliesTable {
  status: SubscriberStatus;
  hour_at: number;
  came: Generated<number>;
  went: Generated<number>;
}

/** Clicks on a paper's link in the digests of a date; of nobody in particular. */
export interface EditionClicksTable {
  edition_date: string;
  paper_id: number;
  link: 'paper' | 'pdf' | 'code' | 'project';
  clicks: number;
}

/** Loads of the picture in the digests of a date; of nobody in particular. */
export interface EditionOpensTable {
  edition_date: string;
  opens: number;
}

/** How many deliveries of a plan run have ended how; written by triggers. */
export interface PlanEndsTable {
  plan_run_id: number;
  status: DeliveryStatus;
  /** '': no reason. */
  reason: string;
  count: number;
}

/** Facts about the database as a whole. */
export interface InstallationTable {
  name: string;
  value: string;
}

/** What became of the mail that a sign-up asks for. */
export type SignUpMail = 'confirm' | 'known' | 'suppressed' | 'capped' | 'failed';

/** Somebody who asked for mail and may not have confirmed it. */
export interface SignUpsTable {
  id: Generated<number>;
  email: string;
  email_key: string;
  /** JSON of subscribers/wishes.ts `Wishes`; `{}` once it is not needed any more. */
  wishes: string;
  created_at: number;
  expires_at: number;
  /** When a mail is tried next; null: there is none to send any more. */
  mail_at: number | null;
  attempts: Generated<number>;
  mail: SignUpMail | null;
  mailed_at: number | null;
  /** SHA-256 of the token in the mail. */
  link_hash: string | null;
  confirmed_at: number | null;
  subscriber_id: number | null;
}

/** That a subscriber confirmed what was asked for. */
export interface ConsentsTable {
  id: Generated<number>;
  subscriber_id: number;
  asked_at: number;
  given_at: number;
  link_hash: string;
}

/** What trended over the span that ends with a date, as it stood at `made_at`. */
export interface TrendingPapersTable {
  span: 'day' | 'week' | 'month';
  trend_date: string;
  position: number;
  paper_id: number;
  /** JSON of archive/note.ts `TrendNote`. */
  note: string;
  made_at: number;
}

/** The best candidates of a public topic, as they stood at `made_at`. */
export interface TopicPapersTable {
  topic_id: number;
  position: number;
  paper_id: number;
  note: string;
  query: string;
  made_at: number;
}

export interface Database {
  papers: PapersTable;
  paper_sources: PaperSourcesTable;
  paper_signals: PaperSignalsTable;
  topics: TopicsTable;
  topic_aliases: TopicAliasesTable;
  subscribers: SubscribersTable;
  subscriber_events: SubscriberEventsTable;
  subscriptions: SubscriptionsTable;
  sign_ups: SignUpsTable;
  consents: ConsentsTable;
  deliveries: DeliveriesTable;
  paper_notes: PaperNotesTable;
  delivery_papers: DeliveryPapersTable;
  shown_papers: ShownPapersTable;
  plan_runs: PlanRunsTable;
  ingest_runs: IngestRunsTable;
  send_runs: SendRunsTable;
  run_logs: RunLogsTable;
  source_states: SourceStatesTable;
  http_cache: HttpCacheTable;
  paper_titles: PaperTitlesTable;
  http_gates: HttpGatesTable;
  bounces: BouncesTable;
  suppressions: SuppressionsTable;
  send_rates: SendRatesTable;
  slow_domains: SlowDomainsTable;
  alerts: AlertsTable;
  tallies: TalliesTable;
  installation: InstallationTable;
  subscriber_tallies: SubscriberTalliesTable;
  plan_ends: PlanEndsTable;
  edition_clicks: EditionClicksTable;
  edition_opens: EditionOpensTable;
  feedback: FeedbackTable;
  former_addresses: FormerAddressesTable;
  address_changes: AddressChangesTable;
  waiting_letters: WaitingLettersTable;
  admins: AdminsTable;
  admin_links: AdminLinksTable;
  admin_sessions: AdminSessionsTable;
  passkeys: PasskeysTable;
  passkey_challenges: PasskeyChallengesTable;
  api_tokens: ApiTokensTable;
  request_keys: RequestKeysTable;
  admin_audit: AdminAuditTable;
  trending_papers: TrendingPapersTable;
  topic_papers: TopicPapersTable;
}

export type SubscriberRow = Selectable<SubscribersTable>;
export type NewSubscriberRow = Insertable<SubscribersTable>;
export type TopicRow = Selectable<TopicsTable>;
export type DeliveryRow = Selectable<DeliveriesTable>;
