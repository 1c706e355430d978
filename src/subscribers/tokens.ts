import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.ts';
import type { DigestLinks } from '../digest/digest.ts';

/** What a subscriber's token lets its bearer do. A token of one purpose is worth nothing for another. */
export const tokenPurposes = ['unsubscribe', 'preferences'] as const;
export type TokenPurpose = (typeof tokenPurposes)[number];

/** What a delivery's token lets its bearer do: look at that digest, say which of its papers are liked. */
export const deliveryPurposes = ['view', 'feedback'] as const;
export type DeliveryPurpose = (typeof deliveryPurposes)[number];

/** Whose links: with another epoch than theirs is now, a token was switched off since it was signed. */
export interface LinkHolder {
  subscriberId: number;
  linkEpoch: number;
}

export type ReadToken = ({ ok: true } & LinkHolder) | { ok: false };
export type ReadDeliveryToken = { ok: true; deliveryId: number; linkEpoch: number } | { ok: false };

/** 192 bits of HMAC-SHA256, as base64url without padding. */
const macBytes = 24;
const macLength = 32;
const shape = /^([A-Za-z0-9_-]{32})([1-9a-z][0-9a-z]{0,10})(?:[._]([1-9a-z][0-9a-z]{0,5}))?$/;

/**
 * A token for one subscriber and one purpose: the MAC, then the subscriber's id in base 36 (at the end, so
 * that no link ends in a `-` which a mail reader might take for punctuation), then the epoch of their links if that is
 * not 0. It holds no address and does not expire, as links in old mails must go on working until its subscriber
 * switches them off; the same input gives the same token.
 */
export function signToken(claim: { purpose: TokenPurpose } & LinkHolder, secret: string): string {
  return sign(claim.purpose, { id: claim.subscriberId, epoch: claim.linkEpoch }, secret);
}

/** The same for one delivery: whoever passes a mail on passes on that one digest and not the subscription. */
export function signDeliveryToken(
  claim: { purpose: DeliveryPurpose; deliveryId: number; linkEpoch: number },
  secret: string,
): string {
  return sign(claim.purpose, { id: claim.deliveryId, epoch: claim.linkEpoch }, secret);
}

/**
 * Whose token it is, if it is one of ours for that purpose; whether it was switched off since, the caller sees by the
 * epoch. Takes as long for a near miss as for a wild guess.
 */
export function readToken(text: string, purpose: TokenPurpose, secret: string): ReadToken {
  const claim = read(text, purpose, secret);
  return claim === null ? { ok: false } : { ok: true, subscriberId: claim.id, linkEpoch: claim.epoch };
}

/** Which delivery it is of, if it is one of ours for that purpose. */
export function readDeliveryToken(text: string, purpose: DeliveryPurpose, secret: string): ReadDeliveryToken {
  const claim = read(text, purpose, secret);
  return claim === null ? { ok: false } : { ok: true, deliveryId: claim.id, linkEpoch: claim.epoch };
}

interface Claim {
  id: number;
  epoch: number;
}

function sign(purpose: TokenPurpose | DeliveryPurpose, claim: Claim, secret: string): string {
  const { id, epoch } = claim;
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError(`not an id to sign a token for: ${id}`);
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`not an epoch of links: ${epoch}`);
  const mac = authenticate(purpose, claim, secret).toString('base64url');
  // A dot, as in older links, could begin a line of a mail, where it is written otherwise.
  return `${mac}${id.toString(36)}${epoch === 0 ? '' : `_${epoch.toString(36)}`}`;
}

function read(text: string, purpose: TokenPurpose | DeliveryPurpose, secret: string): Claim | null {
  const [, mac, written, writtenEpoch = '0'] = shape.exec(text) ?? [];
  if (mac === undefined || written === undefined) return null;
  const claim = { id: Number.parseInt(written, 36), epoch: Number.parseInt(writtenEpoch, 36) };
  if (!Number.isSafeInteger(claim.id)) return null;
  const given = Buffer.from(mac.slice(0, macLength), 'base64url');
  return timingSafeEqual(given, authenticate(purpose, claim, secret)) ? claim : null;
}

function authenticate(purpose: string, { id, epoch }: Claim, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`paperboy token:${purpose}:${id}${epoch === 0 ? '' : `:${epoch}`}`)
    .digest()
    .subarray(0, macBytes);
}

/** Stands where a mail has the token of its delivery while it is only looked at; its pages say so (web/reader/bearer.ts). */
export const unsentToken = 'preview';

/** The links of the delivery itself in a mail that is only looked at or sent as a test: they lead to a page that says so. */
export function unsentLinks(publicUrl: string): Pick<DigestLinks, 'view' | 'feedback'> {
  return { view: `${publicUrl}/digest/${unsentToken}`, feedback: `${publicUrl}/like/${unsentToken}` };
}

/**
 * The links of one subscriber's mail, the same each time until they switch them off. While the delivery is not planned
 * (its id is 0 until then), those of the delivery itself stand in with `unsentLinks`.
 */
export function mailLinks(
  config: { readonly secretKey: string; readonly web: Pick<Config['web'], 'publicUrl'> },
  { subscriberId, linkEpoch }: LinkHolder,
  deliveryId: number,
): DigestLinks {
  const { publicUrl } = config.web;
  const secret = config.secretKey;
  const own = (purpose: TokenPurpose) => signToken({ purpose, subscriberId, linkEpoch }, secret);
  const links: DigestLinks = {
    home: `${publicUrl}/`,
    preferences: `${publicUrl}/preferences/${own('preferences')}`,
    unsubscribe: `${publicUrl}/unsubscribe/${own('unsubscribe')}`,
  };
  if (deliveryId === 0) return { ...links, ...unsentLinks(publicUrl) };
  const token = (purpose: DeliveryPurpose) => signDeliveryToken({ purpose, deliveryId, linkEpoch }, secret);
  links.view = `${publicUrl}/digest/${token('view')}`;
  links.feedback = `${publicUrl}/like/${token('feedback')}`;
  return links;
}
