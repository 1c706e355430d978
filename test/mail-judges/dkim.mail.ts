import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dkimRecord } from '../../src/mail/dkim.ts';
import { type Letter, openPost, type Post, variants } from './letters.ts';
import { isMissing, python, whyNoProgram } from './tools.ts';
import { type NameServer, serveZone } from './zone.ts';

const run = promisify(execFile);

/** Names and port that libresolv can be told of: it knows no other port than 53. */
const resolverAddress = '127.53.53.53';

const noDkimpy = isMissing('dkimpy', whyNoProgram(python, ['-c', 'import dkim, nacl'], 'python3-dkim'));
const noOpendkim = isMissing('opendkim-testmsg', whyNoOpendkim());

const covered = [
  ...['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'],
  ...['list-id', 'list-unsubscribe', 'list-unsubscribe-post', 'list-help', 'list-archive', 'list-post'],
  ...['feedback-id', 'auto-submitted'],
];

let post: Post;
let letters: Letter[];
let records: Record<string, string>;

beforeAll(async () => {
  post = await openPost();
  letters = [];
  for (const [name, digest] of variants()) letters.push(await post.write(name, digest));
  records = Object.fromEntries(
    post.keys.map((key) => [`${key.selector}._domainkey.example.org`, dkimRecord(key)]),
  );
  return () => post.close();
});

describe('both signatures', () => {
  test('cover what a reader sees and all that a mailbox provider acts upon, the list headers that are there too', () => {
    for (const { message, name } of letters) {
      const head = (message.raw.toString('latin1').split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ');
      const lists = [...head.matchAll(/^(List-[A-Za-z-]+):/gm)].map(([, field]) => field?.toLowerCase());
      const signatures = head.split('\r\n').filter((line) => line.startsWith('DKIM-Signature:'));
      expect(signatures.length, name).toBe(2);
      for (const signature of signatures) {
        const fields =
          /\bh=([^;]+)/
            .exec(signature)?.[1]
            ?.toLowerCase()
            .split(/[\s:]+/) ?? [];
        expect(fields, name).toEqual(expect.arrayContaining([...covered, ...lists]));
      }
    }
  });

  test('verify by mailauth', async () => {
    for (const { received, name } of letters) {
      const { results } = await dkimVerify(received, {
        resolver: async (asked) => (records[asked] ? [[records[asked]]] : []),
      });
      expect(
        results.map((one) => one.status.result),
        name,
      ).toEqual(['pass', 'pass']);
    }
  });

  test.skipIf(noDkimpy)('verify by dkimpy, and a changed letter does not', async () => {
    const raws = letters.map(({ received }) => received.toString('base64'));
    const spoiled = Buffer.from(
      letters[0]?.received
        .toString('latin1')
        .replace('\r\nList-Unsubscribe-Post: ', '\r\nList-Unsubscribe-Post: No') ?? '',
      'latin1',
    ).toString('base64');
    const input = JSON.stringify({ records, raws: [...raws, spoiled] });
    const answer = execFileSync(python, ['-c', dkimpyProgram], { input, encoding: 'utf8' });
    const found = JSON.parse(answer) as boolean[][];
    expect(found.slice(0, -1)).toEqual(letters.map(() => [true, true]));
    expect(found.at(-1)).toEqual([false, false]);
  });
});

const dkimpyProgram = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
def record(name, **kwargs):
    return given["records"].get(name.decode().rstrip("."), "").encode()
def verify(raw):
    return [bool(dkim.DKIM(raw).verify(idx=i, dnsfunc=record)) for i in range(2)]
json.dump([verify(base64.b64decode(raw)) for raw in given["raws"]], sys.stdout)
`;

describe.skipIf(noOpendkim)('opendkim-testmsg', () => {
  let names: NameServer;
  let folder: string;

  beforeAll(async () => {
    const zone = Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text] }]));
    names = await serveZone(zone, resolverAddress, 53);
    folder = mkdtempSync(join(tmpdir(), 'paperboy-opendkim-'));
    writeFileSync(
      join(folder, 'resolv.conf'),
      `nameserver ${resolverAddress}\noptions timeout:2 attempts:2\n`,
    );
  });
  afterAll(async () => {
    await names?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** With a resolv.conf of its own, which is undone with the process. */
  async function verify(raw: Buffer): Promise<string> {
    const file = join(folder, 'mail.eml');
    writeFileSync(file, raw);
    const script = 'mount --bind "$1/resolv.conf" /etc/resolv.conf && exec opendkim-testmsg <"$1/mail.eml"';
    return await run('unshare', ['-m', 'sh', '-c', script, 'sh', folder]).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stderr?: string; message: string }) => error.stderr || error.message,
    );
  }

  test('verifies every variant, having asked for the key', async () => {
    for (const { received, name } of letters) expect(await verify(received), name).toBe('');
    expect(names.asked).toContain('TXT rsa._domainkey.example.org');
  });

  test('refuses a letter whose text was changed', async () => {
    const changed =
      letters[0]?.received.toString('latin1').replace(/Paperboy\b(?=[^<>]*\r\n)/, 'Paperbox') ?? '';
    expect(await verify(Buffer.from(changed, 'latin1'))).not.toBe('');
  });
});

function whyNoOpendkim(): string | null {
  if (process.getuid?.() !== 0) return 'it is given a resolver of its own, which takes root';
  const absent = whyNoProgram('sh', ['-c', 'command -v opendkim-testmsg'], 'opendkim-tools');
  if (absent) return absent;
  return whyNoProgram('unshare', ['-m', 'true'], 'util-linux') && 'this machine allows no mount namespaces';
}
