import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.ts';
import type { DigestLinks } from '../digest/digest.ts';

/** What a subscriber's token lets its bearer do. A token of one purpose is worth nothing for another. */
export const tokenPurposes = ['unsubscribe', 'preferences'] as const;
export type TokenPurpose = (typeof tokenPurposes)[number];

/** What a delivery's token lets its bearer do: look at that digest, say which of its papers are liked. */
export const deliveryPurposes = ['view', 'feedback'] as const;
export type DeliveryPurpose = (typeof deliveryPurposes)[number];

export type ReadToken = { ok: true; subscriberId: number } | { ok: false };
export type ReadDeliveryToken = { ok: true; deliveryId: number } | { ok: false };

/** 192 bits of HMAC-SHA256, as base64url without padding. */
const macBytes = 24;
const macLength = 32;
const shape = /^([A-Za-z0-9_-]{32})([1-9a-z][0-9a-z]{0,10})$/;

/**
 * A token for one subscriber and one purpose: the MAC, then the subscriber's id in base 36 (at the end, so
 * that no link ends in a `-` which a mail reader might take for punctuation). It holds no address and does
 * not expire, as links in old mails must go on working; the same input gives the same token.
 */
export function signToken(claim: { purpose: TokenPurpose; subscriberId: number }, secret: string): string {
  return sign(claim.purpose, claim.subscriberId, secret);
}

/** The same for one delivery: whoever passes a mail on passes on that one digest and not the subscription. */
export function signDeliveryToken(
  claim: { purpose: DeliveryPurpose; deliveryId: number },
  secret: string,
): string {
  return sign(claim.purpose, claim.deliveryId, secret);
}

/** Whose token it is, if it is one of ours for that purpose. Takes as long for a near miss as for a wild guess. */
export function readToken(text: string, purpose: TokenPurpose, secret: string): ReadToken {
  const subscriberId = read(text, purpose, secret);
  return subscriberId === null ? { ok: false } : { ok: true, subscriberId };
}

/** Which delivery it is of, if it is one of ours for that purpose. */
export function readDeliveryToken(text: string, purpose: DeliveryPurpose, secret: string): ReadDeliveryToken {
  const deliveryId = read(text, purpose, secret);
  return deliveryId === null ? { ok: false } : { ok: true, deliveryId };
}

function sign(purpose: TokenPurpose | DeliveryPurpose, id: number, secret: string): string {
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError(`not an id to sign a token for: ${id}`);
  return authenticate(purpose, id, secret).toString('base64url') + id.toString(36);
}

function read(text: string, purpose: TokenPurpose | DeliveryPurpose, secret: string): number | null {
  const [, mac, written] = shape.exec(text) ?? [];
  if (mac === undefined || written === undefined) return null;
  const id = Number.parseInt(written, 36);
  if (!Number.isSafeInteger(id)) return null;
  const given = Buffer.from(mac.slice(0, macLength), 'base64url');
  return timingSafeEqual(given, authenticate(purpose, id, secret)) ? id : null;
}

function authenticate(purpose: string, id: number, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`paperboy token:${purpose}:${id}`)
    .digest()
    .subarray(0, macBytes);
}

/**
 * The links of one subscriber's mail, the same each time; those of the delivery itself only once it is planned
 * (its id is 0 until then).
 */
export function mailLinks(
  config: { readonly secretKey: string; readonly web: Pick<Config['web'], 'publicUrl'> },
  subscriberId: number,
  deliveryId: number,
): DigestLinks {
  const { publicUrl } = config.web;
  const secret = config.secretKey;
  const own = (purpose: TokenPurpose) => signToken({ purpose, subscriberId }, secret);
  const links: DigestLinks = {
    home: `${publicUrl}/`,
    preferences: `${publicUrl}/preferences/${own('preferences')}`,
    unsubscribe: `${publicUrl}/unsubscribe/${own('unsubscribe')}`,
  };
  if (deliveryId === 0) return links;
  links.view = `${publicUrl}/digest/${signDeliveryToken({ purpose: 'view', deliveryId }, secret)}`;
  links.feedback = `${publicUrl}/like/${signDeliveryToken({ purpose: 'feedback', deliveryId }, secret)}`;
  return links;
}
