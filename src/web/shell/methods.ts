import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { type Frame, page } from './page.ts';

const asked = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What can be done at a path, for `Allow` (RFC 9110 §10.2.1): as routes of one method each have it; empty: nothing is there. */
export function methodsAt(web: Hono, path: string): string[] {
  // Those for all methods are what stands before the pages, such as who may come in.
  const methods = asked.filter((method) =>
    web.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  if (methods.length === 0) return [];
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
}

/** The answer to a method that a page does not have, or to OPTIONS; null: there is no page, or it has the method. */
export async function answerOtherMethod(c: Context, web: Hono, frame: Frame): Promise<Response | null> {
  const { method, path } = c.req;
  const allowed = methodsAt(web, path);
  if (allowed.length === 0 || (method !== 'OPTIONS' && allowed.includes(method))) return null;
  c.header('Allow', allowed.join(', '));
  if (method === 'OPTIONS') return c.body(null, 204);
  const words = html`<p>Nothing was changed. <a href="${frame.base}/">To the start page</a></p>`;
  return await c.html(page(frame, 'This cannot be done here', words), 405);
}
