import { expect, test } from 'vitest';
import { describeOutcome, type Outcome } from '../../src/rules/outcome.js';

test.each<[Outcome, string]>([
  [
    { kind: 'responded', statusCode: 503, retryAfter: undefined },
    'The endpoint answered 503, which does not count as delivered.',
  ],
  [
    { kind: 'responded', statusCode: 302, retryAfter: undefined },
    'The endpoint answered 302; redirects are never followed.',
  ],
  [
    { kind: 'responded', statusCode: 410, retryAfter: undefined },
    'The endpoint answered 410 (Gone), which switches the subscription off.',
  ],
  [{ kind: 'timedOut', afterMs: 1500 }, 'The endpoint had not answered in full after 1.5 s.'],
  [{ kind: 'connectionFailed', code: 'ENOTFOUND' }, "The endpoint's host name has no address. (ENOTFOUND)"],
  [{ kind: 'connectionFailed', code: 'EWHATEVER' }, 'The connection to the endpoint failed. (EWHATEVER)'],
  [
    { kind: 'interrupted' },
    'The server stopped before the outcome was known; the endpoint may have got the request.',
  ],
])('%j is told as: %s', (outcome, sentence) => {
  expect(describeOutcome(outcome, false)).toBe(sentence);
});

test('a refused address is told by its rule and the settings, without the address', () => {
  const outcome: Outcome = {
    kind: 'addressRefused',
    address: '10.1.2.3',
    rule: 'private-use 10.0.0.0/8 (RFC 1918)',
  };
  const sentence = describeOutcome(outcome, false);
  expect(sentence).toContain('private-use 10.0.0.0/8 (RFC 1918)');
  expect(sentence).toContain('ALLOWED_NETWORKS');
  expect(sentence).not.toContain('10.1.2.3');
});

test('a success has no error', () => {
  expect(describeOutcome({ kind: 'responded', statusCode: 200, retryAfter: undefined }, true)).toBeNull();
});
