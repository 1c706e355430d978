import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from '@hono/zod-openapi';
import { version } from '../../app.ts';
import { CommandError } from '../command.ts';
import { type Answer, readAnswer, takeAnswer } from './answer.ts';
import { type Page, pageOf } from './pages.ts';
import { createPatience } from './patience.ts';
import { isPassing, retryAfterMs, tellProblem } from './problem.ts';
import { explainUnreachable, isWorthAnother } from './unreachable.ts';

export type Query = Record<string, string | number | undefined>;

/** What an edit goes back to: a state as it was looked at, with its ETag. */
export interface Seen<T> {
  value: T;
  etag: string;
}

/**
 * Asks the API of one server. Each answer is read by the schema that the API itself answers by. What only looks, and
 * what is told to be done once by a key of its own, is tried again when the connection is lost or the server asks for
 * patience. All throw CommandError.
 */
export interface Client {
  get<Schema extends z.ZodType>(path: string, query: Query, schema: Schema): Promise<z.infer<Schema>>;
  /** With what an edit has to name. */
  look<Schema extends z.ZodType>(path: string, schema: Schema): Promise<Seen<z.infer<Schema>>>;
  /** A list's pages one after another, each asked for when the one before is done with. */
  pages<Schema extends z.ZodType>(
    path: string,
    query: Query,
    of: Page<Schema>,
  ): AsyncGenerator<z.infer<Schema>[]>;
  post<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.infer<Schema>>;
  patch<Schema extends z.ZodType>(
    path: string,
    etag: string,
    body: object,
    schema: Schema,
  ): Promise<z.infer<Schema>>;
  delete<Schema extends z.ZodType>(path: string, etag: string, schema: Schema): Promise<z.infer<Schema>>;
  /** Bytes as they come, however many. */
  download(path: string, query: Query, type: string): AsyncGenerator<Uint8Array>;
  /** Sends bytes once all of them are there: they may have to be sent again. */
  upload<Schema extends z.ZodType>(
    path: string,
    type: string,
    input: AsyncIterable<Uint8Array>,
    schema: Schema,
  ): Promise<z.infer<Schema>>;
  wait(ms: number): Promise<void>;
}

export interface ClientSettings {
  /** As `readServer` gives it. */
  server: string;
  token: string;
  wait?: (ms: number) => Promise<void>;
}

interface Asked {
  method: string;
  path: string;
  query?: Query;
  body?: string | readonly Uint8Array[];
  headers?: Record<string, string>;
  /** It can be asked again without being done twice. */
  again: boolean;
  /** The answer's body is read as it comes; else it is all there. */
  streamed?: true;
}

/** How long to wait before each further try. */
const pausesMs = [300, 1_000, 3_000];
/** The longest that a server may have us wait. */
const mostPatienceMs = 60_000;

export function createClient({ server, token, wait = (ms) => sleep(ms) }: ClientSettings): Client {
  async function ask(asked: Asked): Promise<Answer> {
    for (let tries = 0; ; tries++) {
      const pauseMs = asked.again ? pausesMs[tries] : undefined;
      const answer = await askOnce(asked, pauseMs === undefined);
      if (answer?.ok) return answer;
      const askedToWaitMs = answer ? retryAfterMs(answer) : null;
      const isOver = pauseMs === undefined || (askedToWaitMs ?? 0) > mostPatienceMs;
      if (answer && (isOver || !isPassing(answer))) throw tellProblem(answer, server);
      await wait(askedToWaitMs ?? pauseMs ?? 0);
    }
  }

  /** Null: it was not reached, and may be another time. */
  async function askOnce(asked: Asked, isLast: boolean): Promise<Answer | null> {
    const { method, path, query = {}, body = null, headers = {}, streamed = false } = asked;
    const url = new URL(`${server}/api/v1${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const patience = createPatience();
    try {
      const answer = await fetch(url, {
        method,
        headers: { ...headers, Authorization: `Bearer ${token}`, 'User-Agent': `paperboy/${version}` },
        // The token is for this server and for no other.
        redirect: 'manual',
        signal: patience.signal,
        ...(typeof body === 'string' || body === null
          ? { body }
          : { body: ReadableStream.from(patience.over(body)), duplex: 'half' }),
      } as RequestInit);
      return await takeAnswer(answer, server, patience, streamed && answer.ok);
    } catch (error) {
      patience.end();
      const own = findOwn(error);
      if (own) throw own;
      if (!isLast && isWorthAnother(error)) return null;
      throw explainUnreachable(error, server, method !== 'GET');
    }
  }

  const asJson = { Accept: 'application/json' };
  const withBody = { ...asJson, 'Content-Type': 'application/json' };
  const client: Client = {
    wait,
    async get(path, query, schema) {
      const answer = await ask({ method: 'GET', path, query, headers: asJson, again: true });
      return readAnswer(answer, schema, server);
    },
    async look(path, schema) {
      const answer = await ask({ method: 'GET', path, headers: asJson, again: true });
      return {
        value: readAnswer(answer, schema, server),
        etag: answer.headers.get('ETag') ?? '',
      };
    },
    async *pages(path, query, of) {
      const page = pageOf(of);
      let cursor: string | undefined;
      do {
        const { found, next } = await client.get(path, { ...query, cursor }, page);
        yield found;
        if (next === cursor) throw new CommandError(`${server} answers with the same page again and again.`);
        cursor = next ?? undefined;
      } while (cursor !== undefined);
    },
    async post(path, body, schema) {
      const headers = { ...withBody, 'Idempotency-Key': randomUUID() };
      const answer = await ask({
        ...{ method: 'POST', path, headers, again: true },
        body: JSON.stringify(body),
      });
      return readAnswer(answer, schema, server);
    },
    async patch(path, etag, body, schema) {
      const headers = { ...withBody, 'If-Match': etag };
      const answer = await ask({
        ...{ method: 'PATCH', path, headers, again: false },
        body: JSON.stringify(body),
      });
      return readAnswer(answer, schema, server);
    },
    async delete(path, etag, schema) {
      const headers = { ...asJson, 'If-Match': etag };
      return readAnswer(await ask({ method: 'DELETE', path, headers, again: false }), schema, server);
    },
    async *download(path, query, type) {
      const headers = { Accept: type };
      const answer = await ask({ method: 'GET', path, query, headers, again: true, streamed: true });
      yield* answer.bytes;
    },
    async upload(path, type, input, schema) {
      const headers = { ...asJson, 'Content-Type': type, 'Idempotency-Key': randomUUID() };
      const body = await Array.fromAsync(input);
      return readAnswer(await ask({ method: 'POST', path, headers, body, again: true }), schema, server);
    },
  };
  return client;
}

/** What was thrown here, also where fetch passes it on as the cause of its own. */
function findOwn(error: unknown): CommandError | null {
  if (error instanceof CommandError) return error;
  return error instanceof Error && error.cause !== undefined ? findOwn(error.cause) : null;
}
