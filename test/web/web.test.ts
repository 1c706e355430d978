import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { addTopic } from '../../src/store/topics.ts';
import { eraseSubscriber } from '../../src/subscribers/status.ts';
import { startWeb, WebError } from '../../src/web/start.ts';
import { addSomebody, monday, openTestStore } from '../subscribers/people.ts';
import { openTestWeb, webConfig } from './pages.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let paths: { preferences: string; unsubscribe: string };
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
  paths = site.paths(id);
});
afterEach(() => store.close());

test('the address that PUBLIC_URL says leads in as it is written there, and a slash too many leads back', async () => {
  const { web } = openTestWeb(store, 'https://example.org/paperboy');
  expect((await web.request('/paperboy')).status).toBe(200);
  const led = await web.request('/paperboy/topics/');
  expect([led.status, led.headers.get('Location')]).toEqual([301, '/paperboy/topics']);
  const bare = openTestWeb(store, 'https://example.org').web;
  for (const path of ['//evil.example/', '/\\evil.example/', '/%5Cevil.example/', '/'])
    expect((await bare.request(`https://example.org${path}`)).headers.get('Location') ?? '/').toMatch(
      /^\/(?![/\\])/,
    );
});

test('with papers that are all old the start page does not say that none has ever come', async () => {
  expect(await (await site.web.request('/')).text()).toContain('There is no new paper here.');
});

const person = () => findSubscriber(store.db, id);
const topics = async () =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);
const snapshot = () =>
  ['subscribers', 'subscriptions', 'topics'].map((table) =>
    store.raw.prepare(`SELECT * FROM ${table}`).all(),
  );
const text = async (path: string) => (await site.web.request(path)).text();
const form = (changes: Record<string, string | string[]> = {}): [string, string][] =>
  Object.entries({
    topic: 'agents',
    timezone: 'UTC',
    time: '08:00',
    day: ['mon', 'wed'],
    max_papers: '10',
    locale: 'en',
    ...changes,
  }).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));

describe('unsubscribing', () => {
  test('following the link, as mail scanners do, changes nothing', async () => {
    const before = snapshot();
    for (const path of [
      paths.unsubscribe,
      paths.preferences,
      `${paths.unsubscribe}/undo`,
      `${paths.preferences}/pause`,
    ])
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
        await site.web.request(path, { method });
    expect(snapshot()).toEqual(before);
    expect(await text(paths.unsubscribe)).toContain(`<form method="post" action="${paths.unsubscribe}">`);
  });

  test.each([
    ['one click by the mail provider (RFC 8058)', 'List-Unsubscribe=One-Click'],
    ["the page's button", ''],
  ])('%s takes effect at once and answers 200 without cookie or redirect', async (_, body) => {
    const answer = await site.post(paths.unsubscribe, body);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('Set-Cookie')).toBe(false);
    expect(await person()).toMatchObject({ status: 'unsubscribed', nextDueAt: null });
    expect((await site.post(paths.unsubscribe, body)).status).toBe(200);
  });

  test('one click as multipart/form-data works too', async () => {
    const body = new FormData();
    body.set('List-Unsubscribe', 'One-Click');
    expect((await site.web.request(paths.unsubscribe, { method: 'POST', body })).status).toBe(200);
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
  });

  test('can be undone by a button, with the same topics', async () => {
    const done = await (await site.post(paths.unsubscribe)).text();
    expect(done).toContain(`action="${paths.unsubscribe}/undo"`);
    expect(await text(paths.unsubscribe)).toContain('You are unsubscribed');
    expect((await site.submit(paths.unsubscribe, `${paths.unsubscribe}/undo`)).status).toBe(200);
    expect(await person()).toMatchObject({ status: 'active' });
    expect(await topics()).toEqual(['agents']);
  });

  test('a wrong link is answered kindly and changes nothing', async () => {
    const before = snapshot();
    const crossed = paths.preferences.replace('preferences', 'unsubscribe');
    for (const path of [crossed, `${paths.unsubscribe}1`, '/unsubscribe/x', paths.unsubscribe.slice(0, -2)]) {
      const answer = await site.post(path);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain('This link does not work');
    }
    expect(snapshot()).toEqual(before);
  });

  test('an erased subscriber is gone (410) and cannot come back', async () => {
    await eraseSubscriber(store.db, id, monday, (key) => key);
    for (const path of [paths.unsubscribe, `${paths.unsubscribe}/undo`, paths.preferences])
      expect((await site.post(path)).status).toBe(410);
    expect((await site.web.request(paths.preferences)).status).toBe(410);
    expect(await person()).toMatchObject({ status: 'erased' });
  });
});

describe('preferences', () => {
  test('shows what is, and the address only masked', async () => {
    const shown = await text(paths.preferences);
    expect(shown).toContain('value="agents" checked');
    expect(shown).toContain('value="diffusion">');
    expect(shown).toContain('<option value="UTC" selected>');
    expect(shown).toContain('@example.org');
    expect(shown).not.toContain('ana.lopez');
    expect(shown).toContain('Monday, 22 June 2026 at 08:00');
  });

  test('saves all of the form and moves the next digest', async () => {
    const answer = await site.steer(
      id,
      paths.preferences,
      form({
        topic: ['diffusion', 'robotics'],
        timezone: 'Asia/Tokyo',
        time: '18:30',
        max_papers: '3',
        locale: 'de',
        quiet_mail: 'yes',
        day: ['tue', 'sun'],
      }),
    );
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, `${paths.preferences}?saved`]);
    expect(await person()).toMatchObject({
      timezone: 'Asia/Tokyo',
      digestTime: '18:30',
      days: ['tue', 'sun'],
      maxPapers: 3,
      locale: 'de',
      quietMail: true,
      nextDueAt: Date.parse('2026-06-23T09:30:00Z'),
    });
    expect(await topics()).toEqual(['diffusion', 'robotics']);
    expect(await text(`${paths.preferences}?saved`)).toContain('Saved.');
  });

  test('a mistake is told at its field, keeps what was typed and saves nothing', async () => {
    const before = snapshot();
    const answer = await site.steer(
      id,
      paths.preferences,
      form({ topic: [], timezone: '"><script>', time: '', day: [], max_papers: '500', locale: 'xx!!' }),
    );
    expect(answer.status).toBe(422);
    const shown = await answer.text();
    expect(shown).toContain('id="topics-problem"');
    expect(shown).toContain('value="500"');
    expect(shown).not.toContain('<script>');
    const other = await (
      await site.steer(
        id,
        paths.preferences,
        form({ timezone: 'Mars', time: '', day: [], max_papers: '500', locale: 'xx!!', quiet_mail: '?' }),
      )
    ).text();
    for (const field of ['timezone', 'time', 'days', 'maxPapers', 'locale', 'quietMail'])
      expect(other).toContain(`id="${field}-problem"`);
    expect(snapshot()).toEqual(before);
  });

  test("another's private topic cannot be chosen, one's own can", async () => {
    const other = await addSomebody(store, { email: 'other@example.org' });
    await addTopic(store.db, { slug: 'theirs', name: 'Theirs', query: 'x', ownerId: other }, monday);
    await addTopic(store.db, { slug: 'own', name: 'Own', query: 'x', ownerId: id }, monday);
    expect(await text(paths.preferences)).not.toContain('Theirs');
    expect((await site.steer(id, paths.preferences, form({ topic: ['theirs'] }))).status).toBe(422);
    expect((await site.steer(id, paths.preferences, form({ topic: ['own'] }))).status).toBe(303);
    expect(await topics()).toEqual(['own']);
  });

  test('pauses and resumes; who has unsubscribed stays so, whatever form was open', async () => {
    await site.steer(id, `${paths.preferences}/pause`);
    expect(await person()).toMatchObject({ status: 'paused', nextDueAt: null });
    expect(await text(paths.preferences)).toContain('Mail is paused.');
    await site.steer(id, `${paths.preferences}/resume`);
    expect(await person()).toMatchObject({ status: 'active' });
    await site.post(paths.unsubscribe);
    await site.steer(id, `${paths.preferences}/resume`);
    await site.steer(id, `${paths.preferences}/pause`);
    await site.steer(id, paths.preferences, form());
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
    expect(await topics()).toEqual([]);
  });

  test('a hostile topic name is shown as text', async () => {
    await addTopic(store.db, { slug: 'odd', name: '<img src=x onerror=alert(1)>', query: 'x' }, monday);
    for (const path of ['/', paths.preferences]) {
      expect(await text(path)).toContain('&lt;img src=x');
      expect(await text(path)).not.toContain('<img src=x');
    }
  });
});

test('every page forbids scripts but our own, and framing, and token pages stay out of caches and indexes', async () => {
  for (const path of ['/', paths.unsubscribe, paths.preferences, '/nowhere']) {
    const { headers } = await site.web.request(path);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('Referrer-Policy')).toBe('same-origin');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Strict-Transport-Security')).toContain('max-age');
    expect(await text(path)).not.toMatch(
      /<script(?![^>]* src=)|style=|\son\w+=|https?:\/\/(?!papers\.example\.org)/,
    );
  }
  for (const path of [paths.unsubscribe, paths.preferences]) {
    const { headers } = await site.web.request(path);
    expect([headers.get('Cache-Control'), headers.get('X-Robots-Tag')]).toEqual(['no-store', 'noindex']);
  }
});

test('every link and asset that a page names is there, also under a path', async () => {
  for (const publicUrl of ['https://papers.example.org', 'https://example.org/papers']) {
    const other = openTestWeb(store, publicUrl);
    const base = new URL(publicUrl).pathname.replace(/\/$/, '');
    for (const path of [`${base}/`, ...Object.values(other.paths(id))]) {
      const shown = await (await other.web.request(path)).text();
      // Search engines are told the whole address.
      const named = [...shown.matchAll(/(?:href|src)="([^"#]+)"/g)].map((match) =>
        (match[1] ?? '').replace(/^https:\/\/(papers\.)?example\.org/, ''),
      );
      expect(named.length).toBeGreaterThan(2);
      for (const link of named) {
        expect(link.startsWith(`${base}/`)).toBe(true);
        expect((await other.web.request(link)).status).toBe(200);
        // A proxy may have stripped the path.
        expect((await other.web.request(link.slice(base.length))).status).toBe(200);
      }
    }
  }
});

describe('a body that is no form', () => {
  const types = [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="',
    'multipart/form-data; boundary=x',
    `multipart/form-data; boundary=${'x'.repeat(500)}`,
  ];
  const send = (path: string, type: string) =>
    site.web.request(path, { method: 'POST', body: '--y\r\nnot a part', headers: { 'Content-Type': type } });

  test.each(types)('is said to be so and changes no preferences: %s', async (type) => {
    const before = snapshot();
    const answer = await send(paths.preferences, type);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`href="${paths.preferences}"`);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(snapshot()).toEqual(before);
    expect(site.problems).toEqual([]);
  });

  test.each(types)('does not keep anybody from unsubscribing: %s', async (type) => {
    expect((await send(paths.unsubscribe, type)).status).toBe(200);
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
  });
});

test.each([
  'a wrong link',
  'a saved form',
  'a refused form',
  'an unsubscription',
  'its undoing',
  'too large a body',
  'a failure',
])('no cache keeps the answer to a POST: %s', async (kind) => {
  if (kind === 'a failure') store.raw.exec('DROP TABLE subscriptions');
  const [path, body] = {
    'a wrong link': ['/preferences/x', form()] as const,
    'a saved form': [paths.preferences, form()] as const,
    'a refused form': [paths.preferences, form({ time: '' })] as const,
    'an unsubscription': [paths.unsubscribe, ''] as const,
    'its undoing': [`${paths.unsubscribe}/undo`, ''] as const,
    'too large a body': [paths.preferences, 'x'.repeat(100_000)] as const,
    'a failure': [paths.preferences, form()] as const,
  }[kind] ?? ['', ''];
  const { headers } = await site.post(path, typeof body === 'string' ? body : [...body]);
  expect(headers.get('Cache-Control')).toBe('no-store');
});

test('a body that is too large is refused', async () => {
  expect((await site.post(paths.preferences, `time=${'x'.repeat(100_000)}`)).status).toBe(413);
  const piecewise = await site.web.request(
    new Request(`http://localhost${paths.preferences}`, {
      method: 'POST',
      body: new Blob(['time=', 'x'.repeat(100_000)]).stream(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      duplex: 'half',
    }),
  );
  expect(piecewise.status).toBe(413);
});

test('a failure shows no inside and is logged without the token', async () => {
  store.raw.exec('DROP TABLE subscriptions');
  const answer = await site.web.request(paths.preferences);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('subscriptions');
  expect(site.problems).toHaveLength(1);
  expect(JSON.stringify(site.problems)).not.toContain(paths.preferences.split('/').at(-1));
});

test('healthz answers while the process lives, readyz while the database can be worked with', async () => {
  expect((await site.web.request('/healthz')).status).toBe(200);
  expect((await site.web.request('/readyz')).status).toBe(200);
  store.raw.pragma('user_version = 0');
  expect((await site.web.request('/readyz')).status).toBe(503);
  store.raw.close();
  expect((await site.web.request('/readyz')).status).toBe(503);
  expect((await site.web.request('/healthz')).status).toBe(200);
});

describe('serving', () => {
  const dependencies = (port: number) => {
    const config = webConfig();
    return { store, clock: fixedClock(monday), config: { ...config, web: { ...config.web, port } } };
  };

  test('listens, answers, and closes though a visitor keeps the connection open', async () => {
    const running = await startWeb(dependencies(0));
    const idle = connect(running.port, '127.0.0.1');
    const answer = await fetch(`http://127.0.0.1:${running.port}${paths.unsubscribe}`, { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
    await running.close();
    idle.destroy();
    await expect(fetch(`http://127.0.0.1:${running.port}/healthz`)).rejects.toThrow();
  });

  test('a port that is taken is told in one line', async () => {
    const running = await startWeb(dependencies(0));
    await expect(startWeb(dependencies(running.port))).rejects.toThrow(WebError);
    await expect(startWeb(dependencies(running.port))).rejects.toThrow(/something else listens there/);
    await running.close();
  });
});
