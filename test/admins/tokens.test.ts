import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addToken, authorizeToken, revokeToken, tokenScopes } from '../../src/admins/tokens.ts';
import { listApiTokens } from '../../src/store/api-tokens.ts';
import { listAudit } from '../../src/store/audit-list.ts';
import { monday } from '../subscribers/people.ts';
import { openTestAdmins, type TestAdmins } from './people.ts';

let admins: TestAdmins;
beforeEach(() => {
  admins = openTestAdmins();
});
afterEach(() => admins.store.close());

const minuteMs = 60_000;
async function token(scopes: readonly string[] = ['read'], expiresAt: number | null = null) {
  const added = await addToken(admins.store.db, { name: 'dashboard', scopes, expiresAt }, monday);
  if (!added.ok) throw new Error(added.message);
  return added;
}
const ask = (bearer: string | undefined, scope: (typeof tokenScopes)[number] = 'read', now = monday) =>
  authorizeToken(admins.store.db, bearer, scope, now);

describe('an API token', () => {
  test('is shown once and kept as a hash', async () => {
    const { secret, token: kept } = await token();
    expect(secret).toMatch(/^pb_[\w-]{43}$/);
    expect(kept.hint).toBe(secret.slice(0, 8));
    const rows = JSON.stringify(admins.store.raw.prepare('SELECT * FROM api_tokens').all());
    expect(rows).not.toContain(secret);
    expect(JSON.stringify((await listAudit(admins.store.db, { limit: 9 })).entries)).not.toContain(
      secret.slice(8),
    );
  });

  test.each(tokenScopes)('is good for its scope %s and for no other', async (scope) => {
    const { secret } = await token([scope]);
    for (const other of tokenScopes)
      expect(await ask(secret, other)).toMatchObject(
        other === scope ? { ok: true } : { ok: false, reason: 'scope' },
      );
  });

  test('is worth nothing once revoked or expired', async () => {
    const { secret, token: kept } = await token(['read'], monday + minuteMs);
    expect(await ask(secret, 'read', monday + minuteMs - 1)).toMatchObject({ ok: true });
    expect(await ask(secret, 'read', monday + minuteMs)).toEqual({ ok: false, reason: 'expired' });
    await revokeToken(admins.store.db, kept.id, monday);
    expect(await ask(secret)).toEqual({ ok: false, reason: 'revoked' });
  });

  test('of nobody opens nothing, nor does its hash', async () => {
    await token();
    const hash = admins.store.raw.prepare('SELECT token_hash FROM api_tokens').pluck().get() as string;
    for (const guess of [
      'pb_',
      `pb_${'A'.repeat(43)}`,
      hash,
      `pb_${hash}`,
      'x'.repeat(100_000),
      "' OR 1=1 --",
    ])
      expect(await ask(guess)).toEqual({ ok: false, reason: 'unknown' });
    expect(await ask(undefined)).toEqual({ ok: false, reason: 'missing' });
  });

  test('knows when it was used last, to five minutes', async () => {
    const { secret } = await token();
    await ask(secret, 'read', monday + minuteMs);
    await ask(secret, 'read', monday + 2 * minuteMs);
    expect((await listApiTokens(admins.store.db))[0]?.lastUsedAt).toBe(monday + minuteMs);
    await ask(secret, 'read', monday + 6 * minuteMs);
    expect((await listApiTokens(admins.store.db))[0]?.lastUsedAt).toBe(monday + 6 * minuteMs);
  });

  test.each([
    [{ name: ' ', scopes: ['read'] }, /name/],
    [{ name: 'x', scopes: [] }, /scopes/],
    [{ name: 'x', scopes: ['read', 'everything'] }, /scopes/],
    [{ name: 'x', scopes: ['read'], expiresAt: monday }, /future/],
  ])('%j is refused', async (given, message) => {
    expect(await addToken(admins.store.db, given, monday)).toMatchObject({
      ok: false,
      message: expect.stringMatching(message),
    });
    expect(await listApiTokens(admins.store.db)).toEqual([]);
  });
});
