import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silence } from '../../../src/cli/log.ts';
import { previewMail } from '../../../src/delivery/preview-mail.ts';
import { openMailTemplates } from '../../../src/digest/mail-templates.ts';
import { openMessage } from '../../../src/mail/open-message.ts';
import { runWatch } from '../../../src/stages.ts';
import { findSubscriber, type Subscriber } from '../../../src/store/subscribers.ts';
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

  test('of the operator are taken up without a restart; those that cannot be used are not, and that is told', async () => {
    const own = join(temporaryFolder(), 'own');
    const shipped = join(import.meta.dirname, '../../../templates');
    mkdirSync(own);
    const write = (name: string, from: string, to: string) =>
      writeFileSync(join(own, name), readFileSync(join(shipped, name), 'utf8').replace(from, to));
    write('digest.txt', 'PAPERBOY', 'THE OLD GAZETTE');
    const ours = await openDay({ TEMPLATES_DIR: own });
    const { browser: theirs } = await openDayPages(ours);
    const preview = () => theirs.text('/admin/templates/preview?email=1&date=2026-06-22&as=text');
    expect(await theirs.text('/admin/templates')).toContain('taken up by itself once it can be used');
    expect(await preview()).toContain('THE OLD GAZETTE');
    const round = await ours.app.composer();

    write('digest.txt', 'PAPERBOY', 'THE NEW GAZETTE');
    expect(await preview()).toContain('THE NEW GAZETTE');
    const mail = await previewMail(
      { ...ours.app, ...previewing(ours), compose: round },
      await ana(ours),
      '2026-06-22',
    );
    expect(mail.ok && mail.mail.text).toContain('THE OLD GAZETTE');

    const source = readFileSync(join(shipped, 'confirm.mjml'), 'utf8');
    writeFileSync(join(own, 'confirm.mjml'), `${source}\n{{nonsense}}\n`);
    write('digest.txt', 'PAPERBOY', 'THE HALF GAZETTE');
    const line = source.split('\n').length + 1;
    const told =
      /cannot be used: mails go on with those of <time datetime="2026-06-22T08:00:00.000Z".*would not start again/;
    const page = await theirs.text('/admin/templates');
    expect(page).toMatch(told);
    expect(page).toMatch(new RegExp(`confirm\\.mjml:${line}:\\d+</code>`));
    expect(await theirs.text('/admin/templates/files/confirm.mjml')).toContain(
      `id="L${line}" class="wrong-line"`,
    );
    expect(await theirs.text('/admin/templates/files/digest.txt')).toMatch(told);
    expect(await preview()).toMatch(told);
    expect(await preview()).toContain('THE NEW GAZETTE');
    await runWatch(ours.app, silence);
    expect(await theirs.text('/admin')).toContain('The mail templates were changed and cannot be used');
    await ours.close();
  });

  test('that cannot be used make no mail at all where a Paperboy begins with them', async () => {
    const own = join(temporaryFolder(), 'own');
    mkdirSync(own);
    writeFileSync(join(own, 'digest.txt'), '{{nonsense}}\n');
    const templates = openMailTemplates(own, () => morning);
    const broken = createWeb({
      ...day.app,
      clock: { now: () => morning },
      templates,
      composer: templates.digests as never,
    });
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const text = async (path: string) => (await broken.request(path, { headers: { cookie } })).text();
    expect(await text('/admin/templates')).toContain('Nothing is sent until they are right');
    expect(await text('/admin/templates/preview?email=ana%40example.org&date=2026-06-22')).toContain(
      'digest.txt:1:3: ',
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

/** What it takes to look at a mail that was planned. */
const previewing = ({ app }: Day) => ({ db: app.store.db, now: morning });
const ana = async ({ app }: Day) => (await findSubscriber(app.store.db, 1)) as Subscriber;

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
