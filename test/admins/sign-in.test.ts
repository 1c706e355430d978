import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addAdmin, removeAdmin } from '../../src/admins/admins.ts';
import { changePassword } from '../../src/admins/change-password.ts';
import { describeDevice } from '../../src/admins/device.ts';
import { choosePasswordByLink } from '../../src/admins/join.ts';
import { createSignInLimits } from '../../src/admins/limits.ts';
import { linkLifeMs, makeLink, readLink } from '../../src/admins/links.ts';
import { createPasswords } from '../../src/admins/passwords.ts';
import { endSessions, readSession, sessionLife } from '../../src/admins/sessions.ts';
import { keepSettingAdmin } from '../../src/admins/setting-admin.ts';
import { signInWithPassword } from '../../src/admins/sign-in.ts';
import { listSessions } from '../../src/store/admin-sessions.ts';
import type { Admin } from '../../src/store/admins.ts';
import { findAdmin } from '../../src/store/admins.ts';
import { listAudit } from '../../src/store/audit-list.ts';
import { monday } from '../subscribers/people.ts';
import { addTestAdmin, cheap, openTestAdmins, password, type TestAdmins, visitor } from './people.ts';

let admins: TestAdmins;
let admin: Admin;
beforeEach(async () => {
  admins = openTestAdmins();
  admin = await addTestAdmin(admins.store);
});
afterEach(() => admins.store.close());

const dayMs = 24 * 3_600_000;
const signIn = (name = 'ada@example.org', typed = password, at = monday, from = visitor) =>
  signInWithPassword(admins.deps, { name, password: typed }, from, at);
async function session(at = monday) {
  const result = await signIn('ada@example.org', password, at);
  if (!result.ok) throw new Error(result.reason);
  return result;
}
const read = (token: string, now = monday) => readSession(admins.store.db, token, now);
const everything = () =>
  JSON.stringify(
    ['admins', 'admin_links', 'admin_sessions', 'admin_audit', 'api_tokens'].map((table) =>
      admins.store.raw.prepare(`SELECT * FROM ${table}`).all(),
    ),
  );

describe('signing in by password', () => {
  test('opens a session of a new random token, of which only a hash is kept', async () => {
    const [one, other] = [await session(), await session()];
    expect(one.token).toMatch(/^[\w-]{43}$/);
    expect(one.token).not.toBe(other.token);
    expect(await read(one.token)).toMatchObject({
      admin: { id: admin.id },
      session: { device: visitor.device },
    });
    expect(everything()).not.toContain(one.token);
    expect(await read(one.session.tokenHash)).toBeNull();
  });

  test('takes the address as it is typed', async () => {
    expect(await signIn('  Ada@EXAMPLE.org ')).toMatchObject({ ok: true });
  });

  test('is written down with the device, without anything secret', async () => {
    await session();
    const { entries } = await listAudit(admins.store.db, { act: 'sign_in', limit: 1 });
    expect(entries).toMatchObject([
      { actor: { kind: 'admin', id: admin.id }, after: { by: 'password', device: 'Firefox on Linux' } },
    ]);
    const log = JSON.stringify((await listAudit(admins.store.db, { limit: 100 })).entries);
    expect(log).not.toMatch(/scrypt|horse/);
  });

  test('answers alike and as slowly who is unknown, who has no password and who types a wrong one', async () => {
    const hashed = vi.spyOn(cheap, 'verify');
    await addAdmin(admins.store.db, { email: 'none@example.org' }, monday);
    const answers = [];
    for (const name of ['nobody@example.org', 'none@example.org', 'no address', '', 'ada@example.org'])
      answers.push(await signIn(name, 'wrong password'));
    expect(new Set(answers.map((one) => JSON.stringify(one)))).toEqual(
      new Set(['{"ok":false,"reason":"wrong"}']),
    );
    // Each paid for one hash, at the same cost.
    expect(hashed).toHaveBeenCalledTimes(5);
    hashed.mockRestore();
    const costly = createPasswords({ N: 2 ** 13, r: 8, p: 1 });
    const hash = await costly.hash(password);
    // In turns, and the least of some: what else this machine does concerns both.
    const least = { unknown: Number.POSITIVE_INFINITY, wrong: Number.POSITIVE_INFINITY };
    for (let n = 0; n < 6; n++)
      for (const [who, known] of [['unknown', null] as const, ['wrong', hash] as const]) {
        const started = performance.now();
        await costly.verify('wrong password', known);
        least[who] = Math.min(least[who], performance.now() - started);
      }
    expect(least.unknown / least.wrong).toBeGreaterThan(0.25);
    expect(least.unknown / least.wrong).toBeLessThan(4);
  });

  test('a hash of an older cost is renewed, and the password stays the same', async () => {
    const dearer = createPasswords({ N: 32, r: 8, p: 1 });
    const deps = { ...admins.deps, passwords: dearer };
    expect(
      await signInWithPassword(deps, { name: 'ada@example.org', password }, visitor, monday),
    ).toMatchObject({
      ok: true,
    });
    const renewed = await findAdmin(admins.store.db, admin.id);
    expect(renewed?.passwordHash).toContain('ln=5');
    expect(renewed?.passwordChangedAt).toBe(monday);
    expect(await signIn()).toMatchObject({ ok: true });
  });
});

describe('trying too often', () => {
  test('is stopped for an account, also with the right password, whether it is there or not', async () => {
    for (const name of ['ada@example.org', 'nobody@example.org']) {
      for (let n = 0; n < 10; n++)
        expect(await signIn(name, 'wrong password', monday, { ...visitor, network: `n${n}` })).toMatchObject({
          reason: 'wrong',
        });
      expect(await signIn(name, password, monday, { ...visitor, network: 'another' })).toMatchObject({
        ok: false,
        reason: 'too_often',
        waitMs: expect.any(Number),
      });
    }
  });

  test('is stopped for a network, and others go on', async () => {
    admins.deps.limits = createSignInLimits({ perNetwork: 3, perAccount: 100, windowMs: 60_000 });
    for (let n = 0; n < 3; n++) await signIn(`p${n}@example.org`, 'wrong password');
    expect(await signIn()).toMatchObject({ reason: 'too_often' });
    expect(await signIn(undefined, undefined, monday, { ...visitor, network: 'another' })).toMatchObject({
      ok: true,
    });
  });

  test('is forgiven who gets in', async () => {
    admins.deps.limits = createSignInLimits({ perNetwork: 5, perAccount: 3, windowMs: 60_000 });
    for (let n = 0; n < 10; n++) expect(await signIn()).toMatchObject({ ok: true });
    for (let n = 0; n < 2; n++) await signIn(undefined, 'wrong password');
    expect(await signIn()).toMatchObject({ ok: true });
    expect(await signIn(undefined, 'wrong password')).toMatchObject({ reason: 'wrong' });
  });

  test('costs no hash', async () => {
    admins.deps.limits = createSignInLimits({ perNetwork: 1, perAccount: 1, windowMs: 60_000 });
    await signIn(undefined, 'wrong password');
    const hashed = vi.spyOn(cheap, 'verify');
    await signIn();
    expect(hashed).not.toHaveBeenCalled();
    hashed.mockRestore();
  });
});

describe('a session', () => {
  test('ends when it was not used for three days', async () => {
    const { token } = await session();
    expect(await read(token, monday + sessionLife.idleMs - 1)).not.toBeNull();
    expect(await read(token, monday + 2 * sessionLife.idleMs - 2)).not.toBeNull();
    expect(await read(token, monday + 3 * sessionLife.idleMs)).toBeNull();
  });

  test('ends after thirty days however often it is used', async () => {
    const { token } = await session();
    for (let day = 1; day < 30; day++)
      expect(await read(token, monday + day * dayMs), `${day}`).not.toBeNull();
    expect(await read(token, monday + 30 * dayMs)).toBeNull();
  });

  test('can be ended alone, with all, and with all others', async () => {
    const [one, two, three] = [await session(), await session(), await session()];
    await endSessions(admins.store.db, admin.id, { id: one.session.id }, monday);
    expect([await read(one.token), await read(two.token)].map(Boolean)).toEqual([false, true]);
    await endSessions(admins.store.db, admin.id, { exceptId: three.session.id }, monday);
    expect([await read(two.token), await read(three.token)].map(Boolean)).toEqual([false, true]);
    await endSessions(admins.store.db, admin.id, {}, monday);
    expect(await read(three.token)).toBeNull();
  });

  test('of another admin cannot be ended', async () => {
    const { token, session: own } = await session();
    const other = await addTestAdmin(admins.store, 'ben@example.org');
    expect(await endSessions(admins.store.db, other.id, { id: own.id }, monday)).toBe(0);
    expect(await read(token)).not.toBeNull();
  });

  test('ends with its admin', async () => {
    const { token } = await session();
    await removeAdmin(admins.store.db, admin.id, monday);
    expect(await read(token)).toBeNull();
    expect(await signIn()).toMatchObject({ reason: 'wrong' });
  });

  test('that is over is not kept', async () => {
    await session();
    await session(monday + 31 * dayMs);
    expect(await listSessions(admins.store.db, admin.id)).toHaveLength(1);
  });

  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 (KHTML) Version/18.5 Safari/605',
      'Safari on Mac',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 Chrome/137 Safari/537 Edg/137',
      'Edge on Windows',
    ],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/137.0 Mobile Safari/537', 'Chrome on Android'],
    ['curl/8.5.0', 'curl'],
    ['', 'an unknown browser'],
    [undefined, 'an unknown browser'],
  ])('knows its device coarsely: %s', (userAgent, device) => {
    expect(describeDevice(userAgent)).toBe(device);
  });
});

describe('changing the password', () => {
  const change = (current: string, wanted: string, sessionId: number) =>
    changePassword(
      admins.deps,
      admin,
      { current, wanted },
      { sessionId, network: visitor.network },
      monday + 1,
    );
  beforeEach(async () => {
    admin = (await findAdmin(admins.store.db, admin.id)) as Admin;
  });

  test('ends every other session and goes on in this one', async () => {
    const [here, elsewhere] = [await session(), await session()];
    expect(await change(password, 'another fine password', here.session.id)).toEqual({ ok: true });
    expect([await read(here.token), await read(elsewhere.token)].map(Boolean)).toEqual([true, false]);
    expect(await signIn()).toMatchObject({ reason: 'wrong' });
    expect(await signIn(undefined, 'another fine password')).toMatchObject({ ok: true });
  });

  test('takes the current one, and a good new one', async () => {
    const { session: here } = await session();
    expect(await change('wrong password', 'another fine password', here.id)).toMatchObject({ ok: false });
    expect(await change(password, 'short', here.id)).toMatchObject({ message: expect.stringMatching(/12/) });
    expect(await signIn()).toMatchObject({ ok: true });
  });

  test('cannot be used to guess the current one', async () => {
    const { session: here } = await session();
    for (let n = 0; n < 10; n++) await change('wrong password', 'another fine password', here.id);
    expect(await change(password, 'another fine password', here.id)).toMatchObject({
      message: expect.stringMatching(/Too many/),
    });
  });
});

describe('a one-time link', () => {
  const tokenOf = ({ url }: { url: string }) => url.split('/').at(-1) ?? '';
  const link = async (at = monday) =>
    tokenOf(await makeLink(admins.store.db, admin, 'https://papers.example.org', at));
  const choose = (token: string, wanted = 'another fine password', at = monday) =>
    choosePasswordByLink(admins.deps, token, wanted, visitor, at);

  test('chooses a password, signs in and ends what was open before', async () => {
    const { token: before } = await session();
    const result = await choose(await link());
    expect(result).toMatchObject({ ok: true, admin: { id: admin.id } });
    expect(await read(before)).toBeNull();
    expect(result.ok && (await read(result.token))).toBeTruthy();
    expect(await signIn(undefined, 'another fine password')).toMatchObject({ ok: true });
  });

  test('works once, also when it is followed twice at once', async () => {
    const token = await link();
    const results = await Promise.all([choose(token), choose(token)]);
    expect(results.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(await choose(token)).toMatchObject({ reason: 'wrong' });
  });

  test('is not used up by looking at it or by a password that is no good', async () => {
    const token = await link();
    expect(await readLink(admins.store.db, token, monday)).toMatchObject({ id: admin.id });
    expect(await choose(token, 'short')).toMatchObject({ reason: 'password' });
    expect(await choose(token)).toMatchObject({ ok: true });
  });

  test('works for a day, and until there is a newer one', async () => {
    const first = await link();
    expect(await readLink(admins.store.db, first, monday + linkLifeMs - 1)).not.toBeNull();
    expect(await choose(first, undefined, monday + linkLifeMs)).toMatchObject({ reason: 'wrong' });
    const second = await link();
    const third = await link();
    expect(await choose(second)).toMatchObject({ reason: 'wrong' });
    expect(await choose(third)).toMatchObject({ ok: true });
  });

  test('is kept as a hash, and worth nothing to whoever reads the database', async () => {
    const token = await link();
    expect(everything()).not.toContain(token);
    const kept = admins.store.raw.prepare('SELECT token_hash FROM admin_links').pluck().get() as string;
    expect(await choose(kept)).toMatchObject({ reason: 'wrong' });
  });
});

describe('ADMIN_PASSWORD', () => {
  const setting = (wanted: string | null, email: string | null = null) =>
    keepSettingAdmin(admins.deps, { password: wanted, email }, monday);

  test('signs in `admin`, or the address of ADMIN_EMAIL where no other admin has it', async () => {
    await setting('a password from the settings');
    expect(await signIn('admin', 'a password from the settings')).toMatchObject({ ok: true });
    await setting(null);
    await setting('a password from the settings', 'Ops@example.org');
    expect(await signIn('ops@example.org', 'a password from the settings')).toMatchObject({ ok: true });
    await setting(null);
    await setting('a password from the settings', 'ada@example.org');
    expect(await signIn('ada@example.org', 'a password from the settings')).toMatchObject({
      reason: 'wrong',
    });
    expect(await signIn('admin', 'a password from the settings')).toMatchObject({ ok: true });
  });

  test('that is changed or taken away ends the sessions it opened; the same one does not', async () => {
    await setting('a password from the settings');
    const opened = await signIn('admin', 'a password from the settings');
    const token = opened.ok ? opened.token : '';
    await setting('a password from the settings');
    expect(await read(token)).not.toBeNull();
    await setting('another from the settings');
    expect(await read(token)).toBeNull();
    expect(await signIn('admin', 'a password from the settings')).toMatchObject({ reason: 'wrong' });
    await setting(null);
    expect(await signIn('admin', 'another from the settings')).toMatchObject({ reason: 'wrong' });
  });

  test('is kept nowhere as it is', async () => {
    await setting('a password from the settings');
    expect(everything()).not.toContain('a password from the settings');
  });
});
