import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.ts';
import type { DigestLinks } from '../digest/digest.ts';

/** What a token lets its bearer do. A token of one purpose is worth nothing for another. */
export const tokenPurposes = ['unsubscribe', 'preferences'] as const;
export type TokenPurpose = (typeof tokenPurposes)[number];

export type ReadToken = { ok: true; subscriberId: number } | { ok: false };

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
  const { purpose, subscriberId } = claim;
  if (!Number.isSafeInteger(subscriberId) || subscriberId < 1)
    throw new RangeError(`not a subscriber's id: ${subscriberId}`);
  return sign(purpose, subscriberId, secret).toString('base64url') + subscriberId.toString(36);
}

/** Whose token it is, if it is one of ours for that purpose. Takes as long for a near miss as for a wild guess. */
export function readToken(text: string, purpose: TokenPurpose, secret: string): ReadToken {
  const [, mac, id] = shape.exec(text) ?? [];
  if (mac === undefined || id === undefined) return { ok: false };
  const subscriberId = Number.parseInt(id, 36);
  if (!Number.isSafeInteger(subscriberId)) return { ok: false };
  const given = Buffer.from(mac.slice(0, macLength), 'base64url');
  return timingSafeEqual(given, sign(purpose, subscriberId, secret))
    ? { ok: true, subscriberId }
    : { ok: false };
}

function sign(purpose: TokenPurpose, subscriberId: number, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`paperboy token:${purpose}:${subscriberId}`)
    .digest()
    .subarray(0, macBytes);
}

/** The links of one subscriber's mails, the same each time. */
export function subscriberLinks(
  config: { readonly secretKey: string; readonly web: Pick<Config['web'], 'publicUrl'> },
  subscriberId: number,
): DigestLinks {
  const { publicUrl } = config.web;
  const token = (purpose: TokenPurpose) => signToken({ purpose, subscriberId }, config.secretKey);
  return {
    home: `${publicUrl}/`,
    preferences: `${publicUrl}/preferences/${token('preferences')}`,
    unsubscribe: `${publicUrl}/unsubscribe/${token('unsubscribe')}`,
  };
}
