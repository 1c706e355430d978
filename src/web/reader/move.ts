import { Hono } from 'hono';
import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { maskAddress } from '../../mail/addresses.ts';
import { confirmMove, findMove } from '../../subscribers/move.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { formTokenField, formTokenInput, readFormToken } from '../shell/forms.ts';
import { frameOf, page } from '../shell/page.ts';
import { holderOf, readerLinks } from './links.ts';
import { mailSoon } from './mail-soon.ts';

/** Where the link in the mail to a new address leads: a page whose button makes it theirs. */
export function movePages(dependencies: WebDependencies): Hono {
  const { store, config, clock, signUps, log } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const hashAddress = makeHashAddress(config.secretKey);
  const deps = () => ({ db: store.db, now: clock.now(), hashAddress });
  const claimOf = (token: string) => ({ form: 'move', holder: token });
  const unknown = page(
    frame,
    'This link does not work',
    html`<p>It works once and for a few days. Your preferences, by the link at the foot of the latest mail, send another.</p>`,
  );
  site.use('/move/*', async (c, next) => {
    c.header('Cache-Control', 'no-store');
    c.header('X-Robots-Tag', 'noindex');
    await next();
  });

  site.get('/move/:token', async (c) => {
    const token = c.req.param('token');
    const found = await findMove(deps(), token);
    if (!found.ok) return c.html(unknown, 404);
    return c.html(
      page(frame, 'Use this address?', [
        html`<p>Paperboy will mail your papers to <strong>${maskAddress(found.email)}</strong> from now on, and no more to
${maskAddress(found.subscriber.email)}.</p>
<form method="post" action="${base}/move/${token}">${formTokenInput(claimOf(token), config.secretKey, clock.now())}<button>Use this address</button></form>`,
      ]),
    );
  });

  site.post('/move/:token', async (c) => {
    const token = c.req.param('token');
    await c.req.arrayBuffer();
    const given = (await c.req.parseBody().catch(() => null))?.[formTokenField];
    const text = typeof given === 'string' ? given : undefined;
    if (!readFormToken(text, claimOf(token), config.secretKey, clock.now()).ok)
      return c.html(
        page(
          frame,
          'This form did not come from here',
          html`<p>Nothing was changed. Please <a href="${base}/move/${encodeURIComponent(token)}">open it again</a>.</p>`,
        ),
        403,
      );
    const moved = await confirmMove(deps(), token);
    if (!moved.ok) return c.html(unknown, 404);
    // The former address is told.
    mailSoon(signUps, log);
    return c.html(
      page(
        frame,
        'Your address is changed',
        html`<p>Your papers come to <strong>${maskAddress(moved.subscriber.email)}</strong> from now on. The links in mails to
the old address open your preferences no more.</p>
<p><a href="${readerLinks(dependencies).preferences(holderOf(moved.subscriber))}">Look at your preferences</a></p>`,
      ),
    );
  });
  return site;
}
