import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskAddress, parseAddress, parseSender } from '../../src/mail/addresses.ts';

function accepted(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.address;
}

describe('parseAddress', () => {
  it('trims, lower-cases the domain and keeps the case of the local part', () => {
    expect(accepted('  Ada.Lovelace+papers@Example.ORG ')).toEqual({
      email: 'Ada.Lovelace+papers@example.org',
      key: 'ada.lovelace+papers@example.org',
      local: 'Ada.Lovelace+papers',
      domain: 'example.org',
      smtpUtf8: false,
    });
  });

  it('turns an international domain into punycode and says when the server must know SMTPUTF8', () => {
    expect(accepted('jörg@Bücher.example')).toMatchObject({
      email: 'jörg@xn--bcher-kva.example',
      smtpUtf8: true,
    });
    expect(accepted('info@bücher.example').smtpUtf8).toBe(false);
  });

  it('gives composed and decomposed letters, and letters of either case, one key', () => {
    expect(accepted('JO\u0308RG@example.org').key).toBe(accepted('jörg@EXAMPLE.org').key);
  });

  it('takes localhost and unusual but valid characters', () => {
    expect(accepted("o'neil!#$%&*/=?^_`{|}~@localhost").domain).toBe('localhost');
  });

  it.each([
    ['', /missing/],
    ['alice', /@/],
    ['@example.org', /before the @/],
    ['alice@', /domain/],
    ['alice@@example.org', /cannot have @/],
    ['a b@example.org', /spaces/],
    ['alice@exa mple.org', /spaces/],
    ['alice\r\nBcc: x@example.org', /spaces or invisible/],
    ['a\u200blice@example.org', /invisible/],
    ['a\ud800@example.org', /invisible/],
    ['m\ufffdller@example.org', /letter.*lost.*UTF-8/],
    ['"a b"@example.org', /./],
    ['"alice"@example.org', /Quoted/],
    ['<alice@example.org>', /cannot have </],
    ['.alice@example.org', /dots/],
    ['al..ice@example.org', /dots/],
    ['alice.@example.org', /dots/],
    ['alice@example..org', /domain/],
    ['alice@-example.org', /domain/],
    ['alice@exa_mple.org', /domain/],
    ['alice@exa%6dple.org', /domain/],
    ['alice@127.0.0.1', /domain/],
    ['alice@127.1', /domain/],
    ['alice@0x7f', /domain/],
    ['alice@[127.0.0.1]', /domain/],
    [`${'a'.repeat(65)}@example.org`, /64/],
    [`${'é'.repeat(33)}@example.org`, /64/],
    [`a@${'b'.repeat(64)}.org`, /domain/],
    [`a@${`${'b'.repeat(61)}.`.repeat(4)}example`, /254/],
  ])('refuses %j', (text, message) => {
    const parsed = parseAddress(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.message).toMatch(message);
  });

  it('never lets through what could break out of a header or a command, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ maxLength: 20 }),
        (local, domain) => {
          const parsed = parseAddress(`${local}@${domain}`);
          if (!parsed.ok) return;
          expect(parsed.address.email).not.toMatch(/[\s<>(),;:"\\[\]\p{C}]/u);
          expect(parseAddress(parsed.address.email)).toEqual(parsed);
        },
      ),
    );
  });
});

describe('parseSender', () => {
  it('reads a name and an address', () => {
    expect(parseSender('Paperboy <paperboy@Example.org>')).toEqual({
      ok: true,
      sender: { name: 'Paperboy', address: 'paperboy@example.org' },
    });
    expect(parseSender('"Boy, Paper" <paperboy@example.org>')).toMatchObject({
      sender: { name: 'Boy, Paper' },
    });
    expect(parseSender('paperboy@example.org')).toMatchObject({ sender: { name: '' } });
  });

  it.each([
    '',
    'Paperboy',
    'a@example.org, b@example.org',
    'Paperboy <a@b@c>',
    'X <x@example.org>\r\nBcc: y@z',
  ])('refuses %j', (text) => {
    expect(parseSender(text).ok).toBe(false);
  });
});

describe('maskAddress', () => {
  it.each([
    ['alice@example.org', 'a…e@example.org'],
    ['al@example.org', 'a…@example.org'],
    ['a@example.org', '…@example.org'],
    ['😀bc😎@example.org', '😀…😎@example.org'],
    ['none', '…'],
  ])('%s is shown as %s', (email, masked) => {
    expect(maskAddress(email)).toBe(masked);
  });
});
