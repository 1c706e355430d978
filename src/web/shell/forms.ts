import { createHmac, timingSafeEqual } from 'node:crypto';
import { html } from 'hono/html';
import type { Html } from './page.ts';

/** Which form a token was made for, and for whom: a subscriber's id, a session, or '' where nobody is known yet. */
export interface FormClaim {
  form: string;
  holder: string | number;
}

export type ReadFormToken =
  /** `ageMs`: how long ago the form was shown. */
  { ok: true; ageMs: number } | { ok: false; reason: 'missing' | 'forged' | 'stale' };

/** The name of the hidden field. */
export const formTokenField = 'form_token';

/** A page left open for a day still works. */
const maxAgeMs = 24 * 3_600_000;
/** Another process's clock may be a little ahead. */
const skewMs = 60_000;

/**
 * A token that only a page of ours can have put into this form: a MAC over the form's name, its holder and the instant.
 * With the check of the Origin header it keeps other sites from sending our forms (OWASP, signed double submit without
 * the cookie: the holder is named in the address or the session). `at`: epoch ms.
 */
export function makeFormToken({ form, holder }: FormClaim, secret: string, at: number): string {
  return `${at.toString(36)}.${sign(form, holder, at, secret)}`;
}

/** The hidden field that carries the token. */
export function formTokenInput(claim: FormClaim, secret: string, at: number): Html {
  return html`<input type="hidden" name="${formTokenField}" value="${makeFormToken(claim, secret, at)}">`;
}

/** Whether a token that came back with a form is one of ours for it, and not too old. */
export function readFormToken(
  text: string | undefined,
  { form, holder }: FormClaim,
  secret: string,
  at: number,
): ReadFormToken {
  if (!text) return { ok: false, reason: 'missing' };
  const [, instant = '', mac = ''] = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{32})$/.exec(text) ?? [];
  const issuedAt = Number.parseInt(instant, 36);
  if (!Number.isSafeInteger(issuedAt)) return { ok: false, reason: 'forged' };
  const wanted = sign(form, holder, issuedAt, secret);
  if (!timingSafeEqual(Buffer.from(mac.padEnd(32)), Buffer.from(wanted)))
    return { ok: false, reason: 'forged' };
  const ageMs = at - issuedAt;
  return ageMs > maxAgeMs || ageMs < -skewMs ? { ok: false, reason: 'stale' } : { ok: true, ageMs };
}

function sign(form: string, holder: string | number, at: number, secret: string): string {
  return createHmac('sha256', secret)
    .update(`paperboy form:${JSON.stringify([form, String(holder), at])}`)
    .digest('base64url')
    .slice(0, 32);
}
