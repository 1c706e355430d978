import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { maskAddress } from '../../mail/addresses.ts';
import { actingAs } from '../../store/acting.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { resubscribeSubscriber, unsubscribeSubscriber } from '../../subscribers/status.ts';
import { findSuppression } from '../../subscribers/suppressed.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, type Html, page } from '../shell/page.ts';
import { type Bearer, findBearer } from './bearer.ts';
import { readerForms } from './forms.ts';

/** The address that RFC 8058's POST goes to. */
export function isOneClick(path: string): boolean {
  return /^\/unsubscribe\/[^/]+$/.test(path);
}

type Known = Extract<Bearer, { ok: true }>;

/**
 * Unsubscribing takes effect at once. A GET only asks, as mail scanners follow links; any POST acts, be it
 * the page's button or the mail provider's one click (RFC 8058: no cookie, no login, no redirect).
 */
export function unsubscribePages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const hashAddress = makeHashAddress(config.secretKey);
  const forms = readerForms(dependencies);
  const self = (c: Context) => `${base}/unsubscribe/${c.req.param('token')}`;
  /** A link that was switched off may be in somebody else's hands: it is not told whose it is. */
  const whom = ({ subscriber, switchedOff }: Known): Html =>
    switchedOff ? html`This subscription` : html`<strong>${maskAddress(subscriber.email)}</strong>`;

  const ask = (c: Context, known: Known) =>
    page(frame, 'Unsubscribe?', [
      html`<p>${whom(known)} will get no more mail from Paperboy.</p>
<form method="post" action="${self(c)}"><button>Unsubscribe</button></form>`,
      known.switchedOff
        ? html``
        : html`<h2>Rather fewer mails?</h2>
<p>The link “Preferences” beside this one in your mail leads to other topics, days and numbers, and to a pause.</p>`,
    ]);

  const done = (c: Context, known: Known) =>
    page(
      frame,
      'You are unsubscribed',
      html`<p>${whom(known)} gets no more mail from Paperboy, and neither do digests go out that were made ready already.</p>
<h2>Was it a mistake?</h2>
${
  known.switchedOff
    ? frame.isSignUpOpen
      ? html`<p>Please <a href="${base}/">subscribe again</a>: papers that you were sent before do not come again.</p>`
      : html`<p>Please ask whoever runs this site to add you again: papers that you were sent before do not come again.</p>`
    : html`<p>You get your topics back, at the same time as before; papers that you were sent before do not come again.</p>
<form method="post" action="${self(c)}/undo">${forms.token('resubscribe', known.subscriber.id)}<button class="quiet">Subscribe again</button></form>`
}`,
    );

  /** Why nothing comes although they subscribed again; null: it comes. */
  const whyNoMail = async (subscriber: Subscriber): Promise<Html | null> => {
    const suppression = await findSuppression(store.db, hashAddress, subscriber.emailKey);
    if (!suppression) return null;
    return html`<p class="notice wrong">No mail goes to this address all the same: ${
      suppression.reason === 'complaint'
        ? 'mail to it was marked as spam'
        : 'mail to it came back, or whoever runs this site was asked to send none'
    }. Ask whoever runs this site to let it through again, or subscribe with another address.</p>`;
  };

  site.get('/unsubscribe/:token', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    return c.html((bearer.subscriber.status === 'unsubscribed' ? done : ask)(c, bearer));
  });

  site.post('/unsubscribe/:token', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    await actingAs({ kind: 'subscriber', id: bearer.subscriber.id }, () =>
      unsubscribeSubscriber(store.db, bearer.subscriber.id, clock.now()),
    );
    return c.html(done(c, bearer));
  });

  site.post('/unsubscribe/:token/undo', async (c) => {
    const bearer = await findBearer(c, 'unsubscribe', dependencies);
    if (!bearer.ok) return bearer.answer;
    const { subscriber, switchedOff } = bearer;
    const refusal = switchedOff
      ? await c.html(done(c, bearer), 403)
      : await forms.refuse(c, 'resubscribe', subscriber.id, self(c));
    if (refusal) return refusal;
    await actingAs({ kind: 'subscriber', id: subscriber.id }, () =>
      resubscribeSubscriber(store.db, subscriber.id, clock.now()),
    );
    const why = await whyNoMail(subscriber);
    return c.html(
      page(frame, why ? 'You are subscribed again, but' : 'Welcome back', [
        why ??
          html`<p>${whom(bearer)} gets its papers again, with the same topics and at the same time as before.</p>`,
      ]),
    );
  });
  return site;
}
