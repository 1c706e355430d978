import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeMessage } from '../../src/mail/message.ts';
import { createOutbox, nameMessage } from '../../src/mail/outbox.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'paperboy-outbox-'));
});
afterEach(() => {
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true });
});

function message(to: string, messageId = '<2026-07-01.abc@example.org>') {
  return composeMessage({
    from: { name: 'Paperboy', address: 'paperboy@example.org' },
    to,
    envelopeFrom: 'paperboy@example.org',
    messageId,
    dateMs: Date.UTC(2026, 6, 2),
    subject: 'Trending today',
    html: ['<p>größer = besser</p>\n', '<p>end</p>\n'],
    text: 'text\n',
    headers: [],
  });
}

describe('outbox', () => {
  it('keeps the exact bytes and the HTML to open, under a readable name', async () => {
    const outbox = createOutbox({ dir: join(dir, 'a', 'b') });
    const sent = message('alice@example.org');
    expect(await outbox.verify()).toBeNull();
    expect(await outbox.send(sent)).toMatchObject({ kind: 'sent', reply: { phase: 'reply', code: 250 } });
    const [eml, html, ...others] = readdirSync(join(dir, 'a', 'b')).sort();
    expect(others).toEqual([]);
    expect(eml).toMatch(/^2026-07-01_alice@example\.org_[0-9a-f]{12}\.eml$/);
    expect(html).toBe(eml?.replace(/eml$/, 'html'));
    expect(readFileSync(join(dir, 'a', 'b', eml ?? '')).equals(sent.raw)).toBe(true);
    expect(readFileSync(join(dir, 'a', 'b', html ?? ''), 'utf8')).toBe(
      '<p>größer = besser</p>\n<p>end</p>\n',
    );
  });

  it('changes nothing when the same message is sent again, and keeps different ones apart', async () => {
    const outbox = createOutbox({ dir });
    await Promise.all([1, 2, 3].map(() => outbox.send(message('alice@example.org'))));
    expect(readdirSync(dir).length).toBe(2);
    await outbox.send(message('alice@example.org', '<2026-07-01.def@example.org>'));
    expect(readdirSync(dir).length).toBe(4);
  });

  it('takes the date from the Date header when the Message-ID has none', () => {
    expect(nameMessage(message('alice@example.org', '<abc@example.org>'))).toMatch(/^2026-07-02_/);
  });

  it('never writes outside its folder, whatever the address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (to, messageId) => {
        const name = nameMessage({ from: 'a@b', to, messageId, raw: Buffer.from('Date: nonsense\r\n') });
        expect(name).not.toMatch(/[/\\\0]|\.\./);
        expect(name).toMatch(/^undated_/);
        expect(Buffer.byteLength(name)).toBeLessThan(250);
      }),
    );
    const name = nameMessage({
      from: 'a@b',
      to: '../../etc/passwd@x',
      messageId: '<../x@y>',
      raw: Buffer.alloc(0),
    });
    expect(name).toMatch(/^undated_\.-\.-etc-passwd@x_/);
  });

  it('stops with a clear text when the folder cannot be written', async () => {
    writeFileSync(join(dir, 'file'), '');
    const outbox = createOutbox({ dir: join(dir, 'file') });
    const outcome = await outbox.send(message('alice@example.org'));
    expect(outcome).toMatchObject({ kind: 'stop', cause: 'config', reply: { code: null } });
    expect(outcome.reply.text).toMatch(/cannot write to the outbox .*file.*EEXIST/);
    expect((await outbox.verify())?.text).toMatch(/cannot write/);
  });

  it.skipIf(process.getuid?.() === 0)('says when it may not write there', async () => {
    chmodSync(dir, 0o500);
    expect((await createOutbox({ dir }).verify())?.text).toMatch(/may not write there/);
  });
});
