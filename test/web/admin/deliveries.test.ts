import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { openSignedIn } from '../admin-pages.ts';
import { type Day, openDay, openDayPages } from './days.ts';

let day: Day;
let site: Awaited<ReturnType<typeof openSignedIn>>;
let browser: typeof site.browser;
beforeAll(async () => {
  day = await openDay();
  site = await openDayPages(day);
  browser = site.browser;
}, 60_000);
beforeEach(() => day.reset());
afterAll(() => day.close());

const ids = (page: string) =>
  [...page.matchAll(/\/admin\/deliveries\/(\d+)"/g)].map(([, id]) => Number(id)).filter((id) => id < 10);
const standing = (id: number) =>
  day.app.store.raw.prepare('SELECT status, reason FROM deliveries WHERE id = ?').get(id);

describe('the list of deliveries', () => {
  test('is narrowed down by status, day, reason, topic and subscriber', async () => {
    day.end(2, 'failed', 'policy_refused');
    day.end(4, 'uncertain', 'no_reply');
    const list = async (query: string) => ids(await browser.text(`/admin/deliveries${query}`));
    expect(await list('')).toEqual([5, 4, 3, 2, 1]);
    expect(await list('?status=sent')).toEqual([5, 3, 1]);
    expect(await list('?date=2026-06-22&status=failed')).toEqual([2]);
    expect(await list('?date=2026-06-21')).toEqual([]);
    expect(await list('?reason=no_reply')).toEqual([4]);
    expect(await list('?topic=everything&email=ana%40example.org')).toEqual([1]);
    expect(await list('?before=3')).toEqual([2, 1]);
  });

  test('says what it cannot look for instead of listing something else', async () => {
    const query = 'topic=nonesuch&email=nobody%40example.org&date=june&status=lost&reason=bogus&run=first';
    expect((await browser.get(`/admin/deliveries/many?act=sent&${query}`)).status).toBe(422);
    const answer = await browser.get(`/admin/deliveries?${query}`);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(ids(page)).toEqual([]);
    expect(page).toContain('“bogus” is no reason: expected nothing_new, ');
    expect(page).toContain('“lost” is no status: expected pending, claimed, ');
    expect(page).toContain('“first” is no number of a plan run, nor two such as 12-15.');
    expect(page).toContain('There is no topic “nonesuch”.');
    expect(page).toContain('Nobody subscribes with “nobody@example.org”.');
    expect(page).toContain('is no date such as');
  });

  test('is for admins alone', async () => {
    const { web } = site;
    for (const path of ['', '/1', '/1/mail', '/many?act=sent'])
      expect((await web.request(`/admin/deliveries${path}`)).status, path).toBe(303);
  });
});

describe('the page of a delivery', () => {
  test('tells how it stands in words, its papers, and the mail that goes out', async () => {
    const page = await browser.text('/admin/deliveries/1');
    expect(page).toContain('The mail server accepted it.');
    expect(page).toContain('ana@example.org');
    expect(page).toMatch(/<iframe[^>]* sandbox src="\/admin\/deliveries\/1\/mail\?/);
    const headers = await browser.text('/admin/deliveries/1?as=headers');
    expect(headers).toMatch(/<dt>To<\/dt><dd[^>]*>ana@example\.org/);
    expect(headers).toContain('List-Unsubscribe-Post');
    expect(await browser.text('/admin/deliveries/1?as=text')).toMatch(/<pre class="mail-text"/);
  });

  test('shows the mail in a frame that runs nothing and leads nowhere, in either scheme', async () => {
    const frame = await browser.get('/admin/deliveries/1/mail?scheme=dark');
    const policy = frame.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'self'; sandbox$/);
    expect(frame.headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
    const dark = await frame.text();
    expect(dark).not.toContain('prefers-color-scheme');
    expect(dark).toContain('content="dark"');
    const page = await browser.get('/admin/deliveries/1');
    expect(page.headers.get('Content-Security-Policy')).toContain("frame-src 'self'");
    expect(page.headers.get('Content-Security-Policy')).not.toContain('unsafe');
  });

  test('of nobody is none', async () => {
    for (const path of ['/admin/deliveries/99', '/admin/deliveries/99/mail'])
      expect((await browser.get(path)).status).toBe(404);
  });
});

describe('what an admin does to one delivery', () => {
  const act = (id: number, path: string, fields: Record<string, string> = {}) =>
    browser.submit(`/admin/deliveries/${id}`, `/admin/deliveries/${id}/${path}`, fields);

  test('a failed one is tried again, and the log says who did it', async () => {
    day.end(2, 'failed', 'policy_refused');
    const answer = await act(2, 'retry');
    expect(answer.headers.get('Location')).toBe('/admin/deliveries/2?done=retry');
    expect(standing(2)).toEqual({ status: 'pending', reason: null });
    const page = await browser.text('/admin/deliveries/2?done=retry');
    expect(page).toContain('It waits for the next run again.');
    expect(page).toMatch(/Changes by hand[\s\S]*ada@example\.org[\s\S]*retry/);
  });

  test('an uncertain one is resolved', async () => {
    day.end(3, 'uncertain', 'no_reply');
    expect(await browser.text('/admin/deliveries/3')).toContain('say what became of it');
    expect((await act(3, 'resolve', { as: 'failed' })).status).toBe(303);
    expect(standing(3)).toEqual({ status: 'failed', reason: 'resolved_by_hand' });
  });

  test('what cannot be done is said, and changes nothing', async () => {
    day.end(2, 'failed', 'policy_refused');
    const token = await browser.text('/admin/deliveries/2');
    expect(token).toContain('Try it again');
    day.end(2, 'uncertain', 'no_reply');
    const answer = await act(2, 'retry');
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('could be sent twice');
    expect(standing(2)).toEqual({ status: 'uncertain', reason: 'no_reply' });
    expect((await act(2, 'resolve', { as: 'nonsense' })).status).toBe(404);
  });

  test('no form without its token does anything', async () => {
    day.end(2, 'failed', 'policy_refused');
    expect((await browser.post('/admin/deliveries/2/retry')).status).toBe(403);
    expect(standing(2)).toMatchObject({ status: 'failed' });
  });
});

describe('one act on all that are listed', () => {
  test('says how many there are, and is done to those once confirmed', async () => {
    day.end(2, 'uncertain', 'no_reply');
    day.end(4, 'uncertain', 'no_reply');
    expect(await browser.text('/admin/deliveries?status=uncertain')).toContain('All of these arrived');
    const path = '/admin/deliveries/many?status=uncertain&date=2026-06-22&act=sent';
    const asked = await browser.text(path);
    expect(asked).toContain('<strong>2 deliveries</strong>, of 2026-06-22.');
    expect(standing(2)).toMatchObject({ status: 'uncertain' });
    const fields = Object.fromEntries(
      [...asked.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name as string,
        value as string,
      ]),
    );
    const answer = await browser.post('/admin/deliveries/many', fields);
    expect(await answer.text()).toContain('2 deliveries now count as sent.');
    expect([standing(2), standing(4)]).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
  });

  test('tells of those that stay as they were', async () => {
    day.end(2, 'failed', 'policy_refused');
    day.app.store.raw.exec("UPDATE subscribers SET status = 'paused', next_due_at = NULL WHERE id = 2");
    const path = '/admin/deliveries/many?status=failed&act=retry';
    const answer = await browser.submit(path, '/admin/deliveries/many', {
      status: 'failed',
      act: 'retry',
      up_to: '2',
    });
    const page = await answer.text();
    expect(page).toContain('1 delivery stayed as they were');
    expect(page).toContain('is paused and gets no mail');
  });
});
