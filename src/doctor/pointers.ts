import { isIP } from 'node:net';
import type { Ask, Found, Lookups } from './ask.ts';
import { type Check, ok, warn } from './check.ts';

/** The mail server's public addresses, each with its names; `inside`: this machine's own, or of its network. */
export type Pointers =
  | { kind: 'inside'; host: string }
  | {
      kind: 'outside';
      host: string;
      addresses: { address: string; names: Found<string>; confirmed: boolean }[];
    };

/** Null: there is no mail server, or it does not resolve. */
export async function findPointers(
  host: string | null,
  lookups: Lookups,
  ask: Ask,
): Promise<Pointers | null> {
  if (host === null) return null;
  // A name without a dot is known to this network alone.
  if (isIP(host) === 0 && (!host.includes('.') || /\.localhost\.?$/i.test(host)))
    return { kind: 'inside', host };
  // Names are led back by their IPv4 addresses alone.
  if (isIP(host) === 6 && !inside.test(host)) return null;
  const addresses = isIP(host)
    ? ({ kind: 'found', values: [host] } as const)
    : await ask(() => lookups.resolve4(host));
  if (addresses.kind !== 'found') return null;
  const outside = addresses.values.filter((one) => !inside.test(one)).slice(0, 4);
  if (outside.length === 0) return { kind: 'inside', host };
  const looked = outside.map(async (address) => {
    const names = await ask(() => lookups.reverse(address));
    const back =
      names.kind === 'found'
        ? await Promise.all(names.values.slice(0, 4).map((name) => ask(() => lookups.resolve4(name))))
        : [];
    return {
      address,
      names,
      confirmed: back.some((one) => one.kind === 'found' && one.values.includes(address)),
    };
  });
  return { kind: 'outside', host, addresses: await Promise.all(looked) };
}

/** RFC 1918, RFC 6598, loopback and link-local; of IPv6 also RFC 4193. */
const inside =
  /^(?:0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^::1?$|^f[cd]|^fe[89ab]/i;

export function tellPointers(pointers: Pointers | null): Check[] {
  if (pointers === null) return [];
  const { host } = pointers;
  if (pointers.kind === 'inside')
    return [
      ok(
        'PTR',
        `${host} is on this machine or in its network: if it mails Gmail and Yahoo directly, the public address that it does so from must have a PTR record whose name leads back to it, which cannot be seen from here`,
      ),
    ];
  const wrong = pointers.addresses.filter(({ names, confirmed }) => names.kind !== 'unknown' && !confirmed);
  if (wrong.length === 0) return [ok('PTR', `${host} is known by its name both ways`)];
  return [
    warn(
      'PTR',
      `${wrong.map(({ address }) => address).join(', ')} of ${host} has no name that leads back to it: Gmail and Yahoo ask for one of who mails them directly`,
      'Have whoever gave you the address set its PTR record. It does not matter where a relay sends on from other addresses.',
    ),
  ];
}
