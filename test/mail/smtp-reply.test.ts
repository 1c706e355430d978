import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotStuff } from '../../src/mail/dot-stuff.ts';
import { createReplyReader, describeReply } from '../../src/mail/smtp-reply.ts';

const read = (text: string) => createReplyReader().feed(Buffer.from(text));
const describeText = (text: string) => describeReply('rcpt', { code: Number(text.slice(0, 3)), text });

describe('createReplyReader', () => {
  it('cuts replies of one or many lines, whatever their line ends', () => {
    expect(read('250 a\r\n250-b\r\n250 c\n\r\n354\r\n55')).toEqual([
      { code: 250, text: '250 a' },
      { code: 250, text: '250-b\n250 c' },
      { code: 354, text: '354' },
    ]);
  });

  it('gives the same however the bytes come', () => {
    const text = '250-b\r\n250 c\r\nhello\r\n421 bye\r\n';
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const reader = createReplyReader();
        const points = [0, ...cuts.sort((a, b) => a - b), text.length];
        const replies = points
          .slice(1)
          .flatMap((end, i) => reader.feed(Buffer.from(text.slice(points[i], end))));
        expect(replies).toEqual(read(text));
        expect(reader.rest()).toBe('');
      }),
    );
  });

  it.each(['hello', '99 x', '199 x', '650 x', '2500 x', '250x', '\0\0'])('reads %j as no reply', (line) => {
    expect(read(`${line}\r\n`)).toEqual([{ code: null, text: line }]);
  });

  it('gives up on a line or a reply without end', () => {
    expect(read('2'.repeat(70_000))).toMatchObject([{ code: null }]);
    expect(read('250-x\r\n'.repeat(15_000))[0]).toMatchObject({ code: null });
  });
});

describe('describeReply', () => {
  it('reads the enhanced code when it agrees with the reply', () => {
    expect(describeText('550 5.1.1 no')).toMatchObject({
      code: 550,
      enhanced: '5.1.1',
      text: '550 5.1.1 no',
    });
    expect(describeText('550-5.1.1 no\n550 5.1.1 such')).toMatchObject({ enhanced: '5.1.1' });
    expect(describeText('450 5.1.1 no').enhanced).toBeNull();
    expect(describeText('550 10.1.1.2 is listed').enhanced).toBeNull();
    expect(describeText('550 5.1.1.2 is listed').enhanced).toBeNull();
  });

  it('keeps one bounded line without controls', () => {
    expect(describeText('550 a\x1b[31m\tb\x00').text).toBe('550 a [31m b');
    expect(describeText(`550 ${'é'.repeat(5000)}`).text.length).toBeLessThan(510);
  });
});

describe('dotStuff', () => {
  const undo = (text: string) => text.replace(/(^|\r\n)\./g, '$1');

  it('leaves alone what needs nothing', () => {
    const raw = Buffer.from('a.b\r\nc\r\n');
    expect(dotStuff(raw)).toBe(raw);
  });

  it('is undone by the receiver, and ends with a line end', () => {
    const text = fc.string({ unit: fc.constantFrom('.', '\r\n', 'a') }).map((body) => `${body}\r\n`);
    fc.assert(
      fc.property(text, (raw) => {
        expect(undo(dotStuff(Buffer.from(raw)).toString())).toBe(raw);
      }),
    );
    expect(dotStuff(Buffer.from('a')).toString()).toBe('a\r\n');
  });

  it('leaves no line of a single dot, not even for servers that take CR or LF alone for a line end', () => {
    const hostile = fc.string({ unit: fc.constantFrom('.', '\r', '\n', '\r\n', 'a') });
    fc.assert(
      fc.property(hostile, (raw) => {
        expect(dotStuff(Buffer.from(raw)).toString()).not.toMatch(/(^|[\r\n])\.[\r\n]/);
      }),
      { numRuns: 2000 },
    );
  });
});
