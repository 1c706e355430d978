import type { Context } from 'hono';
import { html } from 'hono/html';
import { findDelivery, type OwnedDelivery } from '../../store/deliveries.ts';
import { findSubscriber, type Subscriber } from '../../store/subscribers.ts';
import {
  type DeliveryPurpose,
  readDeliveryToken,
  readToken,
  type TokenPurpose,
} from '../../subscribers/tokens.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { type Html, page } from '../shell/page.ts';

/** Whose link was followed, or the page that says it does not work. */
export type Bearer = { ok: true; subscriber: Subscriber } | { ok: false; answer: Response };
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
  if (subscriber && subscriber.status !== 'erased') return { ok: true, subscriber };
  return { ok: false, answer: await sayUnknown(c, config) };
}

/** The same for the token of one delivery. */
export async function findDeliveryBearer(
  c: Context,
  purpose: DeliveryPurpose,
  { store, config }: WebDependencies,
): Promise<DeliveryBearer> {
  keepPrivate(c);
  const read = readDeliveryToken(c.req.param('token') ?? '', purpose, config.secretKey);
  if (!read.ok) return { ok: false, answer: await sayBroken(c, config) };
  const delivery = await findDelivery(store.db, read.deliveryId);
  if (!delivery) return { ok: false, answer: await sayForgotten(c, config) };
  if (delivery.subscriberStatus === 'erased') return { ok: false, answer: await sayUnknown(c, config) };
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

function sayUnknown(c: Context, config: Config) {
  return answer(
    c,
    config,
    410,
    'This address is no longer known here',
    html`<p>It gets no mail from here.</p>`,
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
  return c.html(page(basePath(config), title, content), status);
}
