import { Hono } from 'hono';
import { html } from 'hono/html';
import { maskAddress } from '../../mail/addresses.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { resubscribeSubscriber, unsubscribeSubscriber } from '../../subscribers/status.ts';
import { signToken } from '../../subscribers/tokens.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';
import { findBearer } from './bearer.ts';

/** The address that RFC 8058's POST goes to. */
export function isOneClick(path: string): boolean {
  return /^\/unsubscribe\/[^/]+$/.test(path);
}

/**
 * Unsubscribing takes effect at once. A GET only asks, as mail scanners follow links; any POST acts, be it
 * the page's button or the mail provider's one click (RFC 8058: no cookie, no login, no redirect).
 */
export function unsubscribePages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const link = (path: 'unsubscribe' | 'preferences', { id }: Subscriber) =>
    `${base}/${path}/${signToken({ purpose: path, subscriberId: id }, config.secretKey)}`;

  const ask = (subscriber: Subscriber) =>
    page(base, 'Unsubscribe?', [
      html`<p>${maskAddress(subscriber.email)} will get no more mail from Paperboy.</p>
<form method="post" action="${link('unsubscribe', subscriber)}"><button>Unsubscribe</button></form>`,
      html`<h2>Rather fewer mails?</h2>
<p>You can choose <a href="${link('preferences', subscriber)}">other topics, days and numbers, or pause</a>.</p>`,
    ]);

  const done = (subscriber: Subscriber) =>
    page(
      base,
      'You are unsubscribed',
      html`<p>${maskAddress(subscriber.email)} gets no more mail from Paperboy.</p>
<form method="post" action="${link('unsubscribe', subscriber)}/undo"><p>Was it a mistake?</p>
<button class="quiet">Subscribe again</button></form>`,
    );

  site.get('/unsubscribe/:token', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    const { subscriber } = bearer;
    return c.html(subscriber.status === 'unsubscribed' ? done(subscriber) : ask(subscriber));
  });

  site.post('/unsubscribe/:token', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    await unsubscribeSubscriber(store.db, bearer.subscriber.id, clock.now());
    return c.html(done(bearer.subscriber));
  });

  site.post('/unsubscribe/:token/undo', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    const { subscriber } = bearer;
    await resubscribeSubscriber(store.db, subscriber.id, clock.now());
    return c.html(
      page(
        base,
        'Welcome back',
        html`<p>${maskAddress(subscriber.email)} gets its papers again, with the same topics and at the same time
as before.</p><p><a href="${link('preferences', subscriber)}">Look at your preferences</a></p>`,
      ),
    );
  });
  return site;
}
