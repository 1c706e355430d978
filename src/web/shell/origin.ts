import type { MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import { type Frame, page } from './page.ts';

/**
 * Lets only our own pages send forms. What the browser says of itself decides (https://www.w3.org/TR/fetch-metadata/,
 * RFC 6454): `Sec-Fetch-Site` where there is one, else `Origin`, which must be that of PUBLIC_URL or the host that was
 * asked. A program that sends neither is no browser that somebody could have been lured with. `isExempt`: paths that
 * take POSTs from elsewhere.
 */
export function checkOrigin(
  publicUrl: string,
  frame: Frame,
  isExempt: (path: string) => boolean,
): MiddlewareHandler {
  const { origin: ours } = new URL(publicUrl);
  return async (c, next) => {
    const { method, path } = c.req;
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || isExempt(path)) return next();
    const site = c.req.header('Sec-Fetch-Site');
    const origin = c.req.header('Origin');
    const isOurs =
      site !== undefined
        ? site === 'same-origin'
        : origin === undefined || origin === ours || hostOf(origin) === c.req.header('Host');
    if (isOurs) return next();
    return c.html(
      page(
        frame,
        'This form came from somewhere else',
        html`<p>Nothing was changed. Please open the page here and try again.</p>`,
      ),
      403,
    );
  };
}

function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}
