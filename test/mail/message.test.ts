import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/digest/fragments.ts';
import { parseAddress } from '../../src/mail/addresses.ts';
import { dotStuff } from '../../src/mail/dot-stuff.ts';
import { composeMessage, MessageError, type MessageInput, readHtmlPart } from '../../src/mail/message.ts';
import { decodeQuotedPrintable, encodeQuotedPrintable } from '../../src/mail/quoted-printable.ts';

const input: MessageInput = {
  from: { name: 'Paperboy', address: 'paperboy@example.org' },
  to: 'alice@example.org',
  envelopeFrom: 'bounces@example.org',
  messageId: '<2026-07-01.abc@example.org>',
  dateMs: Date.UTC(2026, 6, 1, 6, 0, 0),
  subject: 'Trending today',
  html: '<p>Hello</p>\n',
  text: 'Hello\n',
  headers: [['List-Id', 'Paperboy <digest.example.org>']],
};

const compose = (changes: Partial<MessageInput> = {}) => composeMessage({ ...input, ...changes });
/** postal-mime counts the line end before a boundary (RFC 2046 §5.1.1: the boundary's) to the part. */
const partOf = (text: string | undefined) => (text ?? '').replace(/\n$/, '');
const parse = (changes: Partial<MessageInput> = {}) => PostalMime.parse(compose(changes).raw);
const head = (raw: Buffer) => raw.toString('utf8').split('\r\n\r\n')[0] ?? '';
const headerNames = (raw: Buffer) =>
  head(raw)
    .split('\r\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => line.slice(0, line.indexOf(':')));
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\r\n\0\t =.?<>"@,;:_é😀\ud800'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 300,
});
const wellFormed = (text: string) => text.toWellFormed().replaceAll('\r\n', '\n');
/** What text in a header can mean: no controls, no runs of spaces. */
const headerText = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();

describe('composeMessage', () => {
  it('makes an alternative of text and HTML that a mail reader reads back', async () => {
    const mail = await parse({
      subject: 'Größere Modelle – 你好',
      html: '<p>ü</p>\n',
      text: 'ü\n.\nFrom here\n',
    });
    expect(mail.from).toMatchObject({ name: 'Paperboy', address: 'paperboy@example.org' });
    expect(mail.to).toMatchObject([{ address: 'alice@example.org' }]);
    expect(mail.subject).toBe('Größere Modelle – 你好');
    expect(mail.messageId).toBe('<2026-07-01.abc@example.org>');
    expect(mail.date).toBe('2026-07-01T06:00:00.000Z');
    expect(partOf(mail.html)).toBe('<p>ü</p>\n');
    expect(partOf(mail.text)).toBe('ü\n.\nFrom here\n');
    expect(head(compose().raw)).toContain('\r\nDate: Wed, 01 Jul 2026 06:00:00 +0000\r\n');
    expect(headerNames(compose().raw)).toEqual([
      'From',
      'To',
      'Subject',
      'Date',
      'Message-ID',
      'List-Id',
      'MIME-Version',
      'Content-Type',
    ]);
  });

  it('gives the same bytes for the same input', () => {
    expect(compose().raw.equals(compose().raw)).toBe(true);
    expect(compose().raw.equals(compose({ messageId: '<2026-07-02.abc@example.org>' }).raw)).toBe(false);
  });

  it('keeps every character of both parts, however they are cut into fragments', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { maxLength: 4 }),
        fc.array(anyText, { maxLength: 4 }),
        async (html, text) => {
          const whole = compose({ html: html.join(''), text: text.join('') }).raw;
          expect(compose({ html, text }).raw.toString()).toBe(whole.toString());
          const raw = whole.toString('latin1');
          const expected = wellFormed(html.join(''));
          expect(readHtmlPart(whole)).toBe(expected);
          expect(raw).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\r\n -~]/);
          expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
          expect(raw).not.toMatch(/\r\n(\.|From )/);
          // postal-mime reads NUL and a bare CR its own way
          if (/[\0\r]/.test(expected + text.join(''))) return;
          const mail = await PostalMime.parse(whole);
          expect(partOf(mail.html)).toBe(expected);
          expect(partOf(mail.text)).toBe(wellFormed(text.join('')));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives the same bytes for fragments met once, twice and often', () => {
    const fragments = ['<p>ü = 1</p>\n', `${'A long line of words. '.repeat(20)}\n`, '.\nFrom here\n'];
    const whole = compose({ html: fragments.join(''), text: fragments.join('') }).raw;
    for (let times = 0; times < 5; times++) {
      expect(compose({ html: fragments, text: fragments }).raw.equals(whole)).toBe(true);
      compose({ html: [`${times}\n`, 'x'.repeat(40_000)] });
    }
  });

  it('gives the same bytes for lines with gaps, whatever is filled in and however often', () => {
    const letters = [...'AFryuom0-_/. =é'];
    const fill = fc.string({ unit: fc.constantFrom(...letters), maxLength: 90 });
    const gaps = fc.array(fc.tuple(fill, anyText), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        anyText,
        gaps,
        fc.array(fc.array(fill, { minLength: 5, maxLength: 5 }), { minLength: 1 }),
        (first, rest, readers) => {
          const around = [first, ...rest.map(([, text]) => text)];
          around[around.length - 1] += '\n';
          const base = rest.map(([one]) => one);
          // The same again, other letters in as many places, other lengths, and characters that need encoding.
          const others = [
            base,
            base,
            base.map((one) => one.replaceAll(/[a-z]/gu, 'F')),
            ...readers.map((one) => one.slice(0, base.length)),
            base,
          ];
          for (const fills of others) {
            const whole = compose({ html: textOf({ around, fills }), text: '' }).raw;
            expect(compose({ html: [{ around, fills }], text: '' }).raw.toString()).toBe(whole.toString());
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not let a gap complete what a line must not start with', () => {
    const around = ['<a>\n', 'rom here, or\n', ' now\n'];
    for (const fills of [
      ['x', 'From'],
      ['F', 'Frox'],
      ['F', 'From'],
      ['F', 'From'],
    ]) {
      const whole = compose({ html: textOf({ around, fills }) }).raw;
      expect(compose({ html: [{ around, fills }] }).raw.equals(whole)).toBe(true);
      expect(whole.toString()).not.toMatch(/^From /m);
    }
  });

  it('vouches rightly that there is nothing to stuff', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (html, text, other) => {
        const { raw } = compose({ html, text, subject: `.${other}`, headers: [['X-Other', `.${other}`]] });
        expect(dotStuff(raw)).toBe(raw);
        expect(dotStuff(Buffer.from(raw)).equals(raw)).toBe(true);
      }),
    );
  });

  it('refuses what it would refuse anew, whatever it wrote before', () => {
    compose({
      subject: 'a: b',
      headers: [['X-A', 'B: c']],
      from: { name: 'P\nQ', address: 'p@example.org' },
    });
    expect(() => compose({ headers: [['X-AB', ': c']] })).not.toThrow();
    expect(() => compose({ headers: [['X-A: B', 'c']] })).toThrow();
    expect(() => compose({ headers: [['X-AB: ', 'c']] })).toThrow();
    expect(() => compose({ headers: [['subject a', 'b']] })).toThrow();
    expect(() => compose({ from: { name: 'P', address: 'Q\np@example.org' } })).toThrow(MessageError);
  });

  it('leaves a message alone once it is made', () => {
    const first = compose({ html: 'first\n' });
    const bytes = Buffer.from(first.raw);
    compose({ html: 'second\n'.repeat(9) });
    expect(first.raw.equals(bytes)).toBe(true);
  });

  it('separates the parts by a boundary of its own for every Message-ID', () => {
    const boundaryOf = (messageId: string) =>
      / boundary="(=_[^"]+)"/.exec(compose({ messageId }).raw.toString('latin1'))?.[1];
    const ids = [
      '<2026-07-01.0123456789abcdef@example.org>',
      '<2026-07-01.0123456789abcdeg@example.org>',
      '<a@b>',
      '<a@c>',
      `<${'x'.repeat(200)}@b>`,
      '<with+odd/characters-of-many-kinds@b>',
    ];
    expect(new Set(ids.map(boundaryOf)).size).toBe(ids.length);
    for (const id of ids) expect(boundaryOf(id)).toMatch(/^=_[A-Za-z0-9.]{24,64}$/);
  });

  it('writes every address as the parser gives it', () => {
    const label = fc.stringMatching(/^[A-Za-z0-9-]{1,8}$/);
    const local = fc.stringMatching(/^[A-Za-z0-9_+.'-]{1,40}$/);
    fc.assert(
      fc.property(local, fc.array(label, { minLength: 1, maxLength: 6 }), (name, labels) => {
        const address = `${name}@${labels.join('.')}`;
        const parsed = parseAddress(address);
        if (parsed.ok) expect(compose({ to: address }).to).toBe(parsed.address.email);
        else expect(() => compose({ to: address })).toThrow(MessageError);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['Papers <digest.example.org>', 'Papers <digest.example.org>'],
    ['Papers<digest.example.org>', 'Papers <digest.example.org>'],
    ['two  spaces\tand a tab', 'two spaces and a tab'],
    ['=?utf-8?Q?x?=', '=?UTF-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?='],
  ])('writes the header value %j', (given, written) => {
    expect(head(compose({ headers: [['X-Other', given]] }).raw)).toContain(`\r\nX-Other: ${written}\r\n`);
  });

  it.each(['A Vector<T> of Vector<T>', ':<,>', 'Größen<ℝ>'])('keeps the subject %j', async (subject) => {
    expect((await parse({ subject })).subject).toBe(subject);
  });

  it('lets nothing break out of a header, and keeps the text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, anyText, async (subject, name, other) => {
        const message = compose({
          subject,
          from: { name, address: input.from.address },
          headers: [['X-Other', other]],
        });
        expect(headerNames(message.raw)).toEqual([
          'From',
          'To',
          'Subject',
          'Date',
          'Message-ID',
          'X-Other',
          'MIME-Version',
          'Content-Type',
        ]);
        expect(head(message.raw)).not.toMatch(/[^\r]\n|\r[^\n]|[^\r\n -~]/);
        for (const line of head(message.raw).split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
        const mail = await PostalMime.parse(message.raw);
        expect(mail.subject ?? '').toBe(headerText(subject));
        expect(mail.from).toMatchObject({ address: 'paperboy@example.org' });
        expect(partOf(mail.html)).toBe('<p>Hello</p>\n');
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    'Müller, Jörg',
    'Paper "Boy" Inc.',
    '=?utf-8?Q?x=0Ay?=',
    'a\\b',
    'x'.repeat(1500),
    '你好'.repeat(40),
  ])('keeps the sender name %j', async (name) => {
    const mail = await parse({ from: { name, address: 'paperboy@example.org' } });
    expect(mail.from).toMatchObject({ name, address: 'paperboy@example.org' });
  });

  it('writes any name so that it is read back, in lines of at most 76 characters once a word is encoded', async () => {
    const word = fc.string({
      unit: fc.oneof(fc.constantFrom(...'aé学😀"\\(),.:;<>@[]=?_'), fc.string({ maxLength: 9 })),
      minLength: 1,
      maxLength: 30,
    });
    const names = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const { raw } = compose({ from: { name, address: input.from.address } });
        const from = head(raw).split('\r\nTo:')[0] ?? '';
        const longest = Math.max(...from.split('\r\n').map((line) => line.length));
        if (from.includes('=?UTF-8?')) expect(longest).toBeLessThanOrEqual(76);
        for (const [encoded] of from.matchAll(/=\?UTF-8\?[^ ]+/g))
          expect(encoded.length).toBeLessThanOrEqual(75);
        expect((await PostalMime.parse(raw)).from).toMatchObject({ name: headerText(name) });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [
      'Zürich, Lab: News; (Forschung) "x"',
      ' =?UTF-8?B?WsO8cmljaCwgTGFiOiBOZXdzOyAoRm9yc2NodW5nKSAieCI=?=\r\n ',
    ],
    // No room is left beside the field's name.
    ['学'.repeat(15), `\r\n =?UTF-8?B?${'5a2m'.repeat(15)}?=\r\n `],
    // Between encoded words and others a space is a space (RFC 2047 §6.2).
    [`Lab, Größe ${'a'.repeat(50)}`, ` "Lab," =?UTF-8?B?R3LDtsOfZQ==?=\r\n ${'a'.repeat(50)} `],
  ])('writes the sender name %j as a reader cannot misread it', (name, written) => {
    expect(head(compose({ from: { name, address: 'p@example.org' } }).raw)).toContain(
      `From:${written}<p@example.org>\r\n`,
    );
  });

  it('folds long headers at 78 characters where there are spaces', () => {
    const raw = compose({
      subject: 'word '.repeat(60),
      headers: [['X-Url', `<https://example.org/${'x'.repeat(300)}>`]],
    }).raw;
    const lines = head(raw).split('\r\n');
    expect(lines.filter((line) => line.length > 78)).toEqual([expect.stringMatching(/^X-Url: </)]);
    expect(lines.filter((line) => line.startsWith('Subject:') || line.startsWith(' word')).length).toBe(5);
  });

  it('keeps the identifier of a list whose name is not ASCII', () => {
    const raw = compose({ headers: [['List-Id', 'Zeitungsjunge für alle <digest.example.org>']] }).raw;
    expect(head(raw)).toMatch(/List-Id: =\?UTF-8\?Q\?Zeitungsjunge_f=C3=BCr_alle\?= <digest\.example\.org>/);
  });

  it('writes domains as punycode, and UTF-8 only for a local part that needs it', () => {
    const message = compose({ to: 'info@bücher.example', envelopeFrom: 'bounces@bücher.example' });
    expect(message).toMatchObject({
      to: 'info@xn--bcher-kva.example',
      from: 'bounces@xn--bcher-kva.example',
    });
    expect(head(message.raw)).toContain('\r\nTo: info@xn--bcher-kva.example\r\n');
    expect(head(compose({ to: 'jörg@bücher.example' }).raw)).toContain(
      '\r\nTo: jörg@xn--bcher-kva.example\r\n',
    );
  });

  it.each([
    { to: 'alice@example.org\r\nBcc: eve@example.org' },
    { to: 'alice@example.org>, <eve@example.org' },
    { envelopeFrom: 'x' },
    { from: { name: 'P', address: 'p@example.org\nX: y' } },
    { messageId: '<a@b>\r\nX: y' },
    { headers: [['X-A\r\nX-B', 'c']] as [string, string][] },
    { headers: [['X: y', 'c']] as [string, string][] },
    { headers: [['Content-Type', 'text/html']] as [string, string][] },
    { headers: [['bcc', 'eve@example.org']] as [string, string][] },
  ])('refuses %j', (changes) => {
    expect(() => compose(changes)).toThrow(/not a|not an|sets/);
  });
});

describe('quoted-printable', () => {
  it('is undone by its decoder, in lines of at most 76 octets', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoded = encodeQuotedPrintable(text).toString('latin1');
        expect(decodeQuotedPrintable(encoded)).toBe(wellFormed(text));
        expect(encoded.split('\r\n').every((line) => line.length <= 76 && !/[ \t]$/.test(line))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds at the length of a line for every kind of character', () => {
    for (const unit of ['a', '=', 'é', '😀', ' ', '.', 'From ', '\t', ' a', 'a ', '\r', '\n ']) {
      for (let count = 60; count < 90; count++) {
        for (const text of [
          unit.repeat(count),
          `${'x'.repeat(count)}${unit}`,
          `${'x'.repeat(count)}${unit}\ny`,
        ]) {
          const encoded = encodeQuotedPrintable(text).toString('latin1');
          expect(encoded.split('\r\n').every((line) => line.length <= 76)).toBe(true);
          expect(decodeQuotedPrintable(encoded)).toBe(wellFormed(text));
        }
      }
    }
  });
});
