import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { estimateSpam, readSpamStatus } from '../../src/cli/spam-score.ts';
import { type Letter, openPost, recordedDays, variants, writeAll } from './letters.ts';
import { isMissing, whyNoProgram } from './tools.ts';

/** What every spam filter is to take for spam (https://spamassassin.apache.org/gtube/). */
const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

const missing = isMissing('SpamAssassin', whyNoProgram('spamassassin', ['-V'], 'spamassassin'));

describe.skipIf(missing)('SpamAssassin without the network', () => {
  let verdicts: { name: string; score: number; rules: string[] }[];

  beforeAll(async () => {
    const post = await openPost();
    const letters = await writeAll(post);
    for (const [name, digest] of recordedDays()) letters.push(await post.write(name, digest));
    verdicts = await judge(letters);
    await post.close();
    const shown = verdicts.map(
      ({ name, score, rules }) => `  ${score.toFixed(1)}  ${name}: ${rules.join(' ')}`,
    );
    console.info(`SpamAssassin\n${shown.join('\n')}`);
  });

  test('scores every variant at 0.5 or less', () => {
    expect(verdicts.length).toBeGreaterThanOrEqual(variants().length);
    expect(verdicts.filter(({ score }) => score > 0.5)).toEqual([]);
  });

  test('finds no fault of header, list or MIME', () => {
    const faults =
      /^(DKIM_|MIME_(?!HTML_MOSTLY)|.*HEADER|MISSING_|BAD_|INVALID_|HTML_MIME|MALFORMED|SUBJ_|UNPARSEABLE|WEIRD|MPART_)/;
    const found = verdicts.flatMap(({ name, rules }) =>
      rules.filter((rule) => faults.test(rule)).map((rule) => `${name}: ${rule}`),
    );
    expect(found).toEqual([]);
  });

  test('is awake: it scores what is spam, and a header that is missing', async () => {
    const estimate = await estimateSpam(Buffer.from(`Subject: ${gtube}\r\n\r\n${gtube}\r\n`));
    expect(estimate).toMatchObject({ ok: true, rules: expect.arrayContaining(['GTUBE', 'MISSING_DATE']) });
    expect(estimate.ok && estimate.score).toBeGreaterThan(100);
  });
});

/** One process for all of them: to start it takes seconds. */
async function judge(letters: Letter[]): Promise<{ name: string; score: number; rules: string[] }[]> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-spam-'));
  mkdirSync(join(folder, 'mail'));
  const files = letters.map(({ received }, index) => {
    const file = join(folder, 'mail', `${String(index).padStart(4, '0')}.eml`);
    writeFileSync(file, received);
    return file;
  });
  const { stdout } = await promisify(execFile)('spamassassin', ['-L', '-t', ...files], {
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, HOME: folder },
  });
  rmSync(folder, { recursive: true, force: true });
  // Their order is SpamAssassin's own; the Message-ID tells which is which.
  const answers = stdout.split(/^(?=Return-Path: <)/m).filter(Boolean);
  return answers.map((answer) => {
    const letter = letters.find(({ message }) => answer.includes(`\nMessage-ID: ${message.messageId}`));
    const status = readSpamStatus(answer);
    if (!letter || !status) throw new Error(`not an answer of SpamAssassin: ${answer.slice(0, 500)}`);
    return { name: letter.name, ...status };
  });
}
