import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditPapers, auditPlans } from './audit.ts';
import { readLedger } from './ledger.ts';
import { type Ended, root, untilEnded } from './paperboy.ts';

/** `npm run demo` in a clone of its own, with nothing set. */
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'paperboy-clone-'));
  for (const name of ['src', 'templates', 'package.json'])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  // What the demo leaves there is no part of a clone.
  const left = new Set(['demo', 'outbox', 'secret.key']);
  cpSync(join(root, 'data'), join(clone, 'data'), {
    recursive: true,
    filter: (file) => !left.has(basename(file)) && !/\.db(-|$)/.test(file),
  });
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

function demo(...args: string[]): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const node = join(clone, 'node_modules/.bin/node');
  // Settings of the surroundings must not make the demo mail anybody.
  const env = { PATH, HOME, SMTP_URL: 'smtp://127.0.0.1:1' };
  return untilEnded(spawn(node, ['src/cli.ts', 'demo', ...args], { cwd: clone, env }));
}

const outbox = () => readdirSync(join(clone, 'data/demo/outbox'), { recursive: true }).map(String);
const ledger = () => readLedger(join(clone, 'data/demo/paperboy.db'));

test('the demo mails real papers into the outbox, once a day, and goes on the next day', async () => {
  const first = await demo();
  expect(first.code, first.stderr).toBe(0);
  const mails = outbox().filter((name) => name.endsWith('.eml'));
  const sent = ledger().deliveries.filter((one) => one.status === 'sent');
  expect(sent.length).toBeGreaterThan(2);
  expect(mails).toHaveLength(sent.length);
  expect(outbox().filter((name) => name.endsWith('.html'))).toHaveLength(sent.length);
  expect(new Set(sent.map((one) => one.timezone)).size).toBeGreaterThan(2);
  expect(first.stdout).toContain('outbox');

  const ids = new Set(sent.map((one) => one.messageId));
  for (const name of mails) {
    const mail = await PostalMime.parse(readFileSync(join(clone, 'data/demo/outbox', name)));
    expect(ids.delete(mail.messageId ?? '')).toBe(true);
    expect(mail.html).toContain('https://arxiv.org/abs/');
    expect(mail.text?.length).toBeGreaterThan(200);
  }

  const second = await demo();
  expect(second.code, second.stderr).toBe(0);
  expect(outbox().filter((name) => name.endsWith('.eml'))).toEqual(mails);
  expect(second.stdout).toMatch(/nothing|no digest|nobody|already/i);

  const next = await demo('--at', '2026-06-29', '--json');
  expect(next.code, next.stderr).toBe(0);
  expect(JSON.parse(next.stdout)).toMatchObject({
    playedTo: '2026-06-29T20:00:00.000Z',
    nextDay: '2026-06-30',
  });
  const { deliveries, plans } = ledger();
  expect(deliveries.filter((one) => one.status === 'sent').length).toBeGreaterThan(sent.length);
  expect([...auditPlans({ deliveries, plans }), ...auditPapers({ deliveries, plans })]).toEqual([]);

  const back = await demo('--at', '2026-06-26');
  expect(back).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('does not go back') });
});
