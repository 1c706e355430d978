import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth/lib/dkim/verify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

let terminal: ReturnType<typeof openTerminal>;
beforeEach(() => {
  terminal = openTerminal({ MAIL_FROM: 'Paperboy <paperboy@news.example.org>', DKIM_KEYS: '' });
});
afterEach(() => terminal.remove());

test('a key that was set up signs what is sent, and its printed record verifies it', async () => {
  const made = JSON.parse((await terminal.run('dkim', 'setup', '--ed25519', '--json')).stdout);
  expect(made.setting).toBe('DKIM_KEYS=dkim/paperboy.pem,dkim/paperboy-ed25519.pem');
  expect(statSync(join(terminal.folder, 'dkim/paperboy.pem')).mode & 0o777).toBe(0o600);
  const words = (await terminal.run('dkim', 'setup', '--selector', 'other')).stdout;
  expect(words).toMatch(/other\._domainkey\.news\.example\.org\. IN TXT \(\n {4}"v=DKIM1; k=rsa; p=/);

  const keys: string = made.setting.replace('DKIM_KEYS=', '');
  const signing = openTerminal({
    MAIL_FROM: 'Paperboy <paperboy@news.example.org>',
    DATABASE_URL: `sqlite:${join(terminal.folder, 'paperboy.db')}`,
    DKIM_KEYS: keys
      .split(',')
      .map((key) => join(terminal.folder, key))
      .join(','),
  });
  writeFileSync(
    join(signing.folder, 'one.json'),
    JSON.stringify([{ id: '2606.00001', title: 'Towels', abstract: 'We fold.' }]),
  );
  const at = ['--at', '2026-06-22T08:00:00Z'];
  await signing.run('ingest', '--file', join(signing.folder, 'one.json'), ...at);
  await signing.run('subscribers', 'add', 'a@example.org', '--topic', 'everything', ...at);
  const eml = join(signing.folder, 'mail.eml');
  expect((await signing.run('preview', 'a@example.org', '--out', eml, ...at)).code).toBe(0);
  const { results } = await dkimVerify(readFileSync(eml), {
    resolver: async (name) =>
      made.records
        .filter((one: { name: string }) => one.name === name)
        .map((one: { value: string }) => [one.value]),
  });
  expect(results.map((one) => one.status.result)).toEqual(['pass', 'pass']);
  signing.remove();
});

test('an existing key is never overwritten', async () => {
  await terminal.run('dkim', 'setup');
  const before = readFileSync(join(terminal.folder, 'dkim/paperboy.pem'), 'utf8');
  const again = await terminal.run('dkim', 'setup');
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/is there already/);
  expect(readFileSync(join(terminal.folder, 'dkim/paperboy.pem'), 'utf8')).toBe(before);
});

test('a second key is made beside one that is there, which stays', async () => {
  await terminal.run('dkim', 'setup');
  const rsa = readFileSync(join(terminal.folder, 'dkim/paperboy.pem'), 'utf8');
  const { setting, records } = JSON.parse(
    (await terminal.run('dkim', 'setup', '--ed25519', '--json')).stdout,
  );
  expect(setting).toBe('DKIM_KEYS=dkim/paperboy.pem,dkim/paperboy-ed25519.pem');
  expect(records.map((one: { value: string }) => one.value)).toEqual([
    expect.stringMatching(/k=rsa/),
    expect.stringMatching(/k=ed25519/),
  ]);
  expect(readFileSync(join(terminal.folder, 'dkim/paperboy.pem'), 'utf8')).toBe(rsa);
  const again = await terminal.run('dkim', 'setup', '--ed25519');
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/is there already/)]);
});

test('beside a key that cannot be used none is made', async () => {
  mkdirSync(join(terminal.folder, 'dkim'));
  writeFileSync(join(terminal.folder, 'dkim/paperboy.pem'), 'not a key');
  const { code, stderr } = await terminal.run('dkim', 'setup', '--ed25519');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/paperboy is no private key/)]);
  expect(readdirSync(join(terminal.folder, 'dkim'))).toEqual(['paperboy.pem']);
});

test('a bad key sends nothing, blames nobody and is told', async () => {
  mkdirSync(join(terminal.folder, 'dkim'));
  writeFileSync(join(terminal.folder, 'dkim/bad.pem'), 'not a key');
  const bad = openTerminal({
    DATABASE_URL: `sqlite:${join(terminal.folder, 'paperboy.db')}`,
    DKIM_KEYS: join(terminal.folder, 'dkim/bad.pem'),
  });
  writeFileSync(
    join(bad.folder, 'one.json'),
    JSON.stringify([{ id: '2606.00001', title: 'Towels', abstract: 'We fold.' }]),
  );
  const at = ['--at', '2026-06-22T08:00:00Z'];
  await bad.run('ingest', '--file', join(bad.folder, 'one.json'), ...at);
  await bad.run('subscribers', 'add', 'a@example.org', '--topic', 'everything', ...at);
  await bad.run('plan', ...at);
  const { code, stderr } = await bad.run('run', '--no-ingest', ...at);
  expect(code).toBe(1);
  expect(stderr).toMatch(/DKIM key bad is no private key/);
  expect(JSON.parse((await bad.run('deliveries', 'list', '--json')).stdout)).toMatchObject([
    { status: 'pending', attempts: 0 },
  ]);
  bad.remove();
});
