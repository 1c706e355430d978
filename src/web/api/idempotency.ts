import { createHmac } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { beginRequest, forgetRequest, type KeptAnswer, keepAnswer } from '../../store/request-keys.ts';
import type { ApiEnv } from './context.ts';
import { ApiProblem } from './problem.ts';

const dayMs = 24 * 3_600_000;

/** `kept`: how long the answer is, in words. */
export const keyHeader = (kept: string) =>
  z.object({
    'idempotency-key': z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, 'Expected up to 255 visible ASCII characters.')
      .optional()
      .openapi({
        description: `A key of your own for this request, such as a UUID: the same request with the same key is done once and gets the same answer for ${kept}.`,
        example: '7f0c3c1e-6f0a-4a52-9d0e-0d5f5a4c2d11',
      }),
  });
export const idempotencyHeader = keyHeader('a day');

/** Keys of this process whose requests are under way. */
const underWay = new Set<string>();

/**
 * Does a request with a key once (draft-ietf-httpapi-idempotency-key-header): the same again gets the answer that was
 * kept, another one with that key is refused, and so is one while the first is under way. What ends with an error of
 * ours was taken back, and its key is free again.
 */
export const doneOnce =
  (keptMs: number): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const key = c.req.header('Idempotency-Key');
    const { actor, dependencies } = c.var;
    if (key === undefined || actor.id === undefined) return await next();
    if (!idempotencyHeader.shape['idempotency-key'].safeParse(key).success)
      throw new ApiProblem('parameters', 'The key cannot be used.', {
        errors: [{ parameter: 'Idempotency-Key', detail: 'Expected up to 255 visible ASCII characters.' }],
      });
    const { db } = dependencies.store;
    const request = {
      tokenId: actor.id,
      key,
      fingerprint: await fingerprintOf(c, dependencies.config.secretKey),
    };
    const at = dependencies.clock.now();
    const begun = await beginRequest(db, request, { at, expiresAt: at + keptMs });
    const mark = `${request.tokenId} ${key}`;
    if (begun.state === 'known') {
      if (begun.fingerprint !== request.fingerprint)
        throw new ApiProblem(
          'key-reused',
          'This key was given to another request. Give this one a key of its own.',
        );
      if (begun.answer) return replay(begun.answer);
      throw new ApiProblem(
        'under-way',
        underWay.has(mark)
          ? 'The first request with this key is under way. Ask again in a moment.'
          : 'A request with this key was begun, and how it ended is not known. Look whether it was done before you repeat it with another key.',
        { headers: { 'Retry-After': '1' } },
      );
    }
    underWay.add(mark);
    try {
      await next();
      if (c.res.status >= 500) await forgetRequest(db, request);
      else await keepAnswer(db, request, await answerOf(c.res));
    } finally {
      underWay.delete(mark);
    }
  };

export const idempotent = doneOnce(dayMs);

async function fingerprintOf(c: Context, secret: string): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  const head = [c.req.method, pathname + search, c.req.header('Content-Type') ?? ''];
  // Its bytes, which need not be text; they are kept for who reads them next.
  return createHmac('sha256', secret)
    .update(JSON.stringify(head))
    .update(new Uint8Array(await c.req.arrayBuffer()))
    .digest('base64url');
}

const keptHeaders = ['content-type', 'location', 'etag', 'retry-after'];

async function answerOf(response: Response): Promise<KeptAnswer> {
  const headers = keptHeaders.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: await response.clone().text(),
  };
}

function replay({ status, headers, body }: KeptAnswer): Response {
  return new Response(body === '' ? null : body, {
    status,
    headers: { ...headers, 'Idempotency-Replayed': 'true', 'Cache-Control': 'no-store' },
  });
}
