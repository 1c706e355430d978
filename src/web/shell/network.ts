import { isIPv4, isIPv6 } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/**
 * Where somebody asks from, to limit how often: an IPv4 address, or the /64 that an IPv6 address is in, as one household
 * has that many. `trustedProxies`: how many proxies before us are taken at their word; the farthest of them was reached
 * from the address that many from the end of X-Forwarded-For, and what stands before that anybody can have written.
 */
export function networkOf(c: Context, trustedProxies = 0): string {
  // Only a request that came over a socket has an address.
  const peer = c.env?.incoming ? getConnInfo(c).remote.address : '127.0.0.1';
  const said = trustedProxies === 0 ? [] : (c.req.header('X-Forwarded-For')?.split(',') ?? []);
  const farthest = said.at(-trustedProxies) ?? '';
  const network = trustedProxies === 0 ? 'unknown' : wide(plain(farthest.trim()));
  return network === 'unknown' ? wide(plain(peer)) : network;
}

/** The wider block of a network: the /24 of an IPv4 address, the /48 of an IPv6 one; others as they are. */
export function blockOf(network: string): string {
  if (isIPv4(network)) return `${network.slice(0, network.lastIndexOf('.'))}.0/24`;
  const groups = /^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+):[0-9a-f]+::\/64$/.exec(network);
  return groups ? `${groups[1]}::/48` : network;
}

/** Whether a proxy seems to speak for others though none is trusted: all of them look like one. */
export function hidesBehindProxy(c: Context, trustedProxies: number): boolean {
  return trustedProxies === 0 && c.req.header('X-Forwarded-For') !== undefined;
}

/** Of this machine or of the network it is in, where a proxy may stand. */
const near = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd][0-9a-f]{2}:/i;

/**
 * `networkOf`, or null where everybody seems to come from one proxy nearby that is not trusted: to limit that one would
 * let anybody shut out everybody.
 */
export function ownNetworkOf(c: Context, trustedProxies = 0): string | null {
  const peer = plain(c.env?.incoming ? getConnInfo(c).remote.address : '127.0.0.1');
  return hidesBehindProxy(c, trustedProxies) && near.test(peer) ? null : networkOf(c, trustedProxies);
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
