import type { Context } from 'hono';
import { html } from 'hono/html';
import { findDelivery, type OwnedDelivery } from '../../store/deliveries.ts';
import { findSubscriber, type Subscriber } from '../../store/subscribers.ts';
import {
  type DeliveryPurpose,
  readDeliveryToken,
  readToken,
  type TokenPurpose,
  unsentToken,
} from '../../subscribers/tokens.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, type Html, page } from '../shell/page.ts';

/**
 * Whose link was followed, or the page that says it does not work. `switchedOff`: they switched off the link since, or
 * have another address; it may still unsubscribe, but tells its bearer nothing.
 */
export type Bearer =
  | { ok: true; subscriber: Subscriber; switchedOff: boolean }
  | { ok: false; answer: Response };
export type DeliveryBearer = { ok: true; delivery: OwnedDelivery } | { ok: false; answer: Response };

/** Reads the token of the path; what it opens is for its bearer alone and stays out of caches and indexes. */
export async function findBearer(
  c: Context,
  purpose: TokenPurpose,
  { store, config }: WebDependencies,
): Promise<Bearer> {
  keepPrivate(c);
  const read = readToken(c.req.param('token') ?? '', purpose, config.secretKey);
  if (!read.ok) return { ok: false, answer: await sayBroken(c, config) };
  const subscriber = await findSubscriber(store.db, read.subscriberId);
  if (!subscriber || subscriber.status === 'erased')
    return { ok: false, answer: await sayUnknown(c, config) };
  const switchedOff = read.linkEpoch !== subscriber.linkEpoch;
  if (switchedOff && purpose !== 'unsubscribe') return { ok: false, answer: await saySwitchedOff(c, config) };
  return { ok: true, subscriber, switchedOff };
}

/** The same for the token of one delivery. */
export async function findDeliveryBearer(
  c: Context,
  purpose: DeliveryPurpose,
  { store, config }: WebDependencies,
): Promise<DeliveryBearer> {
  keepPrivate(c);
  if (c.req.param('token') === unsentToken) return { ok: false, answer: await sayUnsent(c, config) };
  const read = readDeliveryToken(c.req.param('token') ?? '', purpose, config.secretKey);
  if (!read.ok) return { ok: false, answer: await sayBroken(c, config) };
  const delivery = await findDelivery(store.db, read.deliveryId);
  if (!delivery) return { ok: false, answer: await sayForgotten(c, config) };
  if (delivery.subscriberStatus === 'erased') return { ok: false, answer: await sayUnknown(c, config) };
  if (read.linkEpoch !== delivery.linkEpoch) return { ok: false, answer: await saySwitchedOff(c, config) };
  return { ok: true, delivery };
}

function keepPrivate(c: Context): void {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
}

type Config = WebDependencies['config'];

function sayBroken(c: Context, config: Config) {
  return answer(
    c,
    config,
    404,
    'This link does not work',
    html`<p>It may have been cut off on its way: please use the link at the foot of the latest mail, or copy
the whole of it. Nothing was changed.</p>`,
  );
}

function sayUnsent(c: Context, config: Config) {
  return answer(
    c,
    config,
    404,
    'This mail was only a preview or a test',
    html`<p>Its links to the paper work; this one does once the digest is mailed. Nothing was changed.</p>`,
  );
}

function sayUnknown(c: Context, config: Config) {
  return answer(
    c,
    config,
    410,
    'This address is no longer known here',
    html`<p>It gets no mail from here.</p>`,
  );
}

function saySwitchedOff(c: Context, config: Config) {
  return answer(
    c,
    config,
    410,
    'This link was switched off',
    html`<p>Its reader switched off the links in older mails, or has another address since. The links in mails sent
after that work.</p>`,
  );
}

function sayForgotten(c: Context, config: Config) {
  return answer(
    c,
    config,
    410,
    'This digest is not kept any more',
    html`<p>It was mailed long ago. <a href="${basePath(config)}/">See what is trending now</a></p>`,
  );
}

async function answer(c: Context, config: Config, status: 404 | 410, title: string, content: Html) {
  return c.html(page(frameOf(config), title, content), status);
}
