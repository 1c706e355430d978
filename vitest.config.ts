import { defineConfig } from 'vitest/config';

/**
 * `--mode days` runs what plays many days through the whole program, `--mode mail` has the mail judged by the tools that
 * mailbox providers and mail readers are made of; both take minutes.
 */
const modes: Record<string, string> = { days: 'test/**/*.days.ts', mail: 'test/**/*.mail.ts' };

export default defineConfig(({ mode }) => ({
  test: {
    include: [modes[mode] ?? 'test/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks' as const,
  },
}));
