import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Shorter secrets are refused: 32 characters of base64url are 192 bits. */
export const minSecretLength = 32;

/** The secret key's file cannot be read, written or trusted. */
export class SecretKeyError extends Error {
  override name = 'SecretKeyError';
}

/**
 * The secret kept in `file`; made there at first (0600, 43 characters of base64url, 256 bits). Two
 * processes that start at once end with the same secret, and a crash leaves either no file or a whole
 * one. Throws SecretKeyError.
 */
export function keepSecretKey(file: string): string {
  try {
    return readSecret(file) ?? makeSecret(file);
  } catch (cause) {
    if (cause instanceof SecretKeyError) throw cause;
    throw new SecretKeyError(`the secret key cannot be kept in ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function readSecret(file: string): string | null {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (secret.length < minSecretLength)
    throw new SecretKeyError(
      `${file} holds ${secret.length} characters, at least ${minSecretLength} are expected; remove it to have a new one made (links in mails already sent stop working)`,
    );
  return secret;
}

/** A whole file appears under its name in one step: written apart, then linked; the first one wins. */
function makeSecret(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  const secret = randomBytes(32).toString('base64url');
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
    return secret;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return readSecret(file) ?? secret;
    // File systems without hard links (exFAT, some shares): a short exclusive write is the next best.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return secret;
  } finally {
    unlinkSync(draft);
  }
}
