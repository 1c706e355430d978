import { createHmac } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';
import type { CookiePrefixOptions } from 'hono/utils/cookie';
import type { AdminDependencies } from './context.ts';

type Needs = Pick<AdminDependencies, 'config' | 'base'>;

const name = 'paperboy_admin';

/**
 * Over https its name begins with `__Host-` (or `__Secure-` under a path), so that no neighbouring site and nobody on
 * the way can have set it (RFC 6265bis §4.1.3).
 */
function shapeOf({ config, base }: Needs): {
  prefix: CookiePrefixOptions | undefined;
  path: string;
  secure: boolean;
} {
  const secure = config.web.publicUrl.startsWith('https:');
  const prefix = !secure ? undefined : base === '' ? 'host' : 'secure';
  return { prefix, path: prefix === 'host' ? '/' : `${base}/admin`, secure };
}

/** For this purpose alone: what it signs is worth nothing elsewhere. */
function keyOf({ config }: Needs): string {
  return createHmac('sha256', config.secretKey).update('paperboy admin cookie').digest('base64url');
}

/** The session's token that the browser brings; null: none that we have signed. */
export async function readSessionCookie(c: Context, needs: Needs): Promise<string | null> {
  const { prefix } = shapeOf(needs);
  const value = await (prefix
    ? getSignedCookie(c, keyOf(needs), name, prefix)
    : getSignedCookie(c, keyOf(needs), name));
  return value || null;
}

/** `maxAgeMs`: how long the session lasts at most. */
export async function writeSessionCookie(
  c: Context,
  needs: Needs,
  token: string,
  maxAgeMs: number,
): Promise<void> {
  const { prefix, path, secure } = shapeOf(needs);
  const maxAge = Math.floor(maxAgeMs / 1000);
  const options = { httpOnly: true, sameSite: 'Lax', path, secure, maxAge } as const;
  await setSignedCookie(c, name, token, keyOf(needs), prefix ? { ...options, prefix } : options);
}

export function clearSessionCookie(c: Context, needs: Needs): void {
  const { prefix, path, secure } = shapeOf(needs);
  deleteCookie(c, name, prefix ? { path, secure, prefix } : { path, secure });
}
