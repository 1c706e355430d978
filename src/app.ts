import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { RankReport } from './archive/rank.ts';
import type { RecordReport, ReturnEvent } from './bounces/event.ts';
import { recordReturns } from './bounces/record.ts';
import { readRefusal } from './bounces/refusal.ts';
import { makeReturnPath } from './bounces/return-path.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, loadConfig } from './config.ts';
import { type LoadedCandidates, loadCandidateSet } from './delivery/candidate-set.ts';
import { createDryRuns, type DryRuns } from './delivery/dry-runs.ts';
import { type Addressed, createReader, type MakeLinks } from './delivery/messages.ts';
import { createPace } from './delivery/pace.ts';
import { type PlanDeps, type PlanReport, plan } from './delivery/plan.ts';
import { createPreviews, type Previews } from './delivery/previews.ts';
import { recoverDead } from './delivery/recover.ts';
import type { SendDeps, SendReport } from './delivery/run.ts';
import { send } from './delivery/send.ts';
import type { Digest } from './digest/digest.ts';
import type { Letter, LetterTemplates, RenderedLetter } from './digest/letter.ts';
import { type MailTemplates, openMailTemplates } from './digest/mail-templates.ts';
import type { RenderedDigest } from './digest/render.ts';
import type { CompiledTemplates } from './digest/templates.ts';
import { type HashAddress, makeHashAddress } from './mail/address-hash.ts';
import { type AttemptListener, tellAttempts } from './mail/attempts.ts';
import type { SignMessage } from './mail/dkim.ts';
import { makeMessageId } from './mail/message-id.ts';
import type { Notice } from './mail/notice.ts';
import type { Outcome, OutgoingMessage, Transport } from './mail/transport.ts';
import { SecretKeyError } from './secret-key.ts';
import {
  createSource,
  createSources,
  type SourceName,
  type SourcesConfig,
} from './sources/create-sources.ts';
import { isAnySourceLate } from './sources/freshness.ts';
import { type HttpSettings, makeHttp } from './sources/http.ts';
import { type IngestOptions, type IngestReport, ingest } from './sources/ingest.ts';
import { findFact, saveFact } from './store/installation.ts';
import { type Db, openStore, type Store } from './store/store.ts';
import { forgetHashes } from './store/subscriber-hashes.ts';
import { countSuppressions } from './store/suppressions.ts';
import { seedTopics } from './store/topics.ts';
import { createSignUpMailer, type SignUpMailer } from './subscribers/sign-up-mailer.ts';
import { unsubscribeSubscriber } from './subscribers/status.ts';
import { mailLinks } from './subscribers/tokens.ts';
import { readTopicSeed, type TopicDefinition } from './topics/definition.ts';

/** Where the project is installed: its templates, shipped topics and sample. */
export const projectFolder = join(import.meta.dirname, '..');

export const version = (
  JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }
).version;

/** Everything a command or a page works with, built once from the config. */
export interface App {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  /** Opened when first asked for; the outbox when there is no SMTP server. */
  transport(): Promise<Transport>;
  /** Calls back for every message that is handed to the mail server from now on. */
  onAttempt(listener: AttemptListener): void;
  /** Sends a mail that is no digest. Never rejects for what a mail server does. */
  sendNotice(notice: Notice): Promise<Outcome>;
  /** Papers, trend and matcher as they stand at the app's now. */
  candidates(at?: number): Promise<LoadedCandidates>;
  readonly templates: MailTemplates;
  /** By the templates as they are: another as soon as they are others. Throws TemplateError. */
  renderer(): Promise<Render>;
  composer(): Promise<Compose>;
  /**
   * Tries what makes mail here and is not ours: templates and keys. Quick where there are none. Throws TemplateError and
   * DkimError.
   */
  tryMail(): Promise<void>;
  /** A delivery that is not planned yet has id 0. */
  links: MakeLinks;
  messageId(subscriberId: number, editionDate: string): string;
  /** How suppressed addresses are known. */
  readonly hashAddress: HashAddress;
  readonly signUps: SignUpMailer;
  /** What a digest would have held; its thread is started when somebody first asks. */
  readonly previews: Previews;
  /** Tells who would get what, in a thread of its own. */
  readonly dryRuns: DryRuns;
  /** Keeps what came back and acts on it; in the caller's transaction when `db` is one. */
  recordReturns(events: readonly ReturnEvent[], db?: Db): Promise<RecordReport>;
  close(): Promise<void>;
}

export type Render = (digest: Digest) => RenderedDigest;
/** `subjectMark` goes before the subject, as `[Test] ` does. */
export type Compose = (
  delivery: Addressed,
  digest: Digest,
  subjectMark?: string,
) => OutgoingMessage | Promise<OutgoingMessage>;

export interface AppOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  clock?: Clock;
  /** Instead of reading the environment. */
  config?: Config;
  /** Instead of the one the config names. */
  transport?: Transport;
  /** Takes a secret key that is not the one the database was used with. */
  acceptKey?: boolean;
}

const dayMs = 24 * 3_600_000;

/**
 * Builds the app; a new database gets the topics that ship with the project. Throws ConfigError and StoreError.
 * What is slow to load (mjml, nodemailer) waits until it is needed.
 */
export async function openApp(options: AppOptions = {}): Promise<App> {
  const config = options.config ?? loadConfig(options.env, options.cwd);
  const clock = options.clock ?? systemClock;
  const store = openStore(config.databaseFile);
  await addShippedTopics(store, clock.now());
  await keepToKey(store, config, options.acceptKey ?? false);
  const hashAddress = makeHashAddress(config.secretKey);
  const domain = config.mail.from.address.split('@').at(-1) ?? 'localhost';
  const templates = openMailTemplates(config.mail.templatesDir, () => clock.now());
  const renderer = madeOf(templates.digests, (digests) => loadRenderer(config, digests));
  const letters = madeOf(templates.letters, (letters) => loadLetters(config, letters));
  const composer = madeOf(renderer, (render) => loadComposer(config, clock, render));
  const attemptListeners: AttemptListener[] = [];
  let transport: Promise<Transport> | null = null;
  const openTransportOnce = () => {
    transport ??= Promise.resolve(options.transport ?? openTransport(config)).then((opened) =>
      tellAttempts(opened, (attempt) => {
        for (const listener of attemptListeners) listener(attempt);
      }),
    );
    return transport;
  };

  const sendNotice = async (notice: Notice) => {
    const [{ composeNotice }, sign] = await Promise.all([import('./mail/notice.ts'), loadSigner(config)]);
    const message = composeNotice(notice, config.mail.from, clock.now());
    return await (await openTransportOnce()).send(sign === null ? message : await sign(message));
  };
  const previews = createPreviews({
    databaseFile: store.file,
    windowMs: config.digest.windowDays * dayMs,
  });

  const dryRuns = createDryRuns({
    databaseFile: store.file,
    windowMs: config.digest.windowDays * dayMs,
    secretKey: config.secretKey,
  });

  return {
    config,
    store,
    clock,
    transport: openTransportOnce,
    onAttempt: (listener) => {
      attemptListeners.push(listener);
    },
    sendNotice,
    candidates: (at = clock.now()) =>
      loadCandidateSet(store.db, new BetterSqlite3(':memory:'), {
        now: at,
        windowMs: config.digest.windowDays * dayMs,
      }),
    templates,
    renderer,
    composer,
    async tryMail() {
      const { templatesDir, dkimKeys } = config.mail;
      if (templatesDir !== null || dkimKeys.length > 0) await composer();
    },
    links: (holder, deliveryId) => mailLinks(config, holder, deliveryId),
    messageId: (subscriberId, editionDate) =>
      makeMessageId(config.secretKey, subscriberId, editionDate, domain),
    hashAddress,
    signUps: createSignUpMailer({
      ...{ db: store.db, clock, config, hashAddress, sendNotice },
      transport: openTransportOnce,
      letters,
      returnPath: returnPathOf(config, 0),
    }),
    previews,
    dryRuns,
    recordReturns: (events, db = store.db) =>
      recordReturns({ db, hashAddress, now: clock.now(), unsubscribe: unsubscribeSubscriber }, events),
    async close() {
      await previews.close();
      await dryRuns.close();
      await (transport ? await transport : options.transport)?.close();
      await store.close();
    },
  };
}

/** The topics in `data/topics.json`. Throws TopicError. */
export function readShippedTopics(): TopicDefinition[] {
  return readTopicSeed(readFileSync(join(projectFolder, 'data', 'topics.json'), 'utf8'));
}

/**
 * With another key, suppressed addresses could not be told any more and would be mailed again: a key that was lost or
 * mixed up is noticed before that. Throws SecretKeyError.
 */
async function keepToKey(store: Store, config: Config, accept: boolean): Promise<void> {
  const fingerprint = createHmac('sha256', config.secretKey)
    .update('paperboy fingerprint')
    .digest('hex')
    .slice(0, 16);
  const known = await findFact(store.db, 'secret_key');
  if (known === fingerprint) return;
  const lost = known === null || accept ? 0 : (await countSuppressions(store.db)).length;
  if (lost > 0) {
    await store.close();
    throw new SecretKeyError(
      `The secret key (${config.secretKeyFile ?? 'SECRET_KEY'}) is not the one that ${store.file} was used with: suppressed addresses ` +
        'could not be told any more and would be mailed again, and links in mails already sent would not work. ' +
        'Put the old key back. If it is lost for good, `paperboy rekey` goes on with this one.',
    );
  }
  if (known !== null) await forgetHashes(store.db);
  await saveFact(store.db, 'secret_key', fingerprint);
}

/** Only while there is no topic at all: what an admin removed or changed stays so. */
async function addShippedTopics(store: Store, at: number): Promise<void> {
  const any = await store.db.selectFrom('topics').select('id').limit(1).executeTakeFirst();
  if (!any) await seedTopics(store.db, readShippedTopics(), at);
}

/** What is made of what `get` gives, made anew only when that is another. */
function madeOf<T, R>(get: () => Promise<T>, make: (from: T) => Promise<R>): () => Promise<R> {
  let last: { from: T; made: Promise<R> } | null = null;
  return async () => {
    const from = await get();
    if (last?.from !== from) last = { from, made: make(from) };
    return await last.made;
  };
}

async function loadRenderer(config: Config, templates: CompiledTemplates): Promise<Render> {
  const { renderDigest } = await import('./digest/render.ts');
  const { from: sender, postalAddress } = config.mail;
  const site = { sender, postalAddress, counting: config.counting };
  return (digest) => renderDigest(templates, digest, site);
}

async function loadLetters(
  config: Config,
  templates: LetterTemplates,
): Promise<(letter: Letter) => RenderedLetter> {
  const { renderLetter } = await import('./digest/letter.ts');
  const { from: sender, postalAddress } = config.mail;
  return (letter) =>
    renderLetter(templates, letter, { sender, postalAddress, home: `${config.web.publicUrl}/` });
}

async function loadComposer(config: Config, clock: Clock, render: Render): Promise<Compose> {
  const [{ composeMessage }, sign] = await Promise.all([import('./mail/message.ts'), loadSigner(config)]);
  // Postmark's webhooks name neither our Message-ID nor our return path, but give back what stands in such a header.
  const hasPostmark = config.bounces.webhooks.postmarkSecret !== null && config.mail.bounceAddress !== null;
  return (delivery, digest, subjectMark = '') => {
    const returnPath = returnPathOf(config, delivery.id);
    const canLeave = config.mail.readsReturnPath && config.mail.bounceAddress !== null && delivery.id > 0;
    const links = canLeave ? { ...digest.links, unsubscribeMailbox: returnPath } : digest.links;
    const mail = render({ ...digest, links });
    const message = composeMessage({
      from: config.mail.from,
      to: delivery.email,
      envelopeFrom: returnPath,
      messageId: delivery.messageId,
      dateMs: clock.now(),
      subject: subjectMark + mail.subject,
      html: mail.htmlParts,
      text: mail.textParts,
      headers: hasPostmark ? [...mail.headers, ['X-PM-Metadata-Delivery', returnPath]] : mail.headers,
    });
    return sign === null ? message : sign(message);
  };
}

/** Null: nothing is signed here. Throws DkimError when a key cannot sign. */
async function loadSigner({ mail }: Config): Promise<SignMessage | null> {
  if (mail.dkimKeys.length === 0) return null;
  const { createDkimSigner, readDkimKeys } = await import('./mail/dkim.ts');
  return await createDkimSigner(readDkimKeys(mail.dkimKeys, mail.from.address));
}

/** Each delivery's own return path, so that a bounce finds it whatever it says; mail that is no delivery has id 0. */
function returnPathOf({ mail, secretKey: secret }: Config, deliveryId: number): string {
  if (mail.bounceAddress === null) return mail.from.address;
  const { localPart, domain } = mail.bounceAddress;
  if (deliveryId === 0) return `${localPart}@${domain}`;
  return makeReturnPath({ secret, deliveryId, domain, localPart });
}

async function openTransport(config: Config): Promise<Transport> {
  if (config.mail.smtpUrl === null) {
    const { createOutbox } = await import('./mail/outbox.ts');
    return createOutbox({ dir: config.mail.outboxDir });
  }
  const [{ createSmtpTransport }, { parseSmtpUrl }] = await Promise.all([
    import('./mail/smtp.ts'),
    import('./mail/smtp-url.ts'),
  ]);
  const parsed = parseSmtpUrl(config.mail.smtpUrl);
  if (!parsed.ok) throw new Error(`SMTP_URL: ${parsed.message}`);
  const { connections, timeoutMs: ms } = config.mail;
  const timeouts =
    ms === null ? {} : { connectMs: ms, greetingMs: ms, commandMs: ms, bodyMs: ms, replyMs: ms };
  return createSmtpTransport({ ...parsed.server, connections, timeouts });
}

export interface IngestRequest {
  /** Only this source; all that are configured when absent. */
  source?: SourceName | null;
  /** A saved payload instead of asking; read as `source`, or as papers of any known shape. */
  file?: string | null;
  /** Backfill from this day on, `YYYY-MM-DD`. */
  sinceDate?: string | null;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  onRun?: NonNullable<IngestOptions['onRun']>;
  onReport?: NonNullable<IngestOptions['onReport']>;
  /** Told how each request to a source ended. */
  onAttempt?: NonNullable<HttpSettings['onAttempt']>;
}

export function sourcesConfigOf(config: Config): SourcesConfig {
  return {
    sources: config.sources.enabled,
    huggingfaceUrl: config.sources.huggingfaceUrl,
    arxivApiUrl: config.sources.arxivApiUrl,
    arxivFeedUrl: config.sources.arxivFeedUrl,
    arxivCategories: config.sources.arxivCategories,
  };
}

/** Reads papers from the configured sources, one of them, or a saved payload. */
export async function ingestPapers(app: App, request: IngestRequest = {}): Promise<IngestReport[]> {
  const { config, store, clock } = app;
  const { source, file, onAttempt, ...rest } = request;
  const settings = sourcesConfigOf(config);
  const asked = source ?? (file ? 'file' : null);
  // Two rows that turn out to be one work are made one in what waits, not in what somebody seems to be sending.
  await recoverDead(store, clock.now(), config.mail.uncertain);
  return await ingest({
    db: store.db,
    clock,
    sources: asked ? [createSource(asked, settings)] : createSources(settings),
    http: makeHttp({
      db: store.db,
      version,
      contact: config.sources.contact ?? config.web.publicUrl,
      ...(onAttempt ? { onAttempt } : {}),
    }),
    arxivCategories: config.sources.arxivCategories,
    file: file ?? null,
    ...rest,
  });
}

export interface PlanRequest {
  onProgress?: (done: number, due: number) => void;
  onRun?: NonNullable<PlanDeps['onRun']>;
  /** Told what there is to choose from. */
  onCandidates?: (found: { candidates: number; sourceLate: boolean }) => void;
}

/**
 * Works out what trends at the app's now and keeps it for the pages. `apart`: in a thread of its own, where others are
 * waiting for answers meanwhile; null: `signal` stopped it.
 */
export async function rankPapers(
  app: App,
  { apart = false, signal }: { apart?: boolean; signal?: AbortSignal } = {},
): Promise<RankReport | null> {
  const { store, clock, config } = app;
  const order = { now: clock.now(), windowMs: config.digest.windowDays * dayMs };
  if (apart && store.file !== ':memory:') {
    const { rankApart } = await import('./archive/rank-apart.ts');
    return await rankApart({ file: store.file, ...order }, signal);
  }
  const [{ rankArchive }, { mergeArchive }] = await Promise.all([
    import('./archive/rank.ts'),
    import('./store/archive-merge.ts'),
  ]);
  const handle = new BetterSqlite3(':memory:');
  try {
    const report = await rankArchive({ db: store.db, handle, ...order });
    await mergeArchive(store.db, signal);
    return report;
  } finally {
    handle.close();
  }
}

/** Plans what is due at the app's now. */
export async function planDigests(
  app: App,
  { onCandidates, ...request }: PlanRequest = {},
): Promise<PlanReport> {
  const candidates = await app.candidates();
  try {
    const now = app.clock.now();
    const sourceLate = await isAnySourceLate(app.store.db, { now, sources: app.config.sources.enabled });
    onCandidates?.({ candidates: candidates.candidates.size, sourceLate });
    return await plan({
      db: app.store.db,
      at: app.clock.now(),
      candidates,
      sourceLate,
      messageId: app.messageId,
      hashAddress: app.hashAddress,
      ...request,
    });
  } finally {
    candidates.close();
  }
}

export interface SendRequest {
  limit?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  onEnding?: NonNullable<SendDeps['onEnding']>;
  onRun?: NonNullable<SendDeps['onRun']>;
}

/** Sends what is ready at the app's now. */
export async function sendDigests(app: App, request: SendRequest = {}): Promise<SendReport> {
  // Before anything is claimed: a template or key that does not work stops the run and changes nothing.
  await app.tryMail();
  const transport = await app.transport();
  // Templates are compiled once there is something to send: a run that sends nothing is quick. It keeps to those it began
  // with, whatever becomes of them on disk.
  let reader: Promise<ReturnType<typeof createReader>> | null = null;
  const ready: ReturnType<typeof createReader> = async (deliveries) => {
    reader ??= app
      .composer()
      .then((compose) => createReader({ db: app.store.db, links: app.links, compose }));
    return await (await reader)(deliveries);
  };
  return await send({
    store: app.store,
    clock: app.clock,
    transport,
    pace: createPace(app.store.db, {
      perSecond: app.config.mail.messagesPerSecond,
      perMinute: app.config.mail.messagesPerMinute,
    }),
    domainConnections: app.config.mail.domainConnections,
    uncertain: app.config.mail.uncertain,
    ready,
    hashAddress: app.hashAddress,
    async recordRefusals(db, refusals) {
      const events = refusals.flatMap((one) => readRefusal(one, app.clock.now()) ?? []);
      if (events.length > 0) await app.recordReturns(events, db);
    },
    ...request,
  });
}
