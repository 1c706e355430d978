import type { Context } from 'hono';
import { html } from 'hono/html';
import { findSubscriber, type Subscriber } from '../../store/subscribers.ts';
import { readToken, type TokenPurpose } from '../../subscribers/tokens.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';

/** Whose link was followed, or the page that says it does not work. */
export type Bearer = { ok: true; subscriber: Subscriber } | { ok: false; answer: Response };

/** Reads the token of the path; what it opens is for its bearer alone and stays out of caches and indexes. */
export async function findBearer(
  c: Context,
  purpose: TokenPurpose,
  { store, config }: WebDependencies,
): Promise<Bearer> {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
  const read = readToken(c.req.param('token') ?? '', purpose, config.secretKey);
  const subscriber = read.ok ? await findSubscriber(store.db, read.subscriberId) : null;
  if (subscriber && subscriber.status !== 'erased') return { ok: true, subscriber };
  const base = basePath(config);
  const answer = read.ok
    ? c.html(page(base, 'This address is no longer known here', html`<p>It gets no mail from here.</p>`), 410)
    : c.html(
        page(
          base,
          'This link does not work',
          html`<p>It may have been cut off on its way: please use the link at the foot of the latest mail, or copy
the whole of it. Nothing was changed.</p>`,
        ),
        404,
      );
  return { ok: false, answer: await answer };
}
