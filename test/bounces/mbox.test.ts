import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxMessageBytes, splitMbox } from '../../src/bounces/ingest/mbox.ts';

const mbox = [
  'From a@b.example  Thu Jul  2 12:05:05 2026',
  'Subject: 1',
  '',
  'From here on',
  'From c Thu Jul  2 12:05:05 2026',
  'Subject: 2',
  '',
  '2',
].join('\n');

async function split(...chunks: (string | Buffer)[]): Promise<string[]> {
  const mails = await Array.fromAsync(splitMbox(chunks.map((chunk) => Buffer.from(chunk as string))));
  return mails.map(({ raw }) => raw.toString('latin1'));
}

describe('an mbox', () => {
  it('is parted into its messages', async () => {
    expect(await split(mbox)).toEqual(['Subject: 1\n\nFrom here on\n', 'Subject: 2\n\n2']);
  });

  it('is not made of a message that only quotes a From line', async () => {
    const one = 'Subject: 1\n\nFrom a Thu Jul  2 12:05:05 2026\nX: y\n';
    expect(await split(one)).toEqual([one]);
  });

  it('is parted alike wherever its bytes are cut, lines of any length between them', async () => {
    const line = fc.oneof(
      fc.constantFrom('', 'From here on', 'Subject: x', 'From a Thu Jul  2 12:05:05 2026', 'X: y'),
      fc.integer({ min: 1, max: 3_000 }).map((length) => 'x'.repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat(20_000), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        async (lines, cuts, end) => {
          const text = ['From c Thu Jul  2 12:05:05 2026', 'A: 1', ...lines].join(end);
          const at = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
          const pieces = at.slice(1).map((cut, index) => text.slice(at[index], cut));
          const wanted = text.split(/^From \w Thu Jul {2}2 12:05:05 2026\r?\n(?=[A-Z][\w-]*:)/m);
          expect(await split(...pieces)).toEqual(wanted.filter((one) => one !== ''));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives no more than the beginning of an endless message, and finds the next one', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const long = ['From c Thu Jul  2 12:05:05 2026\nA: 1\n\n', ...Array(40).fill(chunk), `\n${mbox}`];
    const [first, ...others] = await split(...long);
    expect(first).toHaveLength(maxMessageBytes);
    expect(others).toEqual(await split(mbox));
  });

  it('has no message in nothing', async () => {
    expect(await split()).toEqual([]);
  });
});
