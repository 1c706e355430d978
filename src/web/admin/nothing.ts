import type { Context } from 'hono';
import { html } from 'hono/html';
import type { AdminEnv } from './context.ts';
import { adminPage } from './layout.ts';

/** The answer to an address of the admin's pages that there is nothing at; null: nobody has come in there. */
export function sayNothingHere(c: Context): Response | Promise<Response> | null {
  if (c.get('signedIn') === undefined) return null;
  const inside = c as Context<AdminEnv>;
  const words = html`<p>What was here may have been renamed or erased. <a href="${inside.var.base}/admin">To the overview</a></p>`;
  return inside.html(adminPage(inside, 'There is nothing here', words), 404);
}
