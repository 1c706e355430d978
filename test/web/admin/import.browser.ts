import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { addTestAdmin, password } from '../../admins/people.ts';
import { defaults, openTestStore } from '../../subscribers/people.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { openAdminWeb } from '../admin-pages.ts';
import { webConfig } from '../pages.ts';

/** As listmonk writes it. */
const listmonk = `uuid,email,name,attributes,status,created_at,updated_at
7d0a1f5e-30a5-4b1e-9f0a-6f2f0d1c9b11,ada@example.org,Ada Lovelace,"{""city"":""London"",""interests"":""analytical engines, and whatever else there is to compute with them""}",enabled,2024-03-01 09:14:22+00,
0b7c4f5e-9a9a-4f0e-8a1a-2c2f6f1c2b90,grace.hopper.of.the.navy@department.university.example,Grace Hopper,{},disabled,2024-03-02 11:00:00+00,
`;
const columns = [
  ['uuid', '', '7d0a1f5e-'],
  ['email', 'email', 'ada@example.orggrace.hopper.'],
  ['name', '', 'Ada LovelaceGrace Hopper'],
  ['attributes', 'attributes', '{"city":"London"'],
  ['status', 'status', 'enableddisabled'],
  ['created_at', '', '2024-03-01'],
  ['updated_at', '', 'empty'],
] as const;

describeInChromium('the columns of a list that is imported', (chromium) => {
  let store: Store;
  let address: string;
  beforeAll(async () => {
    store = await openTestStore();
    await addTestAdmin(store);
    const config = { digest: { ...defaults, windowDays: 14 } };
    address = await chromium.serve(
      (publicUrl) => openAdminWeb(store, { with: { config: { ...webConfig(publicUrl), ...config } } }).web,
    );
  });
  afterAll(() => store.close());

  async function upload(list: string, width: number): Promise<Page> {
    const next = encodeURIComponent('/admin/subscribers/-/import');
    const page = await chromium.visit(`${address}/admin/sign-in?next=${next}`, { width, javaScript: false });
    await page.fill('[name=name]', 'ada@example.org');
    await page.fill('[name=password]', password);
    await page.click('main form:has([name=password]) button');
    await page.setInputFiles('[name=file]', {
      ...{ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(list) },
    });
    await page.click('text=Upload');
    return page;
  }

  for (const width of [320, 360, 1280])
    test(`stand each with its own choice, and over none of the others, at ${width} pixels`, async () => {
      const page = await upload(listmonk, width);
      for (const [index, [name, chosen, values]] of columns.entries()) {
        // Asked for as a screen reader tells it.
        const choice = page.getByRole('combobox', { name, exact: true });
        expect(await choice.inputValue()).toBe(chosen);
        expect(await page.locator('[name=column]').nth(index).getAttribute('id')).toBe(
          await choice.getAttribute('id'),
        );
        const described = page.locator(`[id="${await choice.getAttribute('aria-describedby')}"]`);
        expect((await described.textContent())?.slice(0, values.length)).toBe(values);
      }
      const parts = page.locator('table.columns :is(label, td > div, select)');
      expect(overlapping(await boxesOf(parts))).toEqual([]);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    });
});

interface Box {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function boxesOf(parts: Locator): Promise<Box[]> {
  return parts.evaluateAll((elements) =>
    elements.map((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const text = `${element.localName} ${element.closest('tr')?.querySelector('label')?.textContent}`;
      return { text, left, right, top, bottom };
    }),
  );
}

/** Those that share a pixel. */
function overlapping(boxes: readonly Box[]): string[] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
          Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1,
      )
      .map((other) => `${one.text} / ${other.text}`),
  );
}
