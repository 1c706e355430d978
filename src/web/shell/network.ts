import { isIPv4, isIPv6 } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/** Of this machine or of the network it is in, where a proxy may stand. */
const near = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:)/i;

/**
 * Where somebody asks from, to limit how often: an IPv4 address, or the /64 that an IPv6 address is in, as one household
 * has that many. A proxy nearby is taken at its word: the last address that it added to X-Forwarded-For.
 */
export function networkOf(c: Context): string {
  // Only a request that came over a socket has an address.
  const peer = plain(c.env?.incoming ? getConnInfo(c).remote.address : '127.0.0.1');
  const forwarded = c.req.header('X-Forwarded-For')?.split(',').at(-1)?.trim();
  return wide(near.test(peer) && forwarded ? plain(forwarded) : peer);
}

/** Without the prefix of an IPv4 address that came over IPv6, a port, or brackets. */
function plain(address = ''): string {
  const bare = address.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

function wide(address: string): string {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'unknown';
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const missing = tail === undefined ? 0 : Math.max(8 - before.length - after.length, 0);
  const all = [...before, ...Array<string>(missing).fill('0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
