import { createHmac } from 'node:crypto';

/** A keyed hash of an address's key (addresses.ts): the same for the same address, telling nothing without the secret. */
export type HashAddress = (addressKey: string) => string;

/** 128 bits of HMAC-SHA256 in hexadecimal: for lists that must outlive the addresses on them. */
export function makeHashAddress(secret: string): HashAddress {
  return (addressKey) =>
    createHmac('sha256', secret).update(`paperboy address:${addressKey}`).digest('hex').slice(0, 32);
}
