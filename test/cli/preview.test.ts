import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { estimateSpam, readSpamStatus } from '../../src/cli/spam-score.ts';
import { openTerminal } from './terminal.ts';

const at = ['--at', '2026-06-22T08:00:00Z'];
const before = ['--at', '2026-06-22T06:00:00Z'];
let terminal: ReturnType<typeof openTerminal>;

beforeAll(async () => {
  terminal = openTerminal({ PUBLIC_URL: 'https://paperboy.example.org', MAIL_FROM: 'paperboy@example.org' });
  const file = join(terminal.folder, 'papers.json');
  writeFileSync(
    file,
    JSON.stringify([{ id: '2606.01234', title: 'Räume, die falten', abstract: 'We fold.' }]),
  );
  await terminal.run('ingest', '--file', file, ...before);
  await terminal.run('subscribers', 'add', 'one@example.org', '--topic', 'everything', ...before);
});
afterAll(() => terminal.remove());

const preview = (...more: string[]) => terminal.run('preview', 'one@example.org', ...more, ...at);

test('a preview shows the headers as they go out, the text, and how large all is', async () => {
  const { code, stdout } = await preview();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^From: paperboy@example\.org\nTo: one@example\.org\nSubject: Räume, die falten\n/);
  expect(stdout).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
  expect(stdout).toMatch(/^List-Post: NO$/m);
  expect(stdout).toMatch(/^-- [\d,]+ bytes in all, [\d,]+ of HTML, [\d,]+ of text\.$/m);
  expect(stdout).not.toContain('<html');
});

test('with --html it shows the HTML', async () => {
  const html = (await preview('--html')).stdout;
  expect(html).toContain('</html>');
  // what is looked at has all that is mailed, such as the links of its delivery
  for (const path of ['/digest/preview', '/like/preview/1/more', '/like/preview/1/less'])
    expect(html).toContain(path);
});

test('its document holds both parts, every header and the sizes', async () => {
  const shown = JSON.parse((await preview('--json')).stdout);
  expect(shown.headers.map((one: { name: string }) => one.name)).toEqual(
    expect.arrayContaining([
      'From',
      'To',
      'Subject',
      'Date',
      'Message-ID',
      'List-Id',
      'Feedback-ID',
      'Content-Type',
    ]),
  );
  expect(shown.htmlBytes).toBe(Buffer.byteLength(shown.html));
  expect(shown.textBytes).toBe(Buffer.byteLength(shown.text));
  expect(shown.messageBytes).toBeGreaterThan(shown.htmlBytes);
  expect(shown.spam).toBeUndefined();
});

const marked = `X-Spam-Checker-Version: SpamAssassin 4.0.1
X-Spam-Status: No, score=-1.0 required=5.0 tests=HTML_MESSAGE,
\tMAILING_LIST_MULTI autolearn=unavailable autolearn_force=no version=4.0.1

X-Spam-Status: Yes, score=99
`;

test('a spam score is what SpamAssassin answers', async () => {
  const program = join(terminal.folder, 'spamassassin');
  writeFileSync(program, `#!/bin/sh\ncat >/dev/null\ncat <<'E'\n${marked}E\n`, { mode: 0o755 });
  expect(await estimateSpam(Buffer.from('a mail'.repeat(1e5)), program)).toEqual({
    ok: true,
    score: -1,
    rules: ['HTML_MESSAGE', 'MAILING_LIST_MULTI'],
  });
  expect(readSpamStatus('X-Spam-Status: No, score=0.3 required=5.0 tests=none autolearn=no')).toEqual({
    score: 0.3,
    rules: [],
  });
  expect(readSpamStatus('Subject: X-Spam-Status: No, score=1')).toBeNull();
});

test('where it is not installed, or breaks down, that is said', async () => {
  expect(await estimateSpam(Buffer.from(''), join(terminal.folder, 'none'))).toMatchObject({
    reason: 'missing',
  });
  const program = join(terminal.folder, 'broken');
  writeFileSync(program, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  expect(await estimateSpam(Buffer.from('x'), program)).toMatchObject({
    reason: 'failed',
    message: expect.stringContaining('ended with 3'),
  });
});
