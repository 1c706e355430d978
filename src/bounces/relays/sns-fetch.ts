import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Certificates } from './sns.ts';

/** What is fetched from Amazon SNS: certificates of some 2 KB, and the answer to a confirmation. */
export type FetchText = (url: string) => Promise<string>;

const maxBytes = 64 * 1024;

/** Gets a small text. Throws when it takes long, is large, leads elsewhere or is not answered with 200. */
export const fetchText = async (url: string, timeoutMs = 5_000): Promise<string> => {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const maxKept = 8;
const maxUnderWay = 4;
const failureMs = 60_000;

/**
 * Certificates, each fetched once: Amazon changes the address with the certificate. One that could not be had is not
 * asked for again for a minute, and only a few at once: anybody who knows the topic can make us ask.
 */
export function makeCertificates(get: FetchText, clock: Clock): Certificates {
  const kept = new Map<string, { certificate: Promise<X509Certificate>; failedAt: number | null }>();
  let underWay = 0;
  return (url) => {
    const known = kept.get(url);
    if (known && (known.failedAt === null || clock.now() - known.failedAt < failureMs))
      return known.certificate;
    if (underWay >= maxUnderWay) return Promise.reject(new Error('too many are being fetched'));
    underWay++;
    const certificate = get(url).then((pem) => new X509Certificate(pem));
    const entry = { certificate, failedAt: null as number | null };
    kept.delete(url);
    kept.set(url, entry);
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    certificate.then(
      () => underWay--,
      () => {
        underWay--;
        entry.failedAt = clock.now();
      },
    );
    return certificate;
  };
}
