import { createHash, randomBytes } from 'node:crypto';

/** 192 bits. */
const tokenBytes = 24;
const shape = /^[A-Za-z0-9_-]{31}[A-Za-z0-9]$/;

/** A new token that nobody can guess, and what is kept of it. */
export interface ConfirmLink {
  token: string;
  /** SHA-256 in hexadecimal. Whoever reads the database can make no link of it. */
  hash: string;
}

/** No token ends in `-` or `_`, which a mail reader might take for punctuation behind the link. */
export function makeConfirmLink(): ConfirmLink {
  for (;;) {
    const token = randomBytes(tokenBytes).toString('base64url');
    const hash = hashConfirmToken(token);
    if (hash !== null) return { token, hash };
  }
}

/**
 * What the token of a link is found by; null: no such token was ever made. What is compared is the hash, so how long
 * a look-up takes tells nothing of the token.
 */
export function hashConfirmToken(token: string): string | null {
  return shape.test(token) ? createHash('sha256').update(`paperboy confirm:${token}`).digest('hex') : null;
}
