import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as base64url: nobody guesses it. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of such a secret. A plain SHA-256 is enough: there is nothing to try it against but all 2^256. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
