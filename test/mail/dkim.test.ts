import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { describe, expect, test } from 'vitest';
import {
  createDkimSigner,
  DkimError,
  type DkimKey,
  dkimRecord,
  generateDkimKey,
} from '../../src/mail/dkim.ts';
import { composeMessage } from '../../src/mail/message.ts';

const message = composeMessage({
  from: { name: 'Paperboy', address: 'paperboy@example.org' },
  to: 'reader@example.org',
  envelopeFrom: 'bounce@example.org',
  messageId: '<2026-06-22.abcdef@example.org>',
  dateMs: Date.parse('2026-06-22T08:00:00Z'),
  subject: 'Ein Weg über die Brücke  mit   Lücken',
  html: '<p>Text  mit  Lücken</p>\n\n\n',
  text: 'Text mit Zeilen \n.\n\n\n',
  headers: [
    ['List-Unsubscribe', '<https://example.org/u>'],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['Feedback-ID', 'a:b:c:example.org'],
  ],
});
const rsa: DkimKey = { domain: 'example.org', selector: 'one', privateKey: generateDkimKey('rsa') };
const ed: DkimKey = { domain: 'example.org', selector: 'two', privateKey: generateDkimKey('ed25519') };

async function verify(raw: Buffer, keys: DkimKey[]) {
  const { results } = await dkimVerify(raw, {
    resolver: async (name) =>
      keys.filter((key) => name.startsWith(`${key.selector}.`)).map((key) => [dkimRecord(key)]),
  });
  return Object.fromEntries(results.map((one) => [one.selector, one]));
}

describe('a signed message', () => {
  test('verifies by each of its keys, RSA and Ed25519', async () => {
    const sign = await createDkimSigner([rsa, ed]);
    const { raw } = await sign(message);
    const found = await verify(raw, [rsa, ed]);
    expect(found.one?.status.result).toBe('pass');
    expect(found.two?.status.result).toBe('pass');
    expect(raw.subarray(-message.raw.length)).toEqual(message.raw);
  });

  test('covers both List-Unsubscribe headers and the Feedback-ID', async () => {
    const { raw } = await (await createDkimSigner([rsa]))(message);
    const covered =
      /\bh=([^;]+);/
        .exec(raw.toString('latin1').replace(/\r\n\s+/g, ''))?.[1]
        ?.toLowerCase()
        .split(/\s*:\s*/) ?? [];
    expect(covered).toEqual(
      expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post', 'feedback-id']),
    );
  });

  test.each([
    ['its body', (text: string) => text.replace('Zeilen', 'Zeichen')],
    ['a signed header', (text: string) => text.replace('example.org/u>', 'example.com/u>')],
    ['a second From', (text: string) => text.replace('\r\nTo:', '\r\nFrom: <b@example.org>\r\nTo:')],
  ])('does not verify after a change of %s', async (_name, change) => {
    const { raw } = await (await createDkimSigner([rsa]))(message);
    const changed = change(raw.toString('latin1'));
    expect(changed).not.toBe(raw.toString('latin1'));
    expect((await verify(Buffer.from(changed, 'latin1'), [rsa])).one?.status.result).not.toBe('pass');
  });
});

test.each([
  ['no key at all', 'what is this', /no private key in PEM/],
  [
    'a short key',
    generateKeyPairSync('rsa', { modulusLength: 1024 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    /1024 bits: RSA of 2048 bits or more/,
  ],
  [
    'a key of another kind',
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    /is ec/,
  ],
])('%s is refused before a message goes out unsigned', async (_name, privateKey, words) => {
  await expect(createDkimSigner([{ ...rsa, privateKey }])).rejects.toThrow(DkimError);
  await expect(createDkimSigner([{ ...rsa, privateKey }])).rejects.toThrow(words);
});
