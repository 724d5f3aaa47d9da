import { expect, test } from 'vitest';
import { claimShare, firstWindow, largestWindow, nextWindow } from '../../src/rules/concurrency-window.js';
import type { Outcome } from '../../src/rules/outcome.js';

const answered: Outcome = { kind: 'responded', statusCode: 204, retryAfter: undefined };
const timedOut: Outcome = { kind: 'timedOut', afterMs: 1000 };

const quick = 250;
const slow = 251;

test.each<[string, number, Outcome, number, number?]>([
  ['an answer opens it by one', 32, answered, 33],
  ['a slow answer does, too', 32, answered, 33, slow],
  ['a slow answer does not open it beyond 256', 256, answered, 256, slow],
  ['a quick answer does', 256, answered, 257],
  ['a slow answer narrows it where it is wider', 768, answered, 767, slow],
  ['a time-out halves the widest', 768, timedOut, 384],
  ['an answer of any status does', 32, { ...answered, statusCode: 500 }, 33],
  ['an answer does not open it beyond the largest', largestWindow, answered, largestWindow],
  ['a time-out halves it', 32, timedOut, 16],
  ['a time-out halves it, rounded down', 33, timedOut, 16],
  ['a time-out never closes it below four', 5, timedOut, 4],
  ['a time-out leaves four at four', 4, timedOut, 4],
  ['a connection that failed leaves it', 32, { kind: 'connectionFailed', code: 'ECONNREFUSED' }, 32],
  [
    'an address that was refused leaves it',
    32,
    { kind: 'addressRefused', address: '10.0.0.1', rule: '' },
    32,
  ],
  ['an interruption leaves it', 32, { kind: 'interrupted' }, 32],
])("an endpoint's window: %s", (_sentence, window, outcome, expected, durationMs = quick) => {
  expect(nextWindow(window, outcome, durationMs)).toBe(expected);
});

test('an endpoint that hangs comes down to four requests at once, and has all of them back after it has answered for a while', () => {
  let window = firstWindow;
  for (let times = 0; times < 10; times++) window = nextWindow(window, timedOut, 1000);
  expect(window).toBe(4);
  for (let times = 0; times < largestWindow; times++) window = nextWindow(window, answered, quick);
  expect(window).toBe(largestWindow);
});

test.each([
  [1024, 0, 2048],
  [64, 1, 128],
  [64, 2, 64],
  [1024, 100, 21],
  [64, 100, 8],
])('a claim of %i while %i endpoints wait takes %i of each at most', (limit, waiting, most) => {
  expect(claimShare(limit, waiting)).toBe(most);
});
