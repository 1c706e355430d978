import { defineConfig } from 'vitest/config';
import { findChromium } from './test/support/find-chromium.ts';

/**
 * `--mode days` runs what plays many days through the whole program, `--mode mail` has the mail judged by the tools that
 * mailbox providers and mail readers are made of; both take minutes. `--mode browser` looks at the pages in Chromium
 * alone; `npm test` does so, too.
 */
const modes: Record<string, string[]> = {
  days: ['test/**/*.days.ts'],
  mail: ['test/**/*.mail.ts'],
  browser: ['test/**/*.browser.ts'],
};
const quick = ['test/**/*.test.ts', 'test/**/*.browser.ts'];

export default defineConfig(({ mode }) => {
  const include = modes[mode] ?? quick;
  if (include.includes('test/**/*.browser.ts') && findChromium() === null)
    console.warn(
      'There is no Chromium here (Debian: chromium; CHROMIUM_PATH names another): the tests that look at pages in it are skipped.',
    );
  // Templates are compiled before a first test: mjml takes long to load where many do so at once.
  return { test: { include, testTimeout: 20_000, hookTimeout: 30_000, pool: 'forks' as const } };
});
