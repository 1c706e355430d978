import { isIP } from 'node:net';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { type Admin, findAdmin } from '../store/admins.ts';
import { audited } from '../store/audit.ts';
import {
  findPasskey,
  insertChallenge,
  insertPasskey,
  listPasskeys,
  type Passkey,
  removePasskeyRow,
  savePasskeyUse,
  takeChallenge,
} from '../store/passkeys.ts';
import type { Db } from '../store/store.ts';
import { makeSecret } from './secrets.ts';
import { letIn, type SignInDeps, type SignInResult, type Visitor } from './sign-in.ts';

/** Whom passkeys are made for: by W3C Web Authentication a domain, over https or on this machine. */
export interface RelyingParty {
  id: string;
  origin: string;
}

/** A challenge that was not answered by then is worth nothing. */
const challengeLifeMs = 5 * 60_000;
const maxPasskeys = 20;

/** EdDSA, ES256, RS256 (https://www.iana.org/assignments/cose): what every device has one of. */
const algorithms = [-8, -7, -257];

/** Null: at this PUBLIC_URL browsers offer no passkeys. */
export function relyingPartyOf(publicUrl: string): RelyingParty | null {
  const { hostname, origin, protocol } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return null;
  return protocol === 'https:' || /(^|\.)localhost$/.test(hostname) ? { id: hostname, origin } : null;
}

/** What the browser needs to make a passkey for an admin. `now`: epoch ms. */
export async function startRegistration(db: Db, party: RelyingParty, admin: Admin, now: number) {
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  const known = await listPasskeys(db, admin.id);
  const options = await generateRegistrationOptions({
    rpName: 'Paperboy',
    rpID: party.id,
    userName: admin.email,
    userDisplayName: admin.name ?? admin.email,
    userID: new Uint8Array(Buffer.from(`admin ${admin.id}`)),
    challenge: new Uint8Array(Buffer.from(makeSecret(), 'base64url')),
    excludeCredentials: known.map((one) => ({ id: one.credentialId, transports: one.transports })),
    supportedAlgorithmIDs: algorithms,
    // It is all there is to sign in by: it knows whose it is, and asks for a finger, a face or a PIN.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await insertChallenge(
    db,
    {
      challenge: options.challenge,
      purpose: 'register',
      adminId: admin.id,
      expiresAt: now + challengeLifeMs,
    },
    now,
  );
  return options;
}

export type PasskeyResult = { ok: true; passkeyId: number } | { ok: false; message: string };

/** Keeps the passkey that a browser made. Whoever calls acts as that admin. */
export async function finishRegistration(
  db: Db,
  party: RelyingParty,
  admin: Admin,
  given: { response: unknown; name: string },
  now: number,
): Promise<PasskeyResult> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const verified = await verifyRegistrationResponse({
    response: given.response as RegistrationResponseJSON,
    supportedAlgorithmIDs: algorithms,
    expectedChallenge: async (challenge) => (await takeChallenge(db, challenge, now))?.adminId === admin.id,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
  }).catch(() => null);
  if (!verified?.verified)
    return { ok: false, message: 'The passkey could not be verified. Please try again.' };
  const { credential } = verified.registrationInfo;
  const known = await listPasskeys(db, admin.id);
  if (known.length >= maxPasskeys)
    return { ok: false, message: `There are ${maxPasskeys} passkeys already; remove one first.` };
  if (await findPasskey(db, credential.id)) return { ok: false, message: 'This passkey is known already.' };
  const act = { act: 'passkey_add', kind: 'admin', id: admin.id, at: now } as const;
  const passkeyId = await audited(db, act, (trx) =>
    insertPasskey(trx, {
      credentialId: credential.id,
      adminId: admin.id,
      publicKey: credential.publicKey,
      counter: credential.counter,
      transports: credential.transports ?? [],
      name: given.name.trim().slice(0, 60) || 'Passkey',
      createdAt: now,
    }),
  );
  return { ok: true, passkeyId };
}

/** What the browser needs to sign somebody in who has a passkey; whose it is, the answer tells. */
export async function startPasskeySignIn(db: Db, party: RelyingParty, now: number) {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    userVerification: 'required',
    challenge: new Uint8Array(Buffer.from(makeSecret(), 'base64url')),
  });
  await insertChallenge(
    db,
    {
      challenge: options.challenge,
      purpose: 'sign_in',
      adminId: null,
      expiresAt: now + challengeLifeMs,
    },
    now,
  );
  return options;
}

/** Signs in whose passkey has signed a challenge of ours. */
export async function signInWithPasskey(
  { db, limits }: Pick<SignInDeps, 'db' | 'limits'>,
  party: RelyingParty,
  response: unknown,
  visitor: Visitor,
  now: number,
): Promise<SignInResult> {
  const waitMs = await limits.take(visitor.network, null);
  if (waitMs !== null) return { ok: false, reason: 'too_often', waitMs };
  const { id } = (response ?? {}) as { id?: unknown };
  const passkey = typeof id === 'string' ? await findPasskey(db, id) : null;
  const admin = passkey && (await findAdmin(db, passkey.adminId));
  if (!passkey || !admin) return { ok: false, reason: 'wrong' };
  const counter = await verifyUse(db, party, passkey, response as AuthenticationResponseJSON, now);
  if (counter === null) return { ok: false, reason: 'wrong' };
  await savePasskeyUse(db, passkey.id, counter, now);
  await limits.giveBack(visitor.network, null);
  return { ok: true, admin, ...(await letIn(db, admin, visitor, 'passkey', now)) };
}

/** The device's new counter; null: not signed by this passkey, or not for us, or not now. */
async function verifyUse(
  db: Db,
  party: RelyingParty,
  passkey: Passkey,
  response: AuthenticationResponseJSON,
  now: number,
): Promise<number | null> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: async (challenge) => (await takeChallenge(db, challenge, now))?.purpose === 'sign_in',
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.credentialId,
      publicKey: passkey.publicKey,
      counter: passkey.counter,
      transports: passkey.transports,
    },
  }).catch(() => null);
  return verified?.verified ? verified.authenticationInfo.newCounter : null;
}

/** False: this admin has no such passkey. */
export function removePasskey(db: Db, adminId: number, id: number, at: number): Promise<boolean> {
  return audited(db, { act: 'passkey_remove', kind: 'admin', id: adminId, at }, (trx) =>
    removePasskeyRow(trx, adminId, id),
  );
}
