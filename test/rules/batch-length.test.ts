import { expect, test } from 'vitest';
import { batchLength } from '../../src/rules/batch-length.js';

test.each<[string, number[], number]>([
  ['all of them where they fit', [0, 4, 6], 3],
  ['those before the first that does not fit', [4, 5, 2, 1], 2],
  ['one that alone is too large', [11, 0], 1],
  ['none of none', [], 0],
])('%s', (_says, sizes, length) => {
  expect(batchLength(sizes, 10)).toBe(length);
});
