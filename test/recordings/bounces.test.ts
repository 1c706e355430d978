import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitMbox } from '../../src/bounces/ingest/mbox.ts';
import { readBounce } from '../../src/bounces/reading/read-bounce.ts';
import type { BounceReading, RecipientReading } from '../../src/bounces/reading/reading.ts';

const folder = join(process.env.PAPERBOY_RECORDINGS ?? '', 'bounces');
const isThere = existsSync(join(folder, 'expected.json'));

interface Expected {
  class: RecipientReading['class'];
  reason: string;
}
interface Case {
  file: string;
  raw: Buffer;
  wanted: string[];
  readings: BounceReading[];
  recipients: RecipientReading[];
  got: string[];
}

/** Addresses as the report fields give them, found without the program: unfolded text and regular expressions. */
function fieldAddresses(raw: Buffer): string[] {
  const text = raw
    .toString('utf8')
    .replace(/=\r?\n/g, '')
    .replace(/=40/g, '@')
    .replace(/,\s+/g, ', ');
  const fields = /^(?:final-recipient|original-recipient|x-failed-recipients|original-rcpt-to)\s*:(.*)$/gim;
  return [...text.matchAll(fields)].flatMap(
    ([, value = '']) => value.toLowerCase().match(/[^\s<>;,]+@[^\s<>;,]+/g) ?? [],
  );
}

/** Each address is one that the report's fields name, where they name any; null only where nobody is named. */
function isAddressRight({ raw, recipients }: Case): boolean {
  const fields = fieldAddresses(raw);
  const isNamed = !/^To: "undisclosed"/m.test(raw.toString('latin1'));
  return recipients.every(({ address }) => {
    if (address === null) return !isNamed;
    const folded = address.toLowerCase();
    return fields.length === 0 || fields.includes(folded) || fields.includes(folded.replace(/"/g, ''));
  });
}

const isOdd = ({ file }: Case) => Number(/(\d+)\.eml$/.exec(file)?.[1]) % 2 === 1;
const isRight = ({ wanted, got }: Case) => wanted.join() === got.join();
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)}%`;

/** Rows: what it is; columns: what it was taken for. `(other count)` where the number of recipients differs. */
function confusionTable(cases: readonly Case[]): string {
  const kinds = ['hard', 'soft', 'complaint', 'auto-reply', 'delivered', 'not-a-bounce'];
  const counts = new Map<string, number>();
  for (const { wanted, got } of cases)
    wanted.forEach((kind, index) => {
      const key = `${kind}>${got.length === wanted.length ? got[index] : '(other count)'}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  const columns = [...kinds, '(other count)'];
  const row = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(14) + cells.map((cell) => String(cell).padStart(14)).join('');
  return [
    row('is \\ taken for', columns),
    ...kinds.map((kind) =>
      row(
        kind,
        columns.map((column) => counts.get(`${kind}>${column}`) ?? '·'),
      ),
    ),
  ].join('\n');
}

describe.skipIf(!isThere)('real bounces, complaints and replies of many mail systems', () => {
  let cases: Case[] = [];

  beforeAll(async () => {
    const expected: Record<string, Expected[]> = JSON.parse(
      readFileSync(join(folder, 'expected.json'), 'utf8'),
    );
    cases = await Promise.all(
      Object.entries(expected).map(async ([file, outcomes]) => {
        const raw = readFileSync(join(folder, 'mail', file));
        const mails = await Array.fromAsync(splitMbox([raw]));
        const readings = await Promise.all(mails.map((mail) => readBounce(mail.raw)));
        const recipients = readings.flatMap((reading) => reading.recipients);
        const got = recipients.length === 0 ? ['not-a-bounce'] : recipients.map((one) => one.class);
        return { file, raw, wanted: outcomes.map((outcome) => outcome.class), readings, recipients, got };
      }),
    );
  });

  it('at least 97 of 100 messages, and of 100 recipients, are classed right', () => {
    const right = cases.filter(isRight);
    const all = cases.flatMap(({ wanted }) => wanted).length;
    const rightRecipients = cases.flatMap(({ wanted, got }) =>
      wanted.filter((kind, index) => got.length === wanted.length && kind === got[index]),
    ).length;
    const half = (odd: boolean) => cases.filter((one) => isOdd(one) === odd);
    const share = (some: readonly Case[]) => percent(some.filter(isRight).length, some.length);
    console.info(
      [
        confusionTable(cases),
        `messages ${right.length} of ${cases.length} (${share(cases)}), recipients ${rightRecipients} of ${all} (${percent(rightRecipients, all)})`,
        `class and address both: ${right.filter(isAddressRight).length} of ${cases.length}`,
        `odd-numbered files ${share(half(true))}, even-numbered ${share(half(false))}`,
        ...cases
          .filter((one) => !isRight(one))
          .map(
            ({ file, wanted, recipients }) =>
              `${file}: ${wanted} taken for ${recipients.map((r) => `${r.class} (${r.reason})`)}`,
          ),
      ].join('\n'),
    );
    expect(cases.length).toBeGreaterThan(390);
    expect(right.filter(isAddressRight).length / cases.length).toBeGreaterThanOrEqual(0.97);
    expect(rightRecipients / all).toBeGreaterThanOrEqual(0.97);
  });

  it('nothing living is taken for dead more often than once in forty', () => {
    const others = cases.flatMap(({ wanted, got }) =>
      wanted.map((kind, index) => ({ kind, got: got[index] })),
    );
    const living = others.filter(({ kind }) => kind !== 'hard');
    expect(living.filter(({ got }) => got === 'hard').length / living.length).toBeLessThan(1 / 40);
  });

  it('the address is found wherever the report names one, and is the one its fields name', () => {
    const named = cases.filter(
      ({ wanted, raw }) =>
        wanted[0] !== 'not-a-bounce' && !/^To: "undisclosed"/m.test(raw.toString('latin1')),
    );
    expect(named.length).toBeGreaterThan(390);
    expect(named.filter(({ recipients }) => recipients.some(({ address }) => address === null))).toEqual([]);
    const differing = named.flatMap(({ file, raw, recipients }) => {
      const fields = fieldAddresses(raw);
      if (fields.length === 0) return [];
      return recipients
        .flatMap(({ address }) => address?.toLowerCase() ?? [])
        .filter((address) => !fields.includes(address) && !fields.includes(address.replace(/"/g, '')))
        .map((address) => `${file}: ${address} is none of ${fields}`);
    });
    expect(differing).toEqual([]);
  });

  it('the Message-ID of the returned message is found in nine of ten bounces', () => {
    const bounces = cases.flatMap(({ readings }) => readings).filter(({ kind }) => kind === 'bounce');
    const withId = bounces.filter(({ originalMessageId }) => originalMessageId !== null);
    expect(withId.length / bounces.length).toBeGreaterThan(0.9);
  });
});
