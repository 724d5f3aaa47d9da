import { describe, expect, test } from 'vitest';
import { hourly } from '../../src/profiles/hourly.js';
import { ivy } from '../../src/profiles/ivy.js';
import { standard } from '../../src/profiles/standard.js';
import {
  afterAttempt,
  afterResend,
  type DeliveryState,
  hasSucceeded,
  isFailing,
  plannedAttempts,
  type RetryPolicy,
  type RetryStep,
  type Verdict,
} from '../../src/rules/delivery-states.js';
import type { Outcome } from '../../src/rules/outcome.js';

const nowMs = Date.UTC(2026, 1, 25, 12, 0, 0);
const policy: RetryPolicy = { scheduleSeconds: [100, 200], jitter: 0, success: [200, 299] };
const middle = 0.5;

function answered(statusCode: number, retryAfter?: string): Outcome {
  return { kind: 'responded', statusCode, retryAfter };
}

function retryIn(seconds: number, retryStep: RetryStep): Verdict {
  return { status: 'RETRYING', nextAttemptAtMs: nowMs + seconds * 1000, retryStep };
}

const delivered: Verdict = { status: 'DELIVERED' };
const exhausted: Verdict = { status: 'FAILED', failureReason: 'RETRIES_EXHAUSTED' };
const timedOut: Outcome = { kind: 'timedOut', afterMs: 15_000 };
const refused: Outcome = { kind: 'connectionFailed', code: 'ECONNREFUSED' };
const notAllowed: Outcome = { kind: 'addressRefused', address: '10.0.0.1', rule: 'private-use' };
const interrupted: Outcome = { kind: 'interrupted' };

describe('what an attempt leads to', () => {
  test.each<[string, RetryStep, Outcome, Verdict]>([
    ['a success delivers', 0, answered(200), delivered],
    ['so does the last status of the success rule', 0, answered(299), delivered],
    ['and a success of the last attempt', 2, answered(204), delivered],
    ['and a success of an attempt that a person asked for', null, answered(204), delivered],
    ['a status below the success rule is retried', 0, answered(199), retryIn(100, 1)],
    ['a redirect is retried', 0, answered(302), retryIn(100, 1)],
    ['a client error is retried', 0, answered(404), retryIn(100, 1)],
    ['a server error is retried', 0, answered(500), retryIn(100, 1)],
    ['a time-out is retried', 0, timedOut, retryIn(100, 1)],
    ['a connection that failed is retried', 0, refused, retryIn(100, 1)],
    ['the second failure takes the second step', 1, answered(500), retryIn(200, 2)],
    ['a status is given up at the end of the schedule', 2, answered(500), exhausted],
    ['a time-out too', 2, timedOut, exhausted],
    ['a connection that failed too', 2, refused, exhausted],
    ['Retry-After does not lengthen the schedule', 2, answered(503, '10'), exhausted],
    ['an attempt that a person asked for of something done is not retried', null, answered(500), exhausted],
    ['410 gives up at once', 0, answered(410), { status: 'FAILED', failureReason: 'ENDPOINT_GONE' }],
    [
      '410 gives up whatever Retry-After says',
      0,
      answered(410, '60'),
      { status: 'FAILED', failureReason: 'ENDPOINT_GONE' },
    ],
    ['410 at the end says so', 2, answered(410), { status: 'FAILED', failureReason: 'ENDPOINT_GONE' }],
    ['410 to a resend says so', null, answered(410), { status: 'FAILED', failureReason: 'ENDPOINT_GONE' }],
    [
      'a refused address gives up at once',
      0,
      notAllowed,
      { status: 'FAILED', failureReason: 'ADDRESS_NOT_ALLOWED' },
    ],
    [
      'a refused address of a resend says so',
      null,
      notAllowed,
      { status: 'FAILED', failureReason: 'ADDRESS_NOT_ALLOWED' },
    ],
    ['an interruption is made again at once, its step kept', 1, interrupted, retryIn(0, 1)],
    ['an interruption at the end of the schedule too', 2, interrupted, retryIn(0, 2)],
    ['an interrupted resend is still the one attempt asked for', null, interrupted, retryIn(0, null)],
  ])('%s', (_sentence, retryStep, outcome, expected) => {
    expect(afterAttempt(retryStep, outcome, policy, nowMs, middle)).toEqual(expected);
  });

  test('without a schedule the first failure is the last', () => {
    const once = { ...policy, scheduleSeconds: [] };
    expect(afterAttempt(0, answered(500), once, nowMs, middle)).toEqual(exhausted);
  });

  test('where only 200 is a success, 201 and 410 are none', () => {
    const only200: RetryPolicy = { ...policy, success: [200, 200] };
    expect(afterAttempt(0, answered(200), only200, nowMs, middle)).toEqual(delivered);
    expect(afterAttempt(0, answered(201), only200, nowMs, middle)).toEqual(retryIn(100, 1));
    expect(ivy.success).toEqual([200, 200]);
  });

  test.each([timedOut, refused, notAllowed, interrupted])('%j is no success under any rule', (outcome) => {
    expect(hasSucceeded(outcome, { success: [0, 999] })).toBe(false);
  });
});

describe('Retry-After', () => {
  test.each<[string, number, string | undefined, number]>([
    ['is kept to between the step and twice the step', 503, '150', 150],
    ['is kept to at the step itself', 503, '100', 100],
    ['is kept to at twice the step', 503, '200', 200],
    ['never hastens a retry', 503, '1', 100],
    ['of zero is the step', 503, '0', 100],
    ['never delays a retry beyond twice the step', 503, '86400', 200],
    ['beyond all numbers is twice the step', 503, '99999999999999999999', 200],
    ['may be a date', 503, 'Wed, 25 Feb 2026 12:02:30 GMT', 150],
    ['may be a date that is too far off', 503, 'Thu, 25 Feb 2027 12:00:00 GMT', 200],
    ['may be a date that has passed', 503, 'Wed, 25 Feb 2026 11:00:00 GMT', 100],
    ['that says nothing readable is ignored', 503, 'soon', 100],
    ['is kept to on any failure: a redirect', 302, '150', 150],
    ['is kept to on any failure: a client error', 400, '150', 150],
    ['is kept to on any failure: 500', 500, '150', 150],
    ['is kept to after a 429', 429, '150', 150],
  ])('%s', (_sentence, statusCode, retryAfter, seconds) => {
    expect(afterAttempt(0, answered(statusCode, retryAfter), policy, nowMs, middle)).toEqual(
      retryIn(seconds, 1),
    );
  });

  test('is measured by the step that is due, not by the first', () => {
    expect(afterAttempt(1, answered(503, '350'), policy, nowMs, middle)).toEqual(retryIn(350, 2));
    expect(afterAttempt(1, answered(503, '150'), policy, nowMs, middle)).toEqual(retryIn(200, 2));
  });

  test('takes no jitter', () => {
    const jittered = { ...policy, jitter: 0.2 };
    for (const random of [0, 0.5, 1]) {
      expect(afterAttempt(0, answered(503, '150'), jittered, nowMs, random)).toEqual(retryIn(150, 1));
    }
  });
});

describe('after a 429 the next attempt is a minute away at least', () => {
  test.each<[string, number, string | undefined, number]>([
    ['without Retry-After', 5, undefined, 60],
    ['with a shorter Retry-After', 5, '7', 60],
    ['with a Retry-After that twice the step cuts short', 5, '3600', 60],
    ['where twice the step is more than a minute', 50, '80', 80],
    ['where the step itself is longer', 300, undefined, 300],
  ])('%s', (_sentence, stepSeconds, retryAfter, seconds) => {
    const short = { ...policy, scheduleSeconds: [stepSeconds] };
    expect(afterAttempt(0, answered(429, retryAfter), short, nowMs, middle)).toEqual(retryIn(seconds, 1));
  });

  test('whatever the dice say', () => {
    const jittered = { ...policy, scheduleSeconds: [60], jitter: 0.2 };
    expect(afterAttempt(0, answered(429), jittered, nowMs, 0)).toEqual(retryIn(60, 1));
    expect(afterAttempt(0, answered(429), jittered, nowMs, 1)).toEqual(retryIn(72, 1));
  });

  test('but at the end of the schedule it is a failure like others', () => {
    expect(afterAttempt(2, answered(429), policy, nowMs, middle)).toEqual(exhausted);
  });
});

describe('jitter', () => {
  test.each([
    [0, 80],
    [0.25, 90],
    [0.5, 100],
    [1, 120],
  ])('of 20 % with the dice at %f makes 100 s into %i s', (random, seconds) => {
    const jittered = { ...policy, jitter: 0.2 };
    expect(afterAttempt(0, answered(500), jittered, nowMs, random)).toEqual(retryIn(seconds, 1));
    expect(afterAttempt(0, timedOut, jittered, nowMs, random)).toEqual(retryIn(seconds, 1));
  });

  test('is ±20 % in the profile STANDARD, and none in IVY and HOURLY', () => {
    const first = (profile: typeof standard, random: number) =>
      afterAttempt(
        0,
        answered(500),
        { scheduleSeconds: profile.retryScheduleSeconds, jitter: profile.jitter, success: profile.success },
        nowMs,
        random,
      );
    expect([first(standard, 0), first(standard, 1)]).toEqual([retryIn(4, 1), retryIn(6, 1)]);
    expect([first(ivy, 0), first(ivy, 1)]).toEqual([retryIn(10, 1), retryIn(10, 1)]);
    expect([first(hourly, 0), first(hourly, 1)]).toEqual([retryIn(3600, 1), retryIn(3600, 1)]);
  });

  test('falls on whole milliseconds', () => {
    const verdict = afterAttempt(0, answered(500), { ...policy, jitter: 0.2 }, nowMs, 0.123456789);
    expect(verdict).toMatchObject({
      status: 'RETRYING',
      nextAttemptAtMs: expect.toSatisfy(Number.isSafeInteger),
    });
  });
});

describe('what a resend leads to', () => {
  test.each<[DeliveryState, RetryStep, ReturnType<typeof afterResend>]>([
    ['SENDING', 0, undefined],
    ['SENDING', null, undefined],
    ['PENDING', 0, { status: 'PENDING', retryStep: 0 }],
    ['PENDING', null, { status: 'PENDING', retryStep: null }],
    ['SKIPPED', 0, { status: 'PENDING', retryStep: 0 }],
    ['SKIPPED', 2, { status: 'PENDING', retryStep: 2 }],
    ['RETRYING', 1, { status: 'RETRYING', retryStep: 1 }],
    ['RETRYING', null, { status: 'RETRYING', retryStep: null }],
    ['DELIVERED', 0, { status: 'PENDING', retryStep: null }],
    ['FAILED', 2, { status: 'PENDING', retryStep: null }],
    ['CANCELED', 1, { status: 'PENDING', retryStep: null }],
  ])('of a delivery that is %s at step %j: %j', (status, retryStep, expected) => {
    expect(afterResend(status, retryStep)).toEqual(expected);
  });
});

describe('the attempts planned', () => {
  const at = (...seconds: number[]) => seconds.map((second) => nowMs + second * 1000);
  test.each<[string, DeliveryState, RetryStep, number | undefined, number[]]>([
    ['of a new delivery: one now, and the whole schedule', 'PENDING', 0, nowMs, at(0, 100, 300)],
    ['of one that waits for its retry: that, and the rest', 'RETRYING', 1, nowMs + 50_000, at(50, 250)],
    ['of one that waits for its last retry: that alone', 'RETRYING', 2, nowMs + 50_000, at(50)],
    ['of one that is being sent: what follows if this one fails', 'SENDING', 0, undefined, at(100, 300)],
    ['of one at its last attempt: none', 'SENDING', 2, undefined, []],
    ['of one resent: that alone', 'PENDING', null, nowMs, at(0)],
    ['of one whose resend is being sent: none', 'SENDING', null, undefined, []],
    ['of one delivered: none', 'DELIVERED', 0, undefined, []],
    ['of one that failed: none', 'FAILED', 2, undefined, []],
    ['of one skipped: none', 'SKIPPED', 0, undefined, []],
    ['of one canceled: none', 'CANCELED', 1, undefined, []],
  ])('%s', (_sentence, status, retryStep, nextAttemptAtMs, expected) => {
    expect(plannedAttempts(status, retryStep, nextAttemptAtMs, nowMs, policy.scheduleSeconds)).toEqual(
      expected,
    );
  });

  test('of a STANDARD delivery end 75 hours and 35 minutes after the first', () => {
    const planned = plannedAttempts('PENDING', 0, nowMs, nowMs, standard.retryScheduleSeconds);
    expect(planned).toHaveLength(10);
    // 75 h 35 min, and the five seconds of the first step.
    expect((planned.at(-1) ?? 0) - nowMs).toBe((75 * 3600 + 35 * 60 + 5) * 1000);
  });
});

describe('a subscription is failing', () => {
  const day = 86_400_000;
  test.each<[string, number, number | undefined, boolean]>([
    ['after ten failures over five days', 10, nowMs - 5 * day, true],
    ['after more of both', 500, nowMs - 30 * day, true],
    ['not after nine', 9, nowMs - 30 * day, false],
    ['not before five days have passed', 1000, nowMs - 5 * day + 1, false],
    ['not while nothing has failed', 0, undefined, false],
  ])('%s', (_sentence, failuresInARow, failingSinceMs, expected) => {
    expect(isFailing(failuresInARow, failingSinceMs, nowMs)).toBe(expected);
  });
});
