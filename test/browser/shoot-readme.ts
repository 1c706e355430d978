/**
 * The README's picture of a digest, `pictures/digest.jpeg`: what the program makes of the shipped sample, at a desk in
 * light and on a telephone in dark. `node test/browser/shoot-readme.ts`; needs a Chromium, see shoot-digest.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { openTerminal } from '../cli/terminal.ts';
import { findChromium, quietFlags } from '../support/find-chromium.ts';

const date = '2026-06-26';
const sample = join(import.meta.dirname, '../../data/sample');
const executablePath = findChromium();
if (executablePath === null) throw new Error('There is no Chromium here (CHROMIUM_PATH names one).');

const terminal = openTerminal({ PUBLIC_URL: 'https://paperboy.example.org', DIGEST_TIMEZONE: 'UTC' });
const run = async (...args: string[]) => {
  const { code, stderr } = await terminal.run(...args);
  if (code !== 0) throw new Error(`paperboy ${args.join(' ')}: ${stderr}`);
};
for (const day of readdirSync(sample).filter((name) => name.endsWith('.jsonl') && name.slice(0, 10) <= date))
  await run('ingest', '--file', join(sample, day), '--at', `${day.slice(0, 10)}T05:00:00Z`);
const topics = ['llm-efficiency', 'agents', 'reinforcement-learning'].flatMap((slug) => ['--topic', slug]);
await run('subscribers', 'add', 'reader@example.org', ...topics, '--at', `${date}T06:00:00Z`);
await run('plan', '--at', `${date}T08:00:00Z`);
const file = join(terminal.folder, 'digest.html');
await run('preview', 'reader@example.org', '--out', file, '--at', `${date}T08:00:00Z`);
const html = readFileSync(file, 'utf8');
terminal.remove();

const browser = await chromium.launch({ executablePath, args: [...quietFlags], chromiumSandbox: false });
const shoot = async (width: number, colorScheme: 'light' | 'dark') => {
  const page = await browser.newPage({ viewport: { width, height: 820 }, colorScheme, deviceScaleFactor: 2 });
  await page.setContent(html);
  return `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
};
const [desk, telephone] = [await shoot(600, 'light'), await shoot(360, 'dark')];
const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, deviceScaleFactor: 1.25 });
await page.setContent(`<style>
  body { margin: 0; display: flex; gap: 40px; justify-content: center; align-items: center; height: 900px; background: #e9e5dd }
  img { height: 820px; border-radius: 10px; box-shadow: 0 8px 30px #0003 }
</style><img src="${desk}"><img src="${telephone}">`);
await page.waitForFunction('[...document.images].every((image) => image.complete)');
const path = join(import.meta.dirname, 'pictures', 'digest.jpeg');
await page.screenshot({ path, type: 'jpeg', quality: 54 });
await browser.close();
console.log(path);
