import { expect, test } from 'vitest';
import { rateLimitFields, retryAfterSeconds, type Standing } from '../../src/rules/rate-limit-fields.js';

const list: Standing = {
  limit: { name: 'webhookSubscriptions', quota: 50 },
  remaining: 49,
  resetMs: 59_001,
  isOver: false,
};
const bytes: Standing = {
  limit: { name: 'published-bytes', quota: 4e9, unit: 'content-bytes' },
  remaining: 0,
  resetMs: 1,
  isOver: true,
};

test('the header fields name each limit that a request met, its quota and window, and what is left for how long', () => {
  expect(rateLimitFields([list, bytes])).toEqual({
    'ratelimit-policy':
      '"webhookSubscriptions";q=50;w=60, "published-bytes";q=4000000000;qu="content-bytes";w=60',
    ratelimit: '"webhookSubscriptions";r=49;t=60, "published-bytes";r=0;t=1',
  });
});

test('a request that meets no limit has no such fields', () => {
  expect(rateLimitFields([])).toEqual({});
});

test('a refused client waits for the last of the limits that refused it, a second at least', () => {
  expect(retryAfterSeconds([list, bytes])).toBe(1);
  expect(retryAfterSeconds([bytes, { ...bytes, resetMs: 30_500 }])).toBe(31);
  expect(retryAfterSeconds([{ ...bytes, resetMs: 0 }])).toBe(1);
});
