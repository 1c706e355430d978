import {
  type ApiToken,
  findApiToken,
  findApiTokenByHash,
  insertApiToken,
  saveRevoked,
  touchApiToken,
} from '../store/api-tokens.ts';
import { audited } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { hashSecret, makeSecret } from './secrets.ts';

/** What a token may be good for: looking at anything; changing topics; changing subscribers; sending. */
export const tokenScopes = ['read', 'topics', 'subscribers', 'send'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** Lets scanners that look for leaked secrets know one. */
const prefix = 'pb_';
const shape = /^pb_[A-Za-z0-9_-]{43}$/;
const hintLength = prefix.length + 5;
/** A busy program writes no more often than that. */
const touchMs = 5 * 60_000;

export type AddedToken =
  /** `secret` is shown once. */
  { ok: true; token: ApiToken; secret: string } | { ok: false; message: string };

/** Makes a token. `expiresAt`: epoch ms, null: it does not expire. */
export function addToken(
  db: Db,
  given: { name: string; scopes: readonly string[]; expiresAt?: number | null },
  at: number,
): Promise<AddedToken> {
  const id = (result: AddedToken) => (result.ok ? result.token.id : null);
  return audited(db, { act: 'add', kind: 'token', id, at }, async (trx): Promise<AddedToken> => {
    const name = given.name.trim();
    if (name === '' || name.length > 100)
      return { ok: false, message: 'A token has a name of up to 100 characters.' };
    const unknown = given.scopes.find((scope) => !isScope(scope));
    if (unknown !== undefined || given.scopes.length === 0)
      return { ok: false, message: `A token has some of the scopes ${tokenScopes.join(', ')}.` };
    const expiresAt = given.expiresAt ?? null;
    if (expiresAt !== null && expiresAt <= at)
      return { ok: false, message: 'A token expires in the future, or never.' };
    const secret = prefix + makeSecret();
    const token = await insertApiToken(trx, {
      name,
      tokenHash: hashSecret(secret),
      hint: secret.slice(0, hintLength),
      scopes: tokenScopes.filter((scope) => given.scopes.includes(scope)),
      createdAt: at,
      expiresAt,
    });
    return { ok: true, token, secret };
  });
}

function isScope(text: string): text is TokenScope {
  return tokenScopes.some((scope) => scope === text);
}

/** Ends a token at once. Null: there is none; a revoked one stays as it is. */
export function revokeToken(db: Db, id: number, at: number): Promise<ApiToken | null> {
  return audited(db, { act: 'revoke', kind: 'token', id, at }, async (trx) => {
    const token = await findApiToken(trx, id);
    if (token && token.revokedAt === null) await saveRevoked(trx, id, at);
    return await findApiToken(trx, id);
  });
}

export type Authorized =
  | { ok: true; token: ApiToken }
  /** `scope`: it is good, but not for that. The others are told apart for the log; the caller is told `unknown`. */
  | { ok: false; reason: 'missing' | 'unknown' | 'expired' | 'revoked' | 'scope' };

/**
 * Whether what came as a bearer token (RFC 6750 §2.1; without the word Bearer) may do something within `scope`. Notes
 * the use.
 */
export async function authorizeToken(
  db: Db,
  bearer: string | undefined,
  scope: TokenScope,
  now: number,
): Promise<Authorized> {
  if (!bearer) return { ok: false, reason: 'missing' };
  // Found by its hash: comparing takes as long for a near miss as for a wild guess.
  const token = shape.test(bearer) ? await findApiTokenByHash(db, hashSecret(bearer)) : null;
  if (!token) return { ok: false, reason: 'unknown' };
  if (token.revokedAt !== null) return { ok: false, reason: 'revoked' };
  if (token.expiresAt !== null && token.expiresAt <= now) return { ok: false, reason: 'expired' };
  if (token.lastUsedAt === null || now - token.lastUsedAt >= touchMs) await touchApiToken(db, token.id, now);
  return token.scopes.includes(scope) ? { ok: true, token } : { ok: false, reason: 'scope' };
}
