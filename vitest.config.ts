import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // By themselves, with a configuration of their own.
    exclude: [...configDefaults.exclude, 'test/chaos/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // The machine that runs the tests also runs Kafka and Redis.
    maxWorkers: 2,
    // Against what hangs, not against what is slow: a busy machine may take ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
