import { createHmac } from 'node:crypto';

/**
 * The Message-ID of one subscriber's digest of one date: the same for the same input, so a resend after a crash
 * can be recognised, and saying nothing of who gets it without the secret. `<2026-07-01.…@example.org>`.
 * `editionDate` is `YYYY-MM-DD`, `domain` the sender's in punycode.
 */
export function makeMessageId(
  secret: string | Buffer,
  subscriberId: number,
  editionDate: string,
  domain: string,
): string {
  const digest = createHmac('sha256', secret)
    .update(`message-id\n${subscriberId}\n${editionDate}`)
    .digest('hex');
  return `<${editionDate}.${digest.slice(0, 32)}@${domain}>`;
}
