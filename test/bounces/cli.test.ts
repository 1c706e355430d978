import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openTerminal } from '../cli/terminal.ts';
import { autoReplyTo, bounceOf, letter, secret, storeWithDeliveries } from './deliveries.ts';

let terminal: ReturnType<typeof openTerminal>;
beforeEach(() => {
  terminal = openTerminal({ SECRET_KEY: secret });
  onTestFinished(() => terminal.remove());
});

function write(name: string, mail: Buffer): string {
  const path = join(terminal.folder, name);
  writeFileSync(path, mail);
  return path;
}

test('what came back is read from files, told in words, and listed with what it led to', async () => {
  await storeWithDeliveries(2, terminal.folder);
  const full = ['Action: failed', 'Status: 4.2.2', 'Diagnostic-Code: smtp; 452 4.2.2 mailbox full'];
  const files = [
    write('1.eml', bounceOf(1)),
    write('2.eml', bounceOf(2, { lines: full })),
    write('3.eml', autoReplyTo(1)),
    write('4.eml', letter),
  ];
  const first = await terminal.run('bounces', 'ingest', ...files, join(terminal.folder, 'missing'));
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('missing');
  expect(first.stdout).toContain('4 messages read: 1 hard, 1 soft, 1 auto-reply, 1 not a bounce.');
  expect(first.stdout).toContain('1 address suppressed');
  expect(first.stdout).toContain(files[3]);

  const again = await terminal.run('bounces', 'ingest', ...files, '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    ...{ read: 4, recorded: 0, known: 2, suppressed: 0, untold: 0 },
    classes: { hard: 1, soft: 1, 'auto-reply': 1, 'not-a-bounce': 1 },
    messages: [
      { where: files[0], class: 'hard', known: 1, recipients: [{ address: 's1@reader.example' }] },
      { class: 'soft' },
      { class: 'auto-reply', understood: true },
      { class: 'not-a-bounce', understood: false },
    ],
  });

  const listed = await terminal.run('bounces', 'list', '--class', 'hard', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { reason: 'user_unknown', email: 's1@reader.example', deliveryId: 1, suppressed: true, origin: 'mail' },
  ]);
  const of = await terminal.run('bounces', 'list', '--email', 's2@reader.example');
  expect(of.stdout).toMatch(/soft +mailbox_full +4\.2\.2 +s2@reader\.example +2 +-/);
  const shown = await terminal.run('bounces', 'show', '1');
  expect(shown.stdout).toContain('550 5.1.1 no such user');
  expect(shown.stdout).toContain('the address is suppressed');
  expect((await terminal.run('bounces', 'show', '99')).code).toBe(1);
});

test('without anything to read it says what there could be', async () => {
  expect(await terminal.run('bounces', 'ingest')).toMatchObject({ code: 2 });
  expect(await terminal.run('bounces', 'ingest', '--imap')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('BOUNCE_IMAP_URL'),
  });
});
