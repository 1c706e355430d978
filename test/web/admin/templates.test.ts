import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TemplateError } from '../../../src/digest/template-files.ts';
import { openMessage } from '../../../src/mail/open-message.ts';
import { createWeb } from '../../../src/web/web.ts';
import { temporaryFolder } from '../../support/store.ts';
import type { openSignedIn } from '../admin-pages.ts';
import { type Day, morning, openDay, openDayPages } from './days.ts';

let day: Day;
let site: Awaited<ReturnType<typeof openSignedIn>>;
let browser: typeof site.browser;
beforeAll(async () => {
  day = await openDay();
  site = await openDayPages(day);
  browser = site.browser;
}, 60_000);
afterAll(() => day.close());

const outbox = () => readdirSync(join(day.app.store.file, '..'), { recursive: true, encoding: 'utf8' });
const preview = (email: string, date: string, more = '') =>
  browser.text(`/admin/templates/preview?email=${encodeURIComponent(email)}&date=${date}${more}`);

describe('the templates', () => {
  test('are listed with where each is from, and shown line by line', async () => {
    const page = await browser.text('/admin/templates');
    for (const name of ['digest.mjml', 'paper.mjml', 'digest.txt', 'dark.css'])
      expect(page).toContain(`/admin/templates/files/${name}"`);
    const source = await browser.text('/admin/templates/files/digest.mjml');
    expect(source).toContain('<li id="L1"><code>&lt;mjml');
    expect((await browser.get('/admin/templates/files/nonsense.mjml')).status).toBe(404);
  });

  test('of the operator that cannot be used are named with file, line and column, and nothing is sent', async () => {
    const own = join(temporaryFolder(), 'own');
    mkdirSync(own);
    const shipped = readFileSync(join(import.meta.dirname, '../../../templates/paper.mjml'), 'utf8');
    writeFileSync(join(own, 'paper.mjml'), `${shipped}\n{{nonsense}}\n`);
    const broken = createWeb({
      ...day.app,
      clock: { now: () => morning },
      config: { ...day.app.config, mail: { ...day.app.config.mail, templatesDir: own } },
      composer: async () => {
        throw new TemplateError([
          { file: join(own, 'paper.mjml'), line: 1, column: 2, message: 'no such field' },
        ]);
      },
    });
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const text = async (path: string) => (await broken.request(path, { headers: { cookie } })).text();
    const line = shipped.split('\n').length + 1;
    const page = await text('/admin/templates');
    expect(page).toContain('Nothing is sent with them');
    expect(page).toMatch(new RegExp(`paper\\.mjml:${line}:\\d+</code>`));
    expect(await text('/admin/templates/files/paper.mjml')).toContain(`id="L${line}" class="wrong-line"`);
    expect(await text('/admin/templates/preview?email=ana%40example.org&date=2026-06-22')).toContain(
      'paper.mjml:1:2: no such field',
    );
    expect(await text('/admin/deliveries/1')).toContain('The templates cannot be used');
  });
});

describe('a preview', () => {
  test('of a day that was planned is the frozen mail', async () => {
    const page = await preview('ana@example.org', '2026-06-22');
    expect(page).toContain('As it was planned: <a href="/admin/deliveries/1">');
    expect(page).toMatch(/<iframe[^>]*sandbox/);
  });

  test('of a later day is what would be chosen now, and plans nothing', async () => {
    const page = await preview('ana@example.org', '2026-06-23', '&as=text');
    expect(page).toContain('What would be chosen by what is known now');
    expect(page).toMatch(/<pre class="mail-text"/);
    expect(day.app.store.raw.prepare('SELECT count(*) FROM deliveries').pluck().get()).toBe(5);
    const frame = await browser.get('/admin/templates/preview/mail?email=ana%40example.org&date=2026-06-23');
    expect(frame.headers.get('Content-Security-Policy')).toMatch(/; sandbox$/);
  });

  test('of a day without a mail says why', async () => {
    expect(await preview('ana@example.org', '2026-06-20')).toContain('They joined later');
    expect(await preview('nobody@example.org', '2026-06-22')).toContain('Nobody subscribes with');
  });

  test('of what is no day is refused, not answered with today', async () => {
    const asked = '/admin/templates/preview?email=ana%40example.org&date=zzz';
    const answer = await browser.get(asked);
    const page = await answer.text();
    expect([answer.status, page]).toEqual([422, expect.stringContaining('“zzz” is no date such as')]);
    expect(page).not.toContain('<iframe');
    expect((await browser.get(asked.replace('preview?', 'preview/mail?'))).status).toBe(404);
  });
});

describe('a test of a mail', () => {
  const send = (to: string) =>
    browser.submit('/admin/templates/preview?email=ana%40example.org', '/admin/templates/preview', {
      email: 'ana@example.org',
      date: '2026-06-22',
      to,
    });

  test('goes to the address typed, marked, with no link that acts for its subscriber, and is in the log', async () => {
    const before = new Set(outbox());
    const answer = await send('proof@example.org');
    expect(await answer.text()).toContain('Sent to proof@example.org through');
    const file = outbox().find((name) => name.endsWith('.eml') && !before.has(name)) ?? '';
    const mail = await openMessage(readFileSync(join(day.app.store.file, '..', file)));
    expect(mail.headers).toContainEqual({ name: 'To', value: 'proof@example.org' });
    expect(mail.subject).toMatch(/^\[Test\] /);
    expect(mail.html + JSON.stringify(mail.headers)).not.toMatch(
      /\/(?:unsubscribe|preferences|(?:like|digest)\/(?!preview))/,
    );
    expect(await browser.text('/admin/audit?act=send')).toContain('ana@example.org');
  });

  test('goes to no suppressed address, to none that is no address, and not without end', async () => {
    expect(await (await send('no address')).text()).toContain('notice wrong');
    let last = '';
    for (let n = 0; n < 11; n++) last = await (await send('proof@example.org')).text();
    expect(last).toContain('Enough tests for now');
  });
});
