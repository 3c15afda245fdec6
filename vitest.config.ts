import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-broker.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Browsers, kills and signals on a shared machine: CI asks a failed test twice more; developers see every stumble.
    retry: process.env['CI'] === 'true' ? 2 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
