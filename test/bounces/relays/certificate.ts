import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A self-signed certificate (RFC 5280) with its key, as Amazon SNS would show one. */
export interface TestCertificate {
  pem: string;
  privateKey: KeyObject;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const commonName = Buffer.from([0x55, 0x04, 0x03]);
const withRsaSha256 = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]);

/** Dates as `2026-01-01`. */
export function makeCertificate(notBefore = '2026-01-01', notAfter = '2027-01-01'): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const time = (date: string) => der(0x17, Buffer.from(`${date.slice(2).replaceAll('-', '')}000000Z`));
  const name = sequence(
    der(0x31, sequence(der(0x06, commonName), der(0x0c, Buffer.from('sns.amazonaws.com')))),
  );
  const algorithm = sequence(der(0x06, withRsaSha256), der(0x05));
  const content = sequence(
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  );
  const signature = sign('sha256', content, privateKey);
  const whole = sequence(content, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    privateKey,
  };
}
