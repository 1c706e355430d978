import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];

async function sendOne(settings: Record<string, string>) {
  const terminal = openTerminal({ MAIL_FROM: 'Paperboy <paperboy@news.example.org>', ...settings });
  const papers = join(terminal.folder, 'one.json');
  writeFileSync(papers, JSON.stringify([{ id: '2606.00001', title: 'Towels', abstract: 'We fold.' }]));
  await terminal.run('ingest', '--file', papers, ...at);
  await terminal.run('subscribers', 'add', 'a@example.org', '--topic', 'everything', ...at);
  await terminal.run('run', '--no-ingest', ...at);
  const eml = join(terminal.folder, 'mail.eml');
  await terminal.run('preview', 'a@example.org', '--out', eml, ...at);
  const mail = readFileSync(eml, 'utf8').replace(/\r\n\s+/g, ' ');
  return { terminal, mailto: /<mailto:([^?>]+)\?subject=unsubscribe>/.exec(mail)?.[1] ?? null };
}

test('a mail to the mailbox of List-Unsubscribe ends the subscription of whoever got the digest', async () => {
  const { terminal, mailto } = await sendOne({ BOUNCE_ADDRESS: 'back@news.example.org' });
  expect(mailto).toMatch(/^back%2B[0-9a-z]+@news\.example\.org$/);
  const letter = join(terminal.folder, 'letter.eml');
  writeFileSync(
    letter,
    `From: <somebody-else@example.org>\r\nTo: <${decodeURIComponent(mailto ?? '')}>\r\nMessage-ID: <1@example.org>\r\nSubject: unsubscribe\r\n\r\n\r\n`,
  );
  expect((await terminal.run('bounces', 'ingest', letter, ...at)).code).toBe(0);
  const shown = JSON.parse((await terminal.run('subscribers', 'show', 'a@example.org', '--json')).stdout);
  expect(shown).toMatchObject({ status: 'unsubscribed', suppressed: null });
  terminal.remove();
});

test('no such mailbox is named where nobody is known to read it', async () => {
  const { terminal, mailto } = await sendOne({});
  expect(mailto).toBe(null);
  terminal.remove();
});
