import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';

// A test that needs a second try must not go unseen.
const flakyTests: Reporter = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) console.warn(`Passed only at a second try: ${test.fullName}`);
  },
};

// In the order of how long they take. A clean clone has no durations of earlier runs to go by.
const longest = [
  'kill/kill',
  'delivery/attempt-rate',
  'readme',
  'cli/commands',
  'storage/postgres-server',
  'conformance/every-profile',
  'cli/rotate-encryption',
  'start/start',
  'api/rate-limits',
  'conformance/ivvy',
  'api/logs-while-publishing',
  'storage/partitions',
  'delivery/job-store-away',
  'security/canaries',
  'delivery/crashes',
  'realtime/updates',
  'api/failed-keys',
  'conformance/ivy',
  'delivery/stopping',
];

// A long file that begins late is waited for by workers that have nothing more to do.
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  // Without this, graphql is loaded twice, as a CommonJS and as an ES module, and refuses "another module or realm".
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Of a machine with other things to do: a tenth of that is long for a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The clean run shares its machine with others: real processes and real clocks, and a moment that is taken away from them.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', flakyTests],
  },
});
