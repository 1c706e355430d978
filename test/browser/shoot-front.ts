/**
 * The picture of the front page in the README: `npm run demo`, then `node test/browser/shoot-front.ts`. Needs a Chromium
 * (CHROMIUM_PATH names one that is not where it usually is).
 */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { chromium } from 'playwright-core';
import { fixedClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/store.ts';
import { createWeb } from '../../src/web/web.ts';
import { findChromium, quietFlags } from '../support/find-chromium.ts';

const root = join(import.meta.dirname, '..', '..');
const store = openStore(join(root, 'data', 'demo', 'paperboy.db'));
const web = createWeb({
  store,
  config: {
    secretKey: 'k'.repeat(43),
    web: { publicUrl: 'https://papers.example.org', host: '127.0.0.1', port: 0 },
  },
  clock: fixedClock(Date.parse('2026-06-26T20:00:00Z')),
});
const server = createAdaptorServer({ fetch: web.fetch });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const executablePath = findChromium();
if (executablePath === null) throw new Error('There is no Chromium here; CHROMIUM_PATH can name one.');
const browser = await chromium.launch({ executablePath, args: quietFlags, chromiumSandbox: false });
const page = await browser.newPage({ viewport: { width: 1120, height: 1000 }, deviceScaleFactor: 1 });
await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
await page.screenshot({
  path: join(import.meta.dirname, 'pictures', 'front-page.jpeg'),
  type: 'jpeg',
  quality: 82,
});
await browser.close();
server.close();
await store.close();
