import { spawn } from 'node:child_process';
import { text as readAll } from 'node:stream/consumers';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { beforeAll, describe, expect, test } from 'vitest';
import { composeMessage } from '../../src/mail/message.ts';
import { hostileDigest } from './hostile-papers.ts';
import { type DigestLetter, openPost, reader } from './letters.ts';
import { isMissing, python, whyNoProgram } from './tools.ts';

const count = 500;
const missing = isMissing(
  "Python's e-mail parser",
  whyNoProgram(python, ['-c', 'import email.policy'], 'python3'),
);

/** One mail as one parser reads it. */
interface Reading {
  from: [name: string, address: string];
  to: string[];
  subject: string;
  dateMs: number;
  text: string;
  html: string;
  /** Unfolded, in order; those of which parsers give the meaning instead of the words are left out. */
  headers: [name: string, value: string][];
}
interface StrictReading extends Reading {
  defects: string[];
  types: string[];
  encodings: string[];
}

describe.skipIf(missing)(`${count} mails of hostile and odd papers`, () => {
  const { seed = Date.now() % 1e9 } = fc.readConfigureGlobal();
  let letters: DigestLetter[];
  let dateMs: number;
  let strict: StrictReading[];

  beforeAll(async () => {
    console.info(`seed ${seed} (SEED=${seed} plays it again)`);
    const post = await openPost();
    dateMs = post.dateMs;
    letters = [];
    for (const digest of fc.sample(hostileDigest, { numRuns: count, seed }))
      letters.push(await post.write(String(letters.length), digest));
    await post.close();
    strict = await readStrictly(letters.map(({ message }) => message.raw));
  });

  test('have no defect for the strict one, and two parts, both quoted-printable', () => {
    expect(strict).toHaveLength(count);
    for (const [index, { defects, types, encodings }] of strict.entries()) {
      expect(defects, `mail ${index}`).toEqual([]);
      expect(types).toEqual(['multipart/alternative', 'text/plain', 'text/html']);
      expect(encodings).toEqual(['quoted-printable', 'quoted-printable']);
    }
  });

  test('are read alike by all three, as they were rendered', async () => {
    const differences: string[] = [];
    for (const [index, { mail, message }] of letters.entries()) {
      const byPython = strict[index] as StrictReading;
      const headers = worded(byPython.headers);
      const { subject, text, html } = mail;
      const rendered: Reading = {
        ...{ from: ['Paperboy', 'paperboy@example.org'], to: [reader], subject, dateMs, text, html, headers },
      };
      const readings = {
        python: { ...byPython, headers },
        'postal-mime': await readByPostalMime(message.raw),
        mailparser: await readByMailparser(message.raw),
      };
      for (const [parser, reading] of Object.entries(readings))
        for (const field of Object.keys(rendered) as (keyof Reading)[])
          differences.push(
            ...differ(`mail ${index}, ${field} by ${parser}`, reading[field], rendered[field]),
          );
      const own = mail.headers.filter(([name]) => name !== 'List-Unsubscribe');
      const lost = own.filter(([name, value]) => new Map(headers).get(name.toLowerCase()) !== value);
      differences.push(...lost.map(([name]) => `mail ${index}: ${name} is not what was written`));
    }
    expect(differences).toEqual([]);
  });

  test('go out as CRLF lines of at most 998 octets, in ASCII', () => {
    for (const { message } of letters) {
      const raw = message.raw.toString('latin1');
      expect(raw).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\r\n -~]/);
      expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    }
  });
});

describe.skipIf(missing)('senders with odd names', () => {
  const names = [
    'Paperboy',
    'Zürich, Lab: News; (Forschung) "x"',
    'Institut für Informatik der Universität Zürich, Lab: News; (Forschung) "x" und mehr davon',
    '每日论文推荐人工智能',
    '每日论文推荐人工智能与机器学习',
    '日本語 a, b <x@y.z> '.repeat(5).trim(),
    `ü ${'(a) "b\\" c@d '.repeat(6).trim()}`,
    'a =?utf-8?Q?x?= b',
  ];
  /** No other way is left but to part them between letters. */
  const unparted = ['每日论文推荐'.repeat(6), '😀'.repeat(30), 'é'.repeat(200)];
  const rawOf = (name: string) =>
    composeMessage({
      from: { name, address: 'paperboy@example.org' },
      to: reader,
      envelopeFrom: 'paperboy@example.org',
      messageId: '<odd.names@example.org>',
      dateMs: 0,
      subject: name,
      html: '<p>Hello</p>\n',
      text: 'Hello\n',
      headers: [],
    }).raw;

  test('are read alike by all three, in sender and subject, but for where Python alone sees a space', async () => {
    const raws = [...names, ...unparted].map(rawOf);
    const byPython = await readStrictly(raws);
    for (const [index, name] of [...names, ...unparted].entries()) {
      const { from, subject, defects } = byPython[index] as StrictReading;
      const parted = index >= names.length;
      expect(parted ? from[0].replaceAll(' ', '') : from[0]).toBe(name);
      expect([subject, defects]).toEqual([name, []]);
      for (const reading of [
        await readByPostalMime(raws[index] as Buffer),
        await readByMailparser(raws[index] as Buffer),
      ])
        expect([reading.from, reading.subject]).toEqual([[name, 'paperboy@example.org'], name]);
    }
  });
});

/** Where two readings part, in few words. */
function differ(what: string, read: unknown, rendered: unknown): string[] {
  const [a, b] = [JSON.stringify(read), JSON.stringify(rendered)];
  if (a === b) return [];
  let at = 0;
  while (a[at] === b[at]) at++;
  return [`${what}: ${a.slice(at - 20, at + 40)} instead of ${b.slice(at - 20, at + 40)}`];
}

/** What is read as a date, an address or a type is compared by what it means; folding may leave other spaces. */
function worded(headers: [string, string][]): [string, string][] {
  const meant = /^(from|to|subject|date|content-type|dkim-signature)$/;
  return headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.replace(/\s+/g, ' ').trim()])
    .filter(([name]) => !meant.test(name));
}

/** One process for all. */
async function readStrictly(raws: Buffer[]): Promise<StrictReading[]> {
  const child = spawn(python, [`${import.meta.dirname}/read_mail.py`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(raws.map((raw) => raw.toString('base64'))));
  return JSON.parse(await readAll(child.stdout)) as StrictReading[];
}

async function readByPostalMime(raw: Buffer): Promise<Reading> {
  const mail = await PostalMime.parse(raw);
  // It counts the line end before a boundary, which is the boundary's (RFC 2046 §5.1.1), to the part.
  const part = (content: string | undefined) => (content ?? '').replace(/\n$/, '');
  return {
    from: [mail.from?.name ?? '', mail.from?.address ?? ''],
    to: (mail.to ?? []).map((one) => one.address ?? ''),
    subject: mail.subject ?? '',
    dateMs: Date.parse(mail.date ?? ''),
    text: part(mail.text),
    html: part(mail.html),
    headers: worded(mail.headers.map(({ key, value }) => [key, value])),
  };
}

async function readByMailparser(raw: Buffer): Promise<Reading> {
  const mail = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true });
  const to = [mail.to ?? []].flat().flatMap(({ value }) => value);
  return {
    from: [mail.from?.value[0]?.name ?? '', mail.from?.value[0]?.address ?? ''],
    to: to.map((one) => one.address ?? ''),
    subject: mail.subject ?? '',
    dateMs: mail.date?.getTime() ?? 0,
    text: mail.text ?? '',
    html: mail.html || '',
    headers: worded(
      mail.headerLines.map(({ line }) => [
        line.slice(0, line.indexOf(':')),
        line.slice(line.indexOf(':') + 1),
      ]),
    ),
  };
}
