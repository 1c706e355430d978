import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import type { OutgoingMessage } from './transport.ts';

/** One key that signs for a domain. */
export interface DkimKey {
  /** In punycode. */
  domain: string;
  selector: string;
  /** PEM, PKCS #8: RSA of 2048 bits or more, or Ed25519 (RFC 8463). */
  privateKey: string;
}

/** A key cannot sign: bad PEM, too short, of another kind, or what it signed does not verify. */
export class DkimError extends Error {
  override name = 'DkimError';
}

export type SignMessage = (message: OutgoingMessage) => Promise<OutgoingMessage>;

/**
 * What a signature covers: what a reader sees, and all that a mailbox provider acts upon (RFC 8058 §4 wants both
 * List-Unsubscribe headers in it).
 */
export const signedHeaders = [
  ...['From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type'],
  ...['List-Id', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'List-Help', 'List-Archive', 'List-Post'],
  ...['Feedback-ID', 'Auto-Submitted'],
];

const minRsaBits = 2048;

/**
 * Signs relaxed/relaxed (RFC 6376 §3.4), one signature for each key. Each key has signed and verified a message
 * before this resolves: a bad key must not send unsigned mail in silence. Throws DkimError.
 */
export async function createDkimSigner(keys: readonly DkimKey[]): Promise<SignMessage> {
  for (const key of keys) readKey(key);
  const sign: SignMessage = async (message) => {
    // Its types ask for one key at the top; it takes as many as stand in signatureData.
    const options = {
      canonicalization: 'relaxed/relaxed',
      headerList: signedHeaders,
      signatureData: keys.map(({ domain, selector, privateKey }) => ({
        signingDomain: domain,
        selector,
        privateKey,
      })),
    } as unknown as Parameters<typeof dkimSign>[1];
    const { signatures, errors } = await dkimSign(message.raw, options);
    const [error] = errors;
    if (error || signatures === '')
      throw new DkimError(
        `The message could not be signed: ${error?.err.message ?? 'no signature came of it'}.`,
      );
    return { ...message, raw: Buffer.concat([Buffer.from(signatures), message.raw]) };
  };
  for (const key of keys) await trySigning(key);
  return sign;

  async function trySigning(key: DkimKey): Promise<void> {
    const raw = Buffer.from(
      `From: <trial@${key.domain}>\r\nTo: <trial@${key.domain}>\r\nSubject: trial\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\ntrial\r\n`,
    );
    const signed = await sign({ from: '', to: '', messageId: '', raw });
    const { results } = await dkimVerify(signed.raw, {
      resolver: async (name) => {
        const signing = keys.find(({ selector, domain }) => name === `${selector}._domainkey.${domain}`);
        return signing ? [[dkimRecord(signing)]] : [];
      },
    });
    const result = results.find((one) => one.selector === key.selector && one.signingDomain === key.domain);
    if (result?.status.result !== 'pass')
      throw new DkimError(
        `What the DKIM key ${key.selector} signs does not verify: ${result?.status.comment ?? result?.status.result ?? 'no result'}.`,
      );
  }
}

/** Reads the keys from their files, to sign for the domain of an address. Throws DkimError. */
export function readDkimKeys(
  files: readonly { selector: string; file: string }[],
  address: string,
): DkimKey[] {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return files.map(({ selector, file }) => {
    try {
      return { domain, selector, privateKey: readFileSync(file, 'utf8') };
    } catch (cause) {
      throw new DkimError(`The DKIM key ${file} cannot be read: ${(cause as Error).message}.`, { cause });
    }
  });
}

/** The TXT record for `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.1). Throws DkimError for a key that cannot be used. */
export function dkimRecord(key: DkimKey): string {
  const publicKey = createPublicKey(readKey(key));
  if (publicKey.asymmetricKeyType === 'rsa')
    return `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  // RFC 8463 §4.2: the 32 octets alone, which stand at the end of the DER.
  return `v=DKIM1; k=ed25519; p=${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`;
}

/** A new private key as PEM. */
export function generateDkimKey(kind: 'rsa' | 'ed25519'): string {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: minRsaBits })
      : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function readKey({ selector, privateKey }: DkimKey): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey);
  } catch (cause) {
    throw new DkimError(`The DKIM key ${selector} is no private key in PEM: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'rsa' && (bits ?? 0) >= minRsaBits))
    return key;
  throw new DkimError(
    `The DKIM key ${selector} is ${key.asymmetricKeyType}${bits ? ` of ${bits} bits` : ''}: RSA of ${minRsaBits} bits or more, or Ed25519, is needed.`,
  );
}
