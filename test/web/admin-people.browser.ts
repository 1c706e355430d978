import BetterSqlite3 from 'better-sqlite3';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suppressAddress } from '../../src/bounces/suppress.ts';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriberByKey } from '../../src/store/subscribers.ts';
import { addTestAdmin, password } from '../admins/people.ts';
import { addSomebody, defaults, monday, openTestStore } from '../subscribers/people.ts';
import {
  describeInChromium,
  expectAccessible,
  expectNoSidewaysScroll,
  type Visit,
} from '../support/chromium.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper } from '../support/store.ts';
import { openAdminWeb } from './admin-pages.ts';
import { webConfig } from './pages.ts';

const dayMs = 24 * 3_600_000;

describeInChromium('topics and subscribers in a browser', (chromium) => {
  let store: Store;
  let address: string;
  beforeAll(async () => {
    store = await openTestStore();
    for (let id = 1; id <= 30; id++)
      await insertPaper(
        store,
        storedPaper({
          id,
          title: `${id % 3 ? 'Planning agents' : 'Diffusion'} with robotics, part ${id}`,
          abstract: 'We study how agents act.',
          ...{ announcedAt: monday - (id % 9) * dayMs, firstSeenAt: monday - (id % 9) * dayMs },
        }),
      );
    for (let n = 1; n <= 12; n++)
      await addSomebody(store, {
        email: `reader${n}.with.a.long.name@department.university.example`,
        topics: ['agents'],
        timezone: 'America/Los_Angeles',
      });
    store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, 0, 0); INSERT INTO paper_notes (id, plan_run_id, note) VALUES (1, 1, '{}');
      INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (1, 1, 1, '2026-06-21', 'sent', '1', 0, 0, 0, ${monday});
      INSERT INTO delivery_papers (delivery_id, position, subscriber_id, paper_id, topic_id, note_id) VALUES (1, 0, 1, 1, 1, 1);
      INSERT INTO bounces (event_key, origin, class, reason, subscriber_id, diagnostic, recorded_at) VALUES ('1', 'mail', 'soft', 'mailbox_full', 1, '552 5.2.2 mailbox is full', ${monday})`);
    const unwanted = 'reader12.with.a.long.name@department.university.example';
    await suppressAddress(store.db, makeHashAddress(webConfig().secretKey)(unwanted), 'by phone', monday);
    await addTestAdmin(store);
    const candidates = () =>
      loadCandidateSet(store.db, new BetterSqlite3(':memory:'), { now: monday, windowMs: 14 * dayMs });
    const config = { ...webConfig(), digest: { ...defaults, windowDays: 14 } };
    address = await chromium.serve(
      (publicUrl) =>
        openAdminWeb(store, {
          with: { candidates, config: { ...config, ...webConfig(publicUrl), digest: config.digest } },
        }).web,
    );
  });
  afterAll(() => store.close());

  async function signIn(path: string, how: Visit = {}): Promise<Page> {
    const page = await chromium.visit(`${address}/admin/sign-in?next=${encodeURIComponent(path)}`, how);
    await page.fill('[name=name]', 'ada@example.org');
    await page.fill('[name=password]', password);
    await page.click('main form:has([name=password]) button');
    await page.waitForURL(`${address}${path}`);
    return page;
  }

  const paths = [
    '/admin/topics',
    '/admin/topics/agents',
    '/admin/topics/-/new',
    '/admin/subscribers',
    '/admin/subscribers/1?date=2026-06-21',
    '/admin/subscribers/12',
    '/admin/subscribers/-/new',
    '/admin/subscribers/-/import',
    '/admin/suppressions',
  ];

  test('every page is accessible and fits a phone of 320 pixels', async () => {
    const page = await signIn('/admin/topics', { width: 320 });
    for (const path of paths) {
      await page.goto(address + path);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    }
  });

  test('a long query leaves the list of topics short on a phone', async () => {
    store.raw
      .prepare('UPDATE topics SET query = ? WHERE id = 1')
      .run(`agents OR ${'"computer use" OR '.repeat(20)}robotics`);
    const page = await signIn('/admin/topics', { width: 360 });
    const heights = await page
      .locator('main tbody tr')
      .evaluateAll((rows) => rows.map((row) => row.clientHeight));
    expect(Math.max(...heights)).toBeLessThan(220);
    store.raw.prepare("UPDATE topics SET query = 'agents' WHERE id = 1").run();
  });

  test('what a query matches is shown while one types it, and where it is wrong', async () => {
    const page = await signIn('/admin/topics/-/new');
    const status = await page.$('form [role=status]');
    await page.fill('[name=query]', 'diffusion');
    // A screen reader reads out that sentence, and not all papers with it.
    await expect.poll(() => status?.textContent()).toBe('Matches 10 of 30 recent papers.');
    expect(await page.locator('[aria-live], [role=status] table').count()).toBe(0);
    await page.fill('[name=query]', '(diffusion');
    await page.waitForSelector('#tested pre.drawn');
    await expectAccessible(page);
    // On a phone the sentence is read to its end, and so is the stretch with the caret.
    await page.setViewportSize({ width: 320, height: 700 });
    await page.fill(
      '[name=query]',
      '"computer use" OR "tool calling" OR ( ) OR "language agents" OR robotics',
    );
    const told = page.locator('#tested .notice');
    await told.locator('text=There is nothing between these parentheses').waitFor();
    await expectNoSidewaysScroll(page);
    for (const part of await told.locator('p, pre').all())
      expect(await part.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0);
    await page.fill('[name=query]', 'agents');
    await page.waitForSelector('[role=status] >> text=Matches 30 of 30');
  });

  test('without scripts a topic is tried out, kept and merged', async () => {
    const page = await signIn('/admin/topics/-/new', { javaScript: false });
    for (const [name, value] of Object.entries({ name: 'Robots', slug: 'robots', query: 'robotics' }))
      await page.fill(`[name=${name}]`, value);
    await page.click('text=Show what it matches');
    expect(await page.textContent('#tested-told')).toContain('Matches 30 of 30');
    await page.click('form.topic button >> text=Add');
    expect(await page.textContent('h1')).toBe('Robots');
    await page.selectOption('[name=into]', 'robotics');
    await page.click('text=See what would happen');
    await expectAccessible(page);
    await page.click('text=Merge them');
    expect(await page.textContent('h1')).toBe('About robotics');
  });

  test('without scripts many are ticked and changed, and a list is imported', async () => {
    const page = await signIn('/admin/subscribers', { javaScript: false, width: 360 });
    await page.check('tbody tr:nth-child(1) input');
    await page.check('tbody tr:nth-child(2) input');
    await page.selectOption('[name=act]', 'pause');
    await page.click('text=See for how many');
    await expectAccessible(page);
    await page.click('button:has-text("Pause 2 subscribers")');
    await page.waitForSelector('text=Done: 2 changed');

    await page.goto(`${address}/admin/subscribers/-/import`);
    const buffer = Buffer.from('Email Address,Unknown\nnew@example.org,x\nnobody,y\n');
    await page.setInputFiles('[name=file]', { name: 'list.csv', mimeType: 'text/csv', buffer });
    await page.click('text=Upload');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.click('text=See what would become of each line');
    await page.waitForSelector('text=Nothing has been changed yet');
    await expectAccessible(page);
    await page.click('button:has-text("Do so")');
    await page.waitForSelector('text=Done. 2 lines');
    expect(await findSubscriberByKey(store.db, 'new@example.org')).not.toBeNull();
  });
});
