import type { Context, MiddlewareHandler } from 'hono';
import { authorizeToken, type TokenScope } from '../../admins/tokens.ts';
import { actingAs } from '../../store/acting.ts';
import type { WebDependencies } from '../context.ts';
import { createLimiter } from '../shell/limiter.ts';
import { blockOf, networkOf } from '../shell/network.ts';
import { accepts } from './accept.ts';
import type { ApiEnv, Authorize } from './context.ts';
import { ApiProblem } from './problem.ts';

/** Wrong tokens of a network; a program that was given a wrong one asks a few times, a guesser on and on. */
const wrongTokens = { windowMs: 600_000, each: { block: 150, network: 40 }, all: 3_000 };
/** Of a token: ten a second for a minute, more than a program that reads page after page needs. */
const requestsAMinute = 600;

/**
 * Lets in whoever sends a token that is good for the scope (RFC 6750 §2.1). Cookies count for nothing here. Only wrong
 * tokens count against a network: whoever shares one with a guesser and has a good token is answered as ever.
 */
export function authorizeByToken({ store, clock, config, api }: WebDependencies): Authorize {
  const guesses = createLimiter(wrongTokens);
  const most = api?.requestsAMinute ?? requestsAMinute;
  const rates = createLimiter({ windowMs: 60_000, each: { token: most }, all: most * 10 });
  return async (c, scope) => {
    const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1];
    const authorized = await authorizeToken(store.db, bearer, scope, clock.now());
    if (authorized.ok) {
      const waitMs = await rates.take({ token: String(authorized.token.id) });
      if (waitMs !== null) throw tooMany(`${most} requests a minute are the most for a token.`, waitMs);
      return { kind: 'token', id: authorized.token.id };
    }
    if (authorized.reason === 'scope')
      throw new ApiProblem(
        'forbidden',
        `The token has not the scope “${scope}”. An admin can make one that has.`,
        {
          headers: {
            'WWW-Authenticate': `Bearer realm="paperboy", error="insufficient_scope", scope="${scope}"`,
          },
        },
      );
    if (authorized.reason === 'missing')
      throw new ApiProblem(
        'unauthorized',
        'Send a token as “Authorization: Bearer pb_…”. An admin makes one.',
        {
          headers: { 'WWW-Authenticate': 'Bearer realm="paperboy"' },
        },
      );
    await slowDown(guesses, c, config);
    throw new ApiProblem('unauthorized', 'This token is unknown, expired or revoked.', {
      headers: { 'WWW-Authenticate': 'Bearer realm="paperboy", error="invalid_token"' },
    });
  };
}

async function slowDown(
  limiter: ReturnType<typeof createLimiter<'block' | 'network'>>,
  c: Context,
  config: WebDependencies['config'],
): Promise<void> {
  const network = networkOf(c, config.access?.trustedProxies);
  const waitMs = await limiter.take({ network, block: blockOf(network) });
  if (waitMs !== null) throw tooMany('From this network came too many tokens that are none.', waitMs);
}

function tooMany(detail: string, waitMs: number): ApiProblem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ApiProblem('too-many-requests', `${detail} Try again in ${seconds} s.`, {
    headers: { 'Retry-After': String(seconds) },
  });
}

/** Whatever comes behind is for who has the scope, is done in their name, and is to be had as `type`. */
export function requires(scope: TokenScope, type = 'application/json'): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const actor = await c.var.authorize(c, scope);
    if (!accepts(c.req.header('Accept'), type))
      throw new ApiProblem('not-acceptable', `This is answered as ${type} alone.`);
    c.set('actor', actor);
    await actingAs(actor, next);
  };
}
