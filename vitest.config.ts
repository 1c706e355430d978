import { defineConfig } from 'vitest/config';

/** `--mode days` runs what plays many days through the whole program; it takes minutes. */
export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'days' ? ['test/**/*.days.ts'] : ['test/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks' as const,
  },
}));
