import type { Context } from 'hono';

/** The id of the last row of the page before (`?before=`); undefined: the first page. */
export function readPage({ req }: Context): number | undefined {
  const text = req.query('before') ?? '';
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
