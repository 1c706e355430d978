import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '../../src/app.ts';
import { fixedClock } from '../../src/clock.ts';
import type { Digest, DigestPaper } from '../../src/digest/digest.ts';
import { loadLetterTemplates, renderLetter, type Letter as SignUpLetter } from '../../src/digest/letter.ts';
import type { RenderedDigest } from '../../src/digest/render.ts';
import { shippedTemplates } from '../../src/digest/template-files.ts';
import { createDkimSigner, type DkimKey, generateDkimKey, readDkimKeys } from '../../src/mail/dkim.ts';
import { composeNotice } from '../../src/mail/notice.ts';
import type { OutgoingMessage } from '../../src/mail/transport.ts';
import { makeDigest, makeNote, makePaper, oddPapers, usualPapers } from '../digest/digests.ts';

/** One mail as the program composes it, with its signatures, to be judged. */
export interface Letter {
  name: string;
  mail: Pick<RenderedDigest, 'subject' | 'html' | 'text'>;
  message: OutgoingMessage;
  /** As the reader's mail server keeps it: with the trace fields that it adds. */
  received: Buffer;
}

export interface DigestLetter extends Letter {
  mail: RenderedDigest;
}

/** An installation at example.org that signs, reads what comes back and tells its postal address. */
export interface Post {
  /** What signs, RSA and Ed25519. */
  keys: DkimKey[];
  dateMs: number;
  /** To the reader, or to somebody else. */
  write(name: string, digest: Digest, to?: string): Promise<DigestLetter>;
  /** With clicks and opens counted (COUNT_CLICKS, COUNT_OPENS). */
  writeCounted(name: string, digest: Digest): Promise<DigestLetter>;
  /** One that asks somebody who signed up for a press of its button. */
  ask(kind: SignUpLetter['kind'], locale: string): Promise<Letter>;
  close(): Promise<void>;
}

/** Where its mail comes from, as the zone says: an address for tests (RFC 2544), as those for documentation count as forged. */
export const sendingHost = { name: 'mail.example.org', address: '198.18.0.25' };
export const reader = 'reader@reader.example';

export async function openPost(): Promise<Post> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-judges-'));
  const files = ['rsa', 'ed25519'].map((kind) => ({ selector: kind, file: join(folder, `${kind}.pem`) }));
  for (const { selector, file } of files) writeFileSync(file, generateDkimKey(selector as 'rsa' | 'ed25519'));
  const dateMs = Math.floor(Date.now() / 1000) * 1000;
  const env = {
    MAIL_FROM: 'Paperboy <paperboy@example.org>',
    PUBLIC_URL: 'https://paperboy.example.org',
    BOUNCE_ADDRESS: 'bounce@example.org',
    POSTAL_ADDRESS: 'Example Institute, 1 Example Street, 12345 Example Town',
    DKIM_KEYS: files.map(({ file }) => file).join(','),
    SECRET_KEY: '0123456789abcdef0123456789abcdef0123456789abcdef',
    SOURCES: 'none',
  };
  const open = (more = {}): Promise<App> =>
    openApp({ cwd: folder, clock: fixedClock(dateMs), env: { ...env, ...more } });
  const app = await open();
  const counting = await open({ COUNT_CLICKS: 'yes', COUNT_OPENS: 'yes' });
  let written = 0;
  const keys = readDkimKeys(files, app.config.mail.from.address);
  const sign = await createDkimSigner(keys);
  const letterTemplates = loadLetterTemplates(shippedTemplates);
  async function writeBy(by: App, name: string, given: Digest, to: string): Promise<DigestLetter> {
    const id = ++written;
    const digest = { ...given, links: by.links({ subscriberId: id, linkEpoch: 0 }, 4711) };
    const { editionDate, more, occasion, locale, timezone } = digest;
    const messageId = by.messageId(id, editionDate);
    const delivery = { id, subscriberId: id, linkEpoch: 0, messageId, email: to, more };
    const addressed = { ...delivery, editionDate, occasion, locale, timezone };
    const message = await (await by.composer())(addressed, digest);
    const trace = traceOf(message, dateMs);
    const mail = (await by.renderer())(digest);
    return { name, mail, message, received: Buffer.concat([Buffer.from(trace), message.raw]) };
  }
  return {
    dateMs,
    keys,
    write: (name, digest, to = reader) => writeBy(app, name, digest, to),
    writeCounted: (name, digest) => writeBy(counting, name, digest, reader),
    async ask(kind, locale) {
      const { from: sender, postalAddress } = app.config.mail;
      const home = 'https://paperboy.example.org/';
      const url = `${home}confirm/9Qk2w8vRr0a-3VbXn7yLd1TfGhJmZc4E`;
      const expiresAt = kind === 'known' ? null : dateMs + 7 * 86_400_000;
      const mail = renderLetter(
        await letterTemplates,
        { kind, locale, url, expiresAt },
        { sender, postalAddress, home },
      );
      const message = await sign(composeNotice({ to: reader, ...mail }, sender, dateMs));
      const received = Buffer.concat([Buffer.from(traceOf(message, dateMs)), message.raw]);
      return { name: `${kind}, ${locale}`, mail, message, received };
    },
    async close() {
      await app.close();
      await counting.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the reader's mail server writes on top (RFC 5321 §4.4). */
function traceOf({ from, to }: OutgoingMessage, dateMs: number): string {
  const { name, address } = sendingHost;
  return [
    `Return-Path: <${from}>`,
    `Received: from ${name} (${name} [${address}])`,
    '\tby mx.reader.example (Postfix) with ESMTPS id 4bCdEf1234z9x',
    `\tfor <${to}>; ${new Date(dateMs).toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\r\n');
}

const mathematics = [
  [
    '$\\ell_1$-regularized attention runs in $O(n^{2/3}\\sqrt{T})$',
    'We show $\\epsilon \\le 10^{-3}$ for all $x \\in \\mathbb{R}^d$, where $\\sum_{i=1}^{n} \\alpha_i = 1$.',
  ],
  [
    "Erd\\H{o}s--R\\'enyi graphs with $p = \\Theta(\\log n / n)$",
    'A bound of $\\|W\\|_F \\leq \\frac{1}{2}\\sigma^2$ costs \\textit{nothing}; prices of $5 and $10 stay.',
  ],
] as const;

export function mathematicalPapers(): DigestPaper[] {
  return mathematics.map(([title, abstract], index) => ({
    position: index + 1,
    paper: makePaper(900 + index, {
      title,
      abstract,
      authors: ['J\\"org M\\"uller'],
      paperUrl: `https://arxiv.org/abs/2607.0090${index}`,
    }),
    note: makeNote({ rising: index === 0 }),
  }));
}

const locales = ['en-US', 'de-DE', 'fr-FR', 'es-ES', 'pt-BR', 'zh-CN', 'ja-JP', 'ar-EG'];

/** Every kind of mail there is, and each language. */
export function variants(): [name: string, digest: Digest][] {
  const odd = oddPapers();
  return [
    ['one paper', makeDigest(usualPapers(1))],
    ['ten papers', makeDigest(usualPapers(10), { more: 12 })],
    ['25 papers', makeDigest(usualPapers(25), { more: 1 })],
    ['mathematics', makeDigest(mathematicalPapers())],
    ['away', makeDigest(usualPapers(8), { occasion: 'away', more: 30 })],
    ['quiet', makeDigest([], { occasion: 'quiet' })],
    ['late', makeDigest([], { occasion: 'late' })],
    ...locales.map((locale): [string, Digest] => [`odd, ${locale}`, makeDigest(odd, { locale, more: 3 })]),
    ...locales.map((locale): [string, Digest] => [
      `week, ${locale}`,
      makeDigest(usualPapers(12), { locale, occasion: 'week' }),
    ]),
    ...locales.map((locale): [string, Digest] => [
      `quiet, ${locale}`,
      makeDigest([], { locale, occasion: 'quiet' }),
    ]),
  ];
}

/** Every digest of `variants`, and every letter to who signed up, in each language. */
export async function writeAll(post: Post): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const [name, digest] of variants()) letters.push(await post.write(name, digest));
  letters.push(
    await post.writeCounted('counted', makeDigest(usualPapers(10))),
    await post.writeCounted('counted, quiet', makeDigest([], { occasion: 'quiet' })),
  );
  for (const kind of ['confirm', 'known', 'move', 'moved'] as const)
    for (const locale of locales) letters.push(await post.ask(kind, locale));
  return letters;
}

/** The first ten papers of every fourth recorded day, as they came; none without PAPERBOY_RECORDINGS. */
export function recordedDays(): [name: string, digest: Digest][] {
  const folder = join(process.env.PAPERBOY_RECORDINGS ?? '', 'recordings/huggingface');
  if (!process.env.PAPERBOY_RECORDINGS || !existsSync(folder)) return [];
  const files = readdirSync(folder).filter((_, index) => index % 4 === 1);
  return files.map((file) => {
    const served = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Served[];
    const papers = served.slice(0, 10).map(({ paper }, index) => ({
      position: index + 1,
      paper: makePaper(2000 + index, {
        title: paper.title,
        abstract: paper.summary ?? null,
        authors: (paper.authors ?? []).map(({ name }) => name),
        paperUrl: `https://arxiv.org/abs/${paper.id}`,
        pdfUrl: `https://arxiv.org/pdf/${paper.id}`,
        codeUrl: paper.githubRepo ?? null,
        projectUrl: paper.projectPage ?? null,
      }),
      note: makeNote({ changes: [{ kind: 'upvotes', value: paper.upvotes ?? 0, sinceYesterday: 3 }] }),
    }));
    return [`recorded ${file}`, makeDigest(papers, { editionDate: file.slice(0, 10), more: 5 })];
  });
}

interface Served {
  paper: {
    id: string;
    title: string;
    summary?: string;
    authors?: { name: string }[];
    upvotes?: number;
    githubRepo?: string;
    projectPage?: string;
  };
}
