import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

// A test that needs a second try must not go unseen.
const flakyTests: Reporter = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) console.warn(`Passed only at a second try: ${test.fullName}`);
  },
};

export default defineConfig({
  // Without this, graphql is loaded twice, as a CommonJS and as an ES module, and refuses "another module or realm".
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The clean run shares its machine with others: real processes and real clocks, and a moment that is taken away from them.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', flakyTests],
  },
});
