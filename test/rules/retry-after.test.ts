import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../src/rules/retry-after.js';

const nowMs = Date.UTC(2026, 1, 25, 12, 0, 0);

test.each([
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['99999999999999999999', Number.MAX_SAFE_INTEGER],
  ['-5', undefined],
  ['1.5', undefined],
  ['0x10', undefined],
  ['soon', undefined],
  ['2026-02-25T12:00:30Z', undefined],
  ['Wed, 25 Feb 2026 12:00:30 GMT', 30_000],
  ['Wed, 25 Feb 2026 11:00:00 GMT', 0],
  ['Wednesday, 25-Feb-26 12:00:30 GMT', 30_000],
  ['Wed Feb 25 12:00:30 2026', 30_000],
  ['Sun Mar  1 12:00:00 2026', 4 * 86_400_000],
  ['Wed, 25 Xyz 2026 12:00:30 GMT', undefined],
  ['Wed, 25 Feb 2026 12:00:30 CET', undefined],
])('Retry-After %j is %s ms from now', (header, expected) => {
  expect(parseRetryAfter(header, nowMs)).toBe(expected);
});
