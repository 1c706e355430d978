import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { countSubscribers, findSubscriberByKey } from '../../src/store/subscribers.ts';
import { eraseSubscriber, pauseSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from '../subscribers/people.ts';
import { temporaryFolder } from '../support/store.ts';
import { openSignedIn } from './admin-pages.ts';
import { webConfig } from './pages.ts';

const list = '/admin/subscribers/-/import';
let store: Store;
let site: Awaited<ReturnType<typeof openSignedIn>>;
beforeEach(async () => {
  store = await openTestStore(`${temporaryFolder()}/paperboy.db`);
  site = await openSignedIn(store, {
    with: { config: { ...webConfig(), digest: { ...defaults, windowDays: 14 } } },
  });
});
afterEach(() => store.close());

const strip = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

async function upload(text: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  const { browser } = site;
  const form = new FormData();
  form.set('form_token', /name="form_token" value="([^"]+)"/.exec(await browser.text(list))?.[1] ?? '');
  form.set('file', new File([text], 'list.csv'));
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
  return await site.web.request(list, { method: 'POST', body: form, headers: { Cookie: cookie } });
}
async function outcomeOf(answer: Response): Promise<{ path: string; page: string }> {
  const path = answer.headers.get('Location') ?? '';
  for (let tries = 0; tries < 200; tries++) {
    const asked = await site.browser.get(path);
    if (!asked.headers.get('Refresh')) return { path, page: await asked.text() };
    await sleep(10);
  }
  throw new Error(`${path} does not end`);
}

describe('a list of addresses', () => {
  test('is uploaded, its columns are chosen, each fate is seen, and only then it is imported, once', async () => {
    await addSomebody(store, { email: 'known@example.org', topics: ['agents'] });
    const kept =
      (await upload('Reader,Lists\nnew@example.org,Robotics\nknown@example.org,agents\n=bad,\n')).headers.get(
        'Location',
      ) ?? '';
    expect(kept).toMatch(/^\/admin\/subscribers\/-\/import\/[0-9a-f]{32}$/);
    const shown = await site.browser.text(kept);
    expect(strip(shown)).toMatch(
      /Reader new@example\.org known@example\.org =bad not read .* Lists Robotics agents/,
    );
    expect(shown).toContain('<option value="topics" selected>topics</option>');
    const refused = await site.browser.submit(kept, kept, { column: ['time', 'topics'], topic: '' });
    expect([refused.status, await refused.text()]).toEqual([
      422,
      expect.stringContaining('<option value="time" selected>'),
    ]);
    const dry = await outcomeOf(
      await site.browser.submit(kept, kept, { column: ['email', 'topics'], topic: '' }),
    );
    expect(strip(dry.page)).toMatch(
      /Nothing has been changed yet\. 3 lines\..* added 1 changed 0 the same already 1 .* refused 1/,
    );
    expect(await countSubscribers(store.db)).toMatchObject({ active: 1 });
    const report = await (await site.browser.get(`${kept}/report.csv`)).text();
    expect(report).toContain('line,email,fate,message\n2,new@example.org,added,\n');
    expect(report).toContain("4,'=bad,invalid,");
    const checked = dry.path.split('/').at(-1) ?? '';
    const run = () => site.browser.submit(kept, `${kept}/run`, { checked });
    expect(strip((await outcomeOf(await run())).page)).toMatch(/Done\. 3 lines/);
    expect(await findSubscriberByKey(store.db, 'new@example.org')).toMatchObject({ status: 'active' });
    expect(store.raw.prepare("SELECT actor FROM admin_audit WHERE act = 'import'").pluck().all()).toEqual([
      'admin',
    ]);
    expect((await run()).status).toBe(404);
  });

  test('that is none is refused at once', async () => {
    for (const [text, words] of [
      ['', 'not empty'],
      ['email\n"never closed', 'opened and never closed'],
    ] as const) {
      const refused = await upload(text);
      expect([refused.status, strip(await refused.text())]).toEqual([422, expect.stringContaining(words)]);
    }
    const tooLarge = await upload(new Uint8Array(21 * 1024 * 1024));
    expect(tooLarge.status).toBe(413);
    for (const id of ['0'.repeat(32), '..%2Fpaperboy'])
      expect((await site.browser.get(`${list}/${id}`)).status).toBe(404);
  });

  test('is taken from nobody who is not signed in', async () => {
    const body = new FormData();
    body.set('file', new File(['email\n'], 'list.csv'));
    expect((await site.web.request(list, { method: 'POST', body })).status).toBe(401);
  });
});

describe('an export', () => {
  test('holds whom the list shows, safe for spreadsheets, with what they are', async () => {
    await addSomebody(store, { email: '=1+1@example.org', topics: ['agents'] });
    await pauseSubscriber(store.db, await addSomebody(store, { email: 'bo@example.org' }), monday);
    await eraseSubscriber(
      store.db,
      await addSomebody(store, { email: 'cy@example.org' }),
      monday,
      hashAddress,
    );
    const text = async (path: string) =>
      (await site.browser.get(`/admin/subscribers/-/export.${path}`)).text();
    expect(await text('csv')).toBe(
      'email,timezone,time,days,max_papers,topics,status\n\'=1+1@example.org,UTC,08:00,"mon,tue,wed,thu,fri,sat,sun",10,agents,active\nbo@example.org,UTC,08:00,"mon,tue,wed,thu,fri,sat,sun",10,,paused\n',
    );
    expect(await text('csv?status=paused')).not.toContain('=1+1');
    const lines = (await text('jsonl?topic=agents')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { email: '=1+1@example.org', topics: ['agents'], createdAt: '2026-06-22T06:00:00.000Z' },
    ]);
    expect((await site.browser.get('/admin/subscribers/-/export.csv?topic=nope')).status).toBe(422);
  });
});
