import type { MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import type { WebDependencies } from '../context.ts';
import { createLimiter } from '../shell/limiter.ts';
import { blockOf, networkOf } from '../shell/network.ts';
import { frameOf, page } from '../shell/page.ts';

/**
 * How many links that are none of ours a network may follow: a mailbox that cuts links in two for a whole office can, a
 * program that tries tokens cannot for long. Counted in this process.
 */
const limits = { windowMs: 600_000, each: { block: 150, network: 40 }, all: 3_000 };

/** Where a token says whose page it is. */
export const tokenPages = ['preferences', 'unsubscribe', 'like', 'digest', 'confirm', 'move'] as const;

/**
 * Slows down who guesses tokens. Only links that do not work count, and only their answers are held back: whoever shares
 * a network with a guesser and has a link that works, a mail provider's one click among them, is answered as ever.
 */
export function slowGuessing({ config }: WebDependencies): MiddlewareHandler {
  const limiter = createLimiter(limits);
  const frame = frameOf(config);
  const isTokenPage = new RegExp(`^/(?:${tokenPages.join('|')})/[^/]+`);
  return async (c, next) => {
    await next();
    // A link that was ours once is answered with 410.
    if (c.res.status !== 404 || !isTokenPage.test(c.req.path)) return;
    const network = networkOf(c, config.access?.trustedProxies);
    const waitMs = await limiter.take({ network, block: blockOf(network) });
    if (waitMs === null) return;
    const minutes = Math.ceil(waitMs / 60_000);
    // The headers of the answer that it stands for stay: no cache keeps either.
    c.res = await c.html(
      page(
        frame,
        'Many links here did not work',
        html`<p>From your network, or from everybody together, many links were followed in the last minutes that are none of
ours. A link from one of our mails works all the same if it is whole; others can be tried again in
${minutes === 1 ? 'a minute' : `${minutes} minutes`}.</p>`,
      ),
      429,
    );
    c.res.headers.set('Retry-After', String(Math.ceil(waitMs / 1000)));
  };
}
