import { expect, test } from 'vitest';
import { checkSchema } from '../../src/events/check-schema.js';

// Less than 64 KiB of these held the process for seconds, and for minutes.
test.each<[says: string, schema: object]>([
  ['subschemas that are none', { allOf: Array(15_000).fill(1) }],
  [
    'types that are none, at a long key',
    { properties: { ['k'.repeat(30_000)]: { type: Array(2000).fill('x') } } },
  ],
  [
    'names that are none, below long keys',
    {
      properties: {
        ['k'.repeat(9000)]: { properties: { ['l'.repeat(9000)]: { required: Array(3000).fill(1) } } },
      },
    },
  ],
])('a schema of thousands of faults is refused at once: %s', (_says, schema) => {
  checkSchema({ type: 1 });
  const startedMs = performance.now();
  const before = process.cpuUsage();
  expect(checkSchema(schema).length).toBeGreaterThan(0);
  const { user, system } = process.cpuUsage(before);
  // A busy machine takes its time, and other threads theirs of the processor.
  expect(Math.min(performance.now() - startedMs, (user + system) / 1000)).toBeLessThan(1000);
});

test('of a small schema, ten faults are told', () => {
  expect(checkSchema({ allOf: Array(20).fill(1) })).toHaveLength(10);
});
