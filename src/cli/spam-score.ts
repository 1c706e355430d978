import { spawn } from 'node:child_process';

/** What SpamAssassin makes of a mail; below 5 it counts as no spam where nothing else is set. */
export interface SpamStatus {
  score: number;
  rules: string[];
}

export type SpamEstimate =
  | ({ ok: true } & SpamStatus)
  /** `missing`: it is not installed. */
  | { ok: false; reason: 'missing' | 'failed'; message: string };

const longestMs = 60_000;

/**
 * Has SpamAssassin score a mail without asking the network: what it would think of a sender's reputation is not in it.
 * `program` is `spamassassin`, as its Debian package has it.
 */
export function estimateSpam(raw: Buffer, program = 'spamassassin'): Promise<SpamEstimate> {
  return new Promise((resolve) => {
    const child = spawn(program, ['-L', '-t'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: longestMs });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    // It may end without having read everything; `close` tells.
    child.stdin.on('error', () => {}).end(raw);
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ENOENT'
          ? { ok: false, reason: 'missing', message: `${program} is not installed` }
          : { ok: false, reason: 'failed', message: error.message },
      ),
    );
    child.once('close', (code, signal) => {
      const status = readSpamStatus(answer);
      if (status) resolve({ ok: true, ...status });
      else resolve({ ok: false, reason: 'failed', message: `${program} ended with ${signal ?? code}` });
    });
  });
}

/** Reads the `X-Spam-Status` header of a mail that SpamAssassin has marked; null: there is none. */
export function readSpamStatus(marked: string): SpamStatus | null {
  const folded = /^X-Spam-Status: (.*(?:\r?\n[ \t].*)*)/m.exec(marked)?.[1];
  if (folded === undefined) return null;
  const status = folded.replace(/\r?\n[ \t]+/g, ' ');
  const score = /\bscore=(-?[\d.]+)/.exec(status)?.[1];
  if (score === undefined) return null;
  const tests = /\btests=(.*?)(?: \w+=|$)/.exec(status)?.[1] ?? '';
  return {
    score: Number(score),
    rules: tests.split(/[, ]+/).filter((rule) => rule !== '' && rule !== 'none'),
  };
}
