import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** primitive (or `every`) → test files; written by forced.ts. */
const plan = JSON.parse(process.env['CAHUB_FORCED_PLAN'] ?? '{}') as Record<string, string[]>;
const root = resolve(import.meta.dirname, '../..');

/** One project for each forced primitive. The tests themselves know nothing of it. */
export default defineConfig({
  root,
  test: {
    globalSetup: ['test/support/postgres-broker.ts'],
    maxWorkers: 2,
    reporters: ['default'],
    projects: Object.entries(plan).map(([name, include]) => ({
      root,
      resolve: { alias: [{ find: '#crypto/provider.ts', replacement: resolve(import.meta.dirname, 'provider.ts') }] },
      test: {
        name,
        include,
        // self-test.test.ts asserts which provider is chosen when nothing is forced
        exclude: ['test/forced/*.test.ts', 'test/crypto/self-test.test.ts', 'node_modules/**'],
        env: {
          CAHUB_TEST_FORCE: name,
          NODE_OPTIONS: `--import=${resolve(import.meta.dirname, 'hooks.mjs')}`,
        },
        pool: 'forks' as const,
        // sm-crypto needs a hundred times as long for a signature
        testTimeout: 600_000,
        hookTimeout: 300_000,
      },
    })),
  },
});
