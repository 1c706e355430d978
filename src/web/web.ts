import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';
import { keepTopicLooks } from '../delivery/topic-looks.ts';
import { makeHashAddress } from '../mail/address-hash.ts';
import { maxListBytes } from '../subscribers/staged-lists.ts';
import { adminPages } from './admin/admin.ts';
import { sayNothingHere } from './admin/nothing.ts';
import { isListUpload } from './admin/subscriber-import.ts';
import { apiPath, createApi, isApi } from './api/api.ts';
import { authorizeByToken } from './api/auth.ts';
import { referencePages } from './api/reference.ts';
import { basePath, type WebDependencies } from './context.ts';
import { healthPages } from './hooks/health.ts';
import { metricsPages } from './hooks/metrics.ts';
import { isWebhook, webhookPages } from './hooks/webhooks.ts';
import { confirmPages } from './reader/confirm.ts';
import { countedPages } from './reader/counted.ts';
import { digestPages } from './reader/digest.ts';
import { likePages } from './reader/like.ts';
import { movePages } from './reader/move.ts';
import { preferencesPages } from './reader/preferences.ts';
import { subscribePages } from './reader/subscribe.ts';
import { isOneClick, unsubscribePages } from './reader/unsubscribe.ts';
import { slowGuessing } from './reader/wrong-links.ts';
import { assetPages } from './shell/assets.ts';
import { answerOtherMethod, methodsAt } from './shell/methods.ts';
import { checkOrigin } from './shell/origin.ts';
import { frameOf, page } from './shell/page.ts';
import { sitePages } from './site/site.ts';

/** Far more than any form here needs. */
const maxBodyBytes = 64 * 1024;

/** What takes a POST from elsewhere: relays, mail providers that unsubscribe somebody, and programs with a token. */
const isForOthers = (path: string) => isWebhook(path) || isOneClick(path) || isApi(path);

/**
 * The pages. They load nothing from elsewhere and set no cookie but the one of an admin who has signed in. Works both behind a proxy
 * that strips the path of PUBLIC_URL and behind one that does not.
 */
export function createWeb(given: WebDependencies): Hono {
  const { config, log, clock, candidates } = given;
  const timezone = config.digest?.timezone ?? 'UTC';
  const topicLooks = given.topicLooks ?? (candidates ? keepTopicLooks(candidates, clock, timezone) : null);
  const dependencies = { ...given, topicLooks };
  const base = basePath(config);
  const frame = frameOf(config);
  const web = new Hono({
    getPath: (request) => {
      const { pathname } = new URL(request.url);
      if (base !== '' && pathname === base) return '/';
      return base !== '' && pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
    },
  });
  web.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        // Pico draws the ticks and arrows of forms by pictures within its style sheet; they load nothing.
        imgSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // A token in a path must not travel on to where a link leads; without any referrer at all, a browser would not
      // say either that a form is our own (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
      // A page may bring stricter rules of its own.
      overwrite: false,
      strictTransportSecurity: config.web.publicUrl.startsWith('https:') ? 'max-age=31536000' : false,
    }),
  );
  // Whatever becomes of it, a POST's answer is for the one who sent it.
  web.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') c.header('Cache-Control', 'no-store');
    await next();
  });
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => c.html(page(frame, 'This is too much', html`<p>Nothing was changed.</p>`), 413),
  });
  // Relays report many events at once; what they and programs send has limits of its own.
  const listLimit = bodyLimit({
    maxSize: maxListBytes + maxBodyBytes,
    onError: (c) => c.html(page(frame, 'This file is too large', html`<p>Nothing was changed.</p>`), 413),
  });
  web.use((c, next) =>
    isWebhook(c.req.path) || isApi(c.req.path)
      ? next()
      : isListUpload(c.req.path)
        ? listLimit(c, next)
        : limit(c, next),
  );

  web.use(checkOrigin(config.web.publicUrl, frame, isForOthers));

  web.use(slowGuessing(dependencies));

  const api = createApi({
    ...dependencies,
    authorize: authorizeByToken(dependencies),
    hashAddress: makeHashAddress(config.secretKey),
  });
  web.route('/', assetPages());
  for (const pages of [
    sitePages,
    subscribePages,
    confirmPages,
    unsubscribePages,
    preferencesPages,
    likePages,
    digestPages,
    countedPages,
    movePages,
    healthPages,
    metricsPages,
    webhookPages,
  ])
    web.route('/', pages(dependencies));
  web.route('/', adminPages(dependencies));
  web.route('/', referencePages(dependencies, api));
  web.route(apiPath, api);

  web.notFound(async (c) => {
    const refusal = await answerOtherMethod(c, web, frame);
    if (refusal) return refusal;
    const { method, path } = c.req;
    // Typed by hand: no page of ours ends in a slash. One slash at the start, or it would lead to another host.
    const plain = /^\/[^/\\].*[^/](?=\/$)/.exec(path)?.[0];
    if (plain !== undefined && method === 'GET' && methodsAt(web, plain).includes(method))
      return c.redirect(base + plain, 301);
    const inside = sayNothingHere(c);
    if (inside) return inside;
    return c.html(
      page(frame, 'There is nothing here', html`<p><a href="${base}/">To the start page</a></p>`),
      404,
    );
  });
  web.onError((error, c) => {
    // The path may hold a token and stays out of the log.
    if (log) log.error({ err: error }, 'a page could not be made');
    else console.error(error);
    return c.html(
      page(frame, 'Something went wrong here', html`<p>It is not your doing. Please try again later.</p>`),
      500,
    );
  });
  return web;
}
