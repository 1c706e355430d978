import { hash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readHtmlPart } from './message.ts';
import type { Outcome, OutgoingMessage, Reply, Transport } from './transport.ts';

const concurrency = 4;

/**
 * A transport into a folder, made when missing: each message as `.eml` (its exact bytes) and `.html` (to open in a
 * browser). The same Message-ID always goes to the same files, so sending it again changes nothing.
 */
export function createOutbox(options: { dir: string }): Transport {
  const { dir } = options;
  async function send(message: OutgoingMessage): Promise<Outcome> {
    try {
      await mkdir(dir, { recursive: true });
      return await keep(dir, message);
    } catch (error) {
      return { kind: 'stop', cause: 'config', reply: failure(dir, error) };
    }
  }
  return {
    description: `outbox ${dir}`,
    concurrency,
    async verify() {
      try {
        await mkdir(dir, { recursive: true });
        await access(dir, constants.W_OK | constants.X_OK);
        return null;
      } catch (error) {
        return failure(dir, error);
      }
    },
    reserve: async () => ({ ok: true, send, release() {} }),
    send,
    async close() {},
  };
}

/**
 * The files' name without extension: `2026-07-01_alice@example.org_3f9c2a1b`, the date being that of the Message-ID
 * or else of the Date header. Only letters, digits and `@.+-_` stay of the address.
 */
export function nameMessage(message: OutgoingMessage): string {
  const address = message.to
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}@.+_-]+/gu, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, 80)
    .toWellFormed();
  return `${dateOf(message)}_${address}_${hash('sha256', message.messageId, 'hex').slice(0, 12)}`;
}

async function keep(dir: string, message: OutgoingMessage): Promise<Outcome> {
  const name = nameMessage(message);
  const html = readHtmlPart(message.raw);
  if (html !== null) await writeWhole(dir, `${name}.html`, Buffer.from(html, 'utf8'));
  await writeWhole(dir, `${name}.eml`, message.raw);
  await syncFolder(dir);
  const reply: Reply = {
    phase: 'reply',
    code: 250,
    enhanced: '2.0.0',
    text: `250 2.0.0 kept as ${name}.eml`,
  };
  return { kind: 'sent', reply };
}

/** Whole or not at all, whatever happens meanwhile. */
async function writeWhole(dir: string, name: string, bytes: Buffer): Promise<void> {
  const temporary = join(dir, `.${randomBytes(8).toString('hex')}.part`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function dateOf(message: OutgoingMessage): string {
  const stated = /^<(\d{4}-\d{2}-\d{2})\./.exec(message.messageId)?.[1];
  if (stated !== undefined) return stated;
  const header = /^Date: (.+)$/im.exec(message.raw.toString('latin1', 0, 8192))?.[1];
  const at = Date.parse(header ?? '');
  return Number.isNaN(at) ? 'undated' : new Date(at).toISOString().slice(0, 10);
}

const explanations: Record<string, string> = {
  EACCES: 'this process may not write there',
  EPERM: 'this process may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is a file of that name',
  ENAMETOOLONG: 'the path is too long',
};

function failure(dir: string, error: unknown): Reply {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = explanations[code] ?? (error instanceof Error ? error.message : String(error));
  return {
    phase: 'connect',
    code: null,
    enhanced: null,
    text: `cannot write to the outbox ${dir}: ${why}${code ? ` (${code})` : ''}`,
  };
}
