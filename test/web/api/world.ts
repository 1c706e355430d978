import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addToken, type TokenScope, tokenScopes } from '../../../src/admins/tokens.ts';
import { type App, ingestPapers, openApp, planDigests, sendDigests } from '../../../src/app.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Outcome, OutgoingMessage, Transport } from '../../../src/mail/transport.ts';
import { insertBounce } from '../../../src/store/bounces.ts';
import { listDeliveries } from '../../../src/store/deliveries.ts';
import { startSubscriptions } from '../../../src/store/subscriptions.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { addSubscriber } from '../../../src/subscribers/subscribers.ts';
import { createWeb } from '../../../src/web/web.ts';
import { newStore } from '../../support/store.ts';

export const monday = Date.parse('2026-06-22T08:00:00Z');
const papers = join(import.meta.dirname, '../../fixtures/e2e/papers.jsonl');

export interface World {
  app: App;
  /** Moves the clock. */
  wait(ms: number): void;
  tokens: Record<TokenScope | 'all', string>;
  /** What was mailed. */
  mailed: OutgoingMessage[];
  /** What went wrong. */
  problems: object[];
  close(): Promise<void>;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** As a program with a token of this scope; `body` as JSON, text and bytes as they are. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  as?: TokenScope | 'all' | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects says what it is
  json: any;
}

/** A whole installation in a folder of its own, with tokens for each scope; it is closed by whoever opened it. */
export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-api-'));
  let at = monday;
  const clock: Clock = { now: () => at };
  const mailed: OutgoingMessage[] = [];
  const send = async (message: OutgoingMessage): Promise<Outcome> => {
    mailed.push(message);
    const reply = { phase: 'reply', code: 250, enhanced: null, text: 'ok' } as const;
    if (message.to.startsWith('refused'))
      return { kind: 'failed', reason: 'message_refused', reply: { ...reply, code: 554, text: 'no' } };
    if (message.to.startsWith('unheard')) return { kind: 'uncertain', reply: { ...reply, code: null } };
    return { kind: 'sent', reply };
  };
  const transport: Transport = {
    ...{ description: 'a test', concurrency: 1, verify: async () => null, send, close: async () => {} },
    reserve: async () => ({ ok: true, send, release: () => {} }),
  };
  const file = join(folder, 'paperboy.db');
  await newStore(file).close();
  const env = {
    DATABASE_URL: `sqlite:${file}`,
    SECRET_KEY: 'k'.repeat(43),
    PUBLIC_URL: 'https://papers.example.org',
    DIGEST_TIMEZONE: 'UTC',
  };
  const app = await openApp({ env, cwd: folder, clock, transport });
  const tokens = {} as World['tokens'];
  for (const name of [...tokenScopes, 'all'] as const) {
    const scopes = name === 'all' ? tokenScopes : [name];
    const added = await addToken(app.store.db, { name, scopes }, at);
    if (!added.ok) throw new Error(added.message);
    tokens[name] = added.secret;
  }
  const problems: object[] = [];
  const web = createWeb({
    ...app,
    api: { requestsAMinute: 1_000_000 },
    log: { error: (what) => problems.push(what) },
  });
  const request = async (path: string, init?: RequestInit) => await web.request(`/api/v1${path}`, init);
  return {
    ...{ app, tokens, mailed, problems, request },
    async close() {
      await app.close();
      rmSync(folder, { recursive: true });
    },
    wait(ms) {
      at += ms;
    },
    async ask(method, path, { as = 'all', body, headers = {} } = {}) {
      const answer = await request(path, {
        method,
        headers: {
          ...(as === null ? {} : { Authorization: `Bearer ${tokens[as]}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isWhole(body) ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = /json$/.test(answer.headers.get('Content-Type') ?? '');
      return {
        status: answer.status,
        headers: answer.headers,
        json: isJson && text !== '' ? JSON.parse(text) : text,
      };
    },
  };
}

/** Papers, topics and people, one of whom has been sent a digest. */
export async function fillWorld({ app, wait }: Pick<World, 'app' | 'wait'>): Promise<void> {
  const { db } = app.store;
  wait(-3_600_000);
  await ingestPapers(app, { file: papers });
  await addTopic(db, { slug: 'all-of-it', name: 'All of it', query: '*' }, app.clock.now());
  await addTopic(db, { slug: 'adapters', name: 'Adapters', query: 'low-rank' }, app.clock.now());
  for (const [email, topics, more] of [
    ['ada@example.org', ['all-of-it'], {}],
    ['bob@example.org', ['adapters'], { time: '09:00', timezone: 'Europe/Berlin' }],
    ['cleo@example.org', [], {}],
  ] as const) {
    const added = await addSubscriber(
      db,
      { email, topics, ...more },
      app.config.digest,
      app.clock.now(),
      app.hashAddress,
    );
    if (!added.ok) throw new Error(JSON.stringify(added.problems));
  }
  // Ada's own.
  const own = await addTopic(
    db,
    { slug: 'own-1', name: 'My work', query: 'quantization', ownerId: 1 },
    app.clock.now(),
  );
  await startSubscriptions(db, [{ subscriberId: 1, topicId: own.id }], app.clock.now());
  wait(3_600_000);
  await planDigests(app);
  await sendDigests(app);
  wait(60_000);
}

/** Deliveries that failed, that are uncertain, and one whose mail came back. */
export async function troubleWorld({ app, wait }: Pick<World, 'app' | 'wait'>): Promise<void> {
  const { db } = app.store;
  wait(-3_600_000);
  for (const name of ['refused-1', 'refused-2', 'unheard-1', 'unheard-2', 'back']) {
    const given = { email: `${name}@example.org`, topics: ['all-of-it'] };
    const added = await addSubscriber(db, given, app.config.digest, app.clock.now(), app.hashAddress);
    if (!added.ok) throw new Error(JSON.stringify(added.problems));
  }
  wait(3_600_000);
  await planDigests(app);
  await sendDigests(app);
  const [returned] = await listDeliveries(db, { email: 'back@example.org', limit: 1 });
  await insertBounce(db, {
    ...{ eventKey: 'test', origin: 'mail', class: 'hard', reason: 'user_unknown', addressHash: null },
    ...{ deliveryId: returned?.id ?? null, subscriberId: null, status: '5.1.1', reply: '550' },
    ...{ diagnostic: 'no such user', occurredAt: null, recordedAt: app.clock.now() },
  });
}

/** It goes as it is. */
const isWhole = (body: unknown): body is string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array;
