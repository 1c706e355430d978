import { createHmac, timingSafeEqual } from 'node:crypto';
import { addressPattern, distinctAddresses } from './reading/addresses.ts';

/**
 * Variable envelope return paths: each delivery has its own, so that a bounce finds it whatever its body says.
 * `bounce+TOKEN@domain`, TOKEN being 80 bits of HMAC-SHA256 and then the delivery's id, both in Crockford's base 32
 * in lower case: it has no 0/o and 1/l/i to mix up, and survives systems that change the case.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const macBytes = 10;
const macLength = 16;
const shape = /^([0-9a-hjkmnp-tv-z]{16})([1-9a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{0,10})$/;

export interface ReturnPathClaim {
  secret: string;
  deliveryId: number;
  /** In punycode. */
  domain: string;
  /** What stands before the `+`; `bounce` unless given. */
  localPart?: string;
}

/** The envelope sender of one delivery, the same each time. Throws RangeError for what is no id or no local part. */
export function makeReturnPath({
  secret,
  deliveryId,
  domain,
  localPart = 'bounce',
}: ReturnPathClaim): string {
  if (!Number.isSafeInteger(deliveryId) || deliveryId < 1)
    throw new RangeError(`not a delivery's id: ${deliveryId}`);
  // RFC 5321 allows 64 octets before the @; the token takes up to 27 and the + one.
  if (!/^[A-Za-z0-9._-]{1,36}$/.test(localPart))
    throw new RangeError(`not usable before +TOKEN: ${localPart}`);
  return `${localPart}+${encode(sign(deliveryId, secret))}${encodeId(deliveryId)}@${domain}`;
}

/**
 * The delivery a return path was made for; null when it is none of ours. Reads what stands after the last `+`, in any
 * case, with look-alikes put right; the local part and domain are not looked at, as forwarding may change them.
 * Takes as long for a near miss as for a wild guess.
 */
export function readReturnPath(address: string, secret: string): number | null {
  const at = address.lastIndexOf('@');
  const localPart = (at < 0 ? address : address.slice(0, at)).slice(-64);
  const token = localPart.slice(localPart.lastIndexOf('+') + 1).toLowerCase();
  const [, mac, id] = shape.exec(token.replace(/o/g, '0').replace(/[il]/g, '1')) ?? [];
  if (mac === undefined || id === undefined) return null;
  const deliveryId = [...id].reduce((sum, digit) => sum * 32 + alphabet.indexOf(digit), 0);
  if (!Number.isSafeInteger(deliveryId)) return null;
  return timingSafeEqual(decode(mac), sign(deliveryId, secret)) ? deliveryId : null;
}

/** The delivery that the first genuine return path among `addresses` was made for; null when none is. */
export function findDeliveryId(addresses: readonly string[], secret: string): number | null {
  for (const address of addresses) {
    const deliveryId = readReturnPath(address, secret);
    if (deliveryId !== null) return deliveryId;
  }
  return null;
}

const candidate = new RegExp(addressPattern, 'gu');

/** Addresses in a text that are shaped like a return path, in order, each once, at most 50. */
export function findTokens(text: string): string[] {
  const found: string[] = [];
  for (const [address] of text.matchAll(candidate)) {
    if (/\+[0-9a-z]{17,27}@/i.test(address)) found.push(address);
    if (found.length === 50) break;
  }
  return distinctAddresses(found);
}

function sign(deliveryId: number, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`paperboy return path:${deliveryId}`)
    .digest()
    .subarray(0, macBytes);
}

function encode(bytes: Buffer): string {
  let text = '';
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += alphabet[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}

function decode(text: string): Buffer {
  const bytes = Buffer.alloc(macBytes);
  for (let index = 0; index < macLength; index++) {
    const bit = index * 5;
    const value = alphabet.indexOf(text[index] ?? '') << (11 - (bit & 7));
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (value >> 8);
    if ((bit >> 3) + 1 < macBytes) bytes[(bit >> 3) + 1] = (bytes[(bit >> 3) + 1] ?? 0) | (value & 255);
  }
  return bytes;
}

function encodeId(id: number): string {
  let text = '';
  for (let rest = id; rest > 0; rest = Math.floor(rest / 32)) text = `${alphabet[rest % 32]}${text}`;
  return text;
}
