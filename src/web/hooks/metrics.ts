import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import type { WebDependencies } from '../context.ts';

/** Headers by which a proxy says that somebody else is asking. */
const forwardingHeaders = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via'];

/** `/metrics` for Prometheus: for whoever brings METRICS_TOKEN; without one set, for this machine alone. */
export function metricsPages({ metrics }: WebDependencies): Hono {
  const site = new Hono();
  if (!metrics) return site;
  site.get('/metrics', async (c) => {
    c.header('Cache-Control', 'no-store');
    if (metrics.token !== null && !bringsToken(c, metrics.token)) {
      c.header('WWW-Authenticate', 'Bearer realm="metrics"');
      return c.text('Send METRICS_TOKEN as the bearer token.\n', 401);
    }
    if (metrics.token === null && !comesFromHere(c))
      return c.text('Set METRICS_TOKEN to read this from elsewhere or through a proxy.\n', 403);
    return c.body(await metrics.read(), 200, { 'Content-Type': metrics.contentType });
  });
  return site;
}

/** RFC 6750 §2.1. In constant time: digests are of one length whatever was sent. */
function bringsToken(c: Context, token: string): boolean {
  const brought = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return brought !== undefined && timingSafeEqual(digest(brought), digest(token));
}

/** Directly from a program on this machine. A page that names itself so in a browser here has another Host. */
function comesFromHere(c: Context): boolean {
  if (forwardingHeaders.some((name) => c.req.header(name) !== undefined)) return false;
  const { hostname } = new URL(c.req.url);
  const named = hostname.replace(/^\[|\]$/g, '');
  if (named !== 'localhost' && isIP(named) === 0) return false;
  // Only a request that came over a socket has an address.
  const address = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
}
