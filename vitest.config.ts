import { defineConfig } from 'vitest/config';
import { findChromium } from './test/support/find-chromium.ts';
import { makeMemoryFolder } from './test/support/memory-folder.ts';

/**
 * `--mode days` runs what plays many days through the whole program, `--mode mail` has the mail judged by the tools that
 * mailbox providers and mail readers are made of, `--mode browser` looks at all pages in Chromium; each takes
 * minutes. `npm test` walks through a reader's life in Chromium, and no more of it.
 */
const modes: Record<string, string[]> = {
  days: ['test/**/*.days.ts'],
  mail: ['test/**/*.mail.ts'],
  browser: ['test/**/*.browser.ts'],
};
const quick = ['test/**/*.test.ts', 'test/web/life/life.browser.ts'];

export default defineConfig(({ mode }) => {
  const include = modes[mode] ?? quick;
  if ((include === quick || mode === 'browser') && findChromium() === null)
    console.warn(
      'There is no Chromium here (Debian: chromium; CHROMIUM_PATH names another): the tests that look at pages in it are skipped.',
    );
  // What plays days keeps to a disk, with its waits.
  const folder = include === quick || mode === 'browser' ? makeMemoryFolder() : null;
  return {
    test: {
      include,
      setupFiles: ['test/support/seed.ts'],
      // Far more than any test takes: on a busy machine each takes several times as long.
      testTimeout: include === quick ? 60_000 : 600_000,
      hookTimeout: include === quick ? 60_000 : 600_000,
      expect: { poll: { timeout: 20_000 } },
      pool: 'forks' as const,
      // One less than there are cores is the default: on two, nothing would go side by side.
      maxWorkers: '100%',
      // A process of its own for each file spent more time on starting and reading modules than on all tests: the
      // files share one per core, so a test leaves nothing behind in modules, globals or the environment.
      isolate: false,
      env: folder === null ? {} : { TMPDIR: folder },
    },
  };
});
