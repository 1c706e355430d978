import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { editSubscriber } from '../../../src/subscribers/subscribers.ts';
import type { openSignedIn } from '../admin-pages.ts';
import { type Day, morning, openDay, openDayPages } from './days.ts';

let day: Day;
let browser: Awaited<ReturnType<typeof openSignedIn>>['browser'];
beforeAll(async () => {
  day = await openDay();
  ({ browser } = await openDayPages(day));
  const { db } = day.app.store;
  await editSubscriber(db, 1, { timezone: 'Asia/Tokyo', time: '07:30' }, morning);
  day.app.store.raw.exec(
    "INSERT INTO bounces (event_key, origin, class, reason, subscriber_id, delivery_id, diagnostic, recorded_at) VALUES ('1', 'mail', 'soft', 'mailbox_full', 1, 1, '552', 0)",
  );
  await browser.submit('/admin/account', '/admin/account/tokens', {
    ...{ name: 'a program', scope: ['read'], days: '30' },
  });
}, 60_000);
afterAll(() => day.close());

const strip = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const time = /\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d/;
const zoned = /\d{4}, \d\d:\d\d (UTC|\([\w/]+\))/;
const isTold = (text: string, heading: string) =>
  !time.test(text) || heading.includes('(UTC)') || zoned.test(text);

/** Times of day that stand on a page without the zone that they are in, each with what stands around it. */
function bareTimes(page: string): string[] {
  const bare: string[] = [];
  const note = (text: string, heading: string) => {
    if (!isTold(text, heading)) bare.push(`${heading}: ${text}`);
  };
  const withoutTables = page.replaceAll(/<table[^>]*>(.*?)<\/table>/gs, (table) => {
    const [head = ''] = /<thead>.*<\/thead>/s.exec(table) ?? [];
    const headings = [...head.matchAll(/<t[dh]\b[^>]*>(.*?)<\/t[dh]>/gs)].map(([, text = '']) => text);
    for (const [, row = ''] of table.matchAll(/<tr>(.*?)<\/tr>/gs))
      [...row.matchAll(/<t[dh](?: ([^>]*))?>(.*?)<\/t[dh]>/gs)].forEach(([, told = '', cell = ''], at) => {
        note(strip(cell), headings[at] ?? '');
        // On a phone the cell says its heading.
        const [, name] = /data-name="([^"]+)"/.exec(told) ?? [];
        if (name !== undefined) note(strip(cell), name);
      });
    return '';
  });
  const rest = withoutTables.replaceAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs, (_, name, value) => {
    note(strip(value), strip(name));
    return '';
  });
  for (const sentence of strip(rest).matchAll(new RegExp(`.{0,30}${time.source}.{0,20}`, 'g')))
    note(sentence[0], '');
  return bare;
}

describe('a time of day', () => {
  test.each([
    ...['subscribers', 'subscribers/1', 'deliveries', 'deliveries/1', 'audit', 'account'],
    ...['runs', 'runs/plan', 'runs/plan/1', 'runs/ingest/1', 'runs/send/1'],
  ])('says in which zone it is: /admin/%s', async (path) => {
    const page = await browser.text(`/admin/${path}`);
    expect(strip(page)).toMatch(time);
    expect(bareTimes(page)).toEqual([]);
  });

  test('is that of the reader where a digest is due, with UTC beside it', async () => {
    const page = strip(await browser.text('/admin/subscribers/1'));
    expect(page).toContain('Next digest due 23 Jun 2026, 07:30 (Asia/Tokyo) 22 Jun 2026, 22:30 UTC');
    expect(page).toContain('Where they are it is 22 Jun 2026, 17:00 (Asia/Tokyo)');
    expect(strip(await browser.text('/admin/deliveries/1'))).toContain(
      'Due 22 Jun 2026, 17:00 (Asia/Tokyo) 22 Jun 2026, 08:00 UTC',
    );
    expect(strip(await browser.text('/admin/subscribers/2'))).toContain(
      'Next digest due 23 Jun 2026, 08:00 (UTC) Where',
    );
  });
});
