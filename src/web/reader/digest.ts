import { Hono } from 'hono';
import { html } from 'hono/html';
import { readShownDigest } from '../../delivery/shown.ts';
import { asPage } from '../../digest/as-page.ts';
import type { DigestLinks } from '../../digest/digest.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, page } from '../shell/page.ts';
import { findDeliveryBearer } from './bearer.ts';

/**
 * What a shown mail may do: be styled by itself and be left by its links. Neither a script nor an image nor a form
 * works in it, and none of its links takes along where it was (the address holds a token).
 */
const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  'sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation';

/** A digest as it was mailed, for who would rather read it in a browser. */
export function digestPages(dependencies: WebDependencies): Hono {
  const { store, config, renderer } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  if (!renderer) return site;

  site.get('/digest/:token', async (c) => {
    const bearer = await findDeliveryBearer(c, 'view', dependencies);
    if (!bearer.ok) return bearer.answer;
    const shown = await readShownDigest(
      store.db,
      bearer.delivery,
      shareableLinks(config.web.publicUrl, c.req.param('token')),
    );
    if (!shown.ok) return c.html(page(frame, titles[shown.reason], html`<p>${words[shown.reason]}</p>`), 410);
    const render = await renderer();
    c.header('Content-Security-Policy', mailPolicy);
    c.header('Referrer-Policy', 'no-referrer');
    return c.html(asPage(render(shown.digest).html));
  });

  site.get('/digest/:token/links', async (c) => {
    const bearer = await findDeliveryBearer(c, 'view', dependencies);
    if (!bearer.ok) return bearer.answer;
    return c.html(
      page(
        frame,
        'These links are in the mail',
        html`<p>This page is one that people pass on, so it does not hold what changes or ends its reader’s subscription.
Please use the links at the foot of the mail itself.</p>
<p><a href="${base}/digest/${c.req.param('token')}">Back to the digest</a></p>`,
      ),
    );
  });
  return site;
}

/**
 * The links that a shown mail has: it is passed on as pages are, and with it goes this one digest, but neither the
 * subscription nor what its reader likes.
 */
function shareableLinks(publicUrl: string, token: string): DigestLinks {
  const links = `${publicUrl}/digest/${token}/links`;
  return { home: `${publicUrl}/`, preferences: links, unsubscribe: links };
}

const titles = { not_mailed: 'This digest was not mailed', withdrawn: 'There is nothing left to show' };
const words = {
  not_mailed: 'It was held back before it went out, so there is nothing to look at.',
  withdrawn: 'All its papers were withdrawn since it was mailed.',
};
