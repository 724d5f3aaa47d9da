import type { Outcome } from './outcome.js';
import { parseRetryAfter } from './retry-after.js';

/** The states of a delivery. */
export type DeliveryState =
  | 'PENDING'
  | 'SENDING'
  | 'RETRYING'
  | 'DELIVERED'
  | 'FAILED'
  | 'SKIPPED'
  | 'CANCELED';

/** Why a delivery was given up. */
export type FailureReason = 'RETRIES_EXHAUSTED' | 'ENDPOINT_GONE' | 'ADDRESS_NOT_ALLOWED';

/** When an attempt counts as delivered, and when the next one is made. */
export interface RetryPolicy {
  /** Seconds between attempts, first retry first. */
  readonly scheduleSeconds: readonly number[];
  /** The share by which a delay may be shorter or longer: 0.2 is ±20 %. */
  readonly jitter: number;
  /** First and last status code that count as delivered. */
  readonly success: readonly [number, number];
}

/**
 * Which entry of the schedule (0-based) follows if the next attempt fails; null: none does, because a person asked for this
 * one attempt of a delivery that was done.
 */
export type RetryStep = number | null;

/** What an attempt leads to. */
export type Verdict =
  | { status: 'DELIVERED' }
  | { status: 'RETRYING'; nextAttemptAtMs: number; retryStep: RetryStep }
  | { status: 'FAILED'; failureReason: FailureReason };

/** Seconds that a claim holds; longer than any timeout. */
export const leaseSeconds = 60;

const afterTooManyRequestsMs = 60_000;
const gone = 410;
const tooManyRequests = 429;

/** Whether an outcome counts as delivered. */
export function hasSucceeded(outcome: Outcome, policy: Pick<RetryPolicy, 'success'>): boolean {
  const [from, to] = policy.success;
  return outcome.kind === 'responded' && outcome.statusCode >= from && outcome.statusCode <= to;
}

/**
 * Decides what an attempt leads to.
 * @param nowMs when the attempt ended
 * @param random the dice: 0 to 1
 */
export function afterAttempt(
  retryStep: RetryStep,
  outcome: Outcome,
  policy: RetryPolicy,
  nowMs: number,
  random: number,
): Verdict {
  if (hasSucceeded(outcome, policy)) return { status: 'DELIVERED' };
  // It may have arrived, and it may not: it is made again at once, and takes nothing from the schedule.
  if (outcome.kind === 'interrupted') return { status: 'RETRYING', nextAttemptAtMs: nowMs, retryStep };
  if (outcome.kind === 'addressRefused') return { status: 'FAILED', failureReason: 'ADDRESS_NOT_ALLOWED' };
  if (outcome.kind === 'responded' && outcome.statusCode === gone)
    return { status: 'FAILED', failureReason: 'ENDPOINT_GONE' };
  const stepSeconds = retryStep === null ? undefined : policy.scheduleSeconds[retryStep];
  if (retryStep === null || stepSeconds === undefined)
    return { status: 'FAILED', failureReason: 'RETRIES_EXHAUSTED' };
  const delayMs = delayAfter(outcome, stepSeconds * 1000, policy.jitter, nowMs, random);
  return { status: 'RETRYING', nextAttemptAtMs: nowMs + delayMs, retryStep: retryStep + 1 };
}

/** Retry-After is kept to between the step and twice the step; after a 429 it is a minute at least. */
function delayAfter(outcome: Outcome, stepMs: number, jitter: number, nowMs: number, random: number): number {
  const askedMs = outcome.kind === 'responded' ? parseRetryAfter(outcome.retryAfter, nowMs) : undefined;
  const delayMs =
    askedMs === undefined
      ? Math.round(stepMs * (1 + jitter * (2 * random - 1)))
      : Math.min(Math.max(askedMs, stepMs), 2 * stepMs);
  const limited = outcome.kind === 'responded' && outcome.statusCode === tooManyRequests;
  return limited ? Math.max(delayMs, afterTooManyRequestsMs) : delayMs;
}

/** What a resend leads to; undefined while an attempt is under way. */
export function afterResend(
  status: DeliveryState,
  retryStep: RetryStep,
): { status: 'PENDING' | 'RETRYING'; retryStep: RetryStep } | undefined {
  switch (status) {
    case 'SENDING':
      return undefined;
    // It takes the place of the next attempt; if it fails, the schedule goes on from there.
    case 'PENDING':
    case 'SKIPPED':
      return { status: 'PENDING', retryStep };
    case 'RETRYING':
      return { status: 'RETRYING', retryStep };
    case 'DELIVERED':
    case 'FAILED':
    case 'CANCELED':
      return { status: 'PENDING', retryStep: null };
  }
}

/** When each remaining attempt would be made, in Unix milliseconds, if all before it failed and no jitter came in. */
export function plannedAttempts(
  status: DeliveryState,
  retryStep: RetryStep,
  nextAttemptAtMs: number | undefined,
  updatedAtMs: number,
  scheduleSeconds: readonly number[],
): number[] {
  if (status !== 'PENDING' && status !== 'RETRYING' && status !== 'SENDING') return [];
  const first = status === 'SENDING' ? undefined : (nextAttemptAtMs ?? updatedAtMs);
  const planned = first === undefined ? [] : [first];
  let at = first ?? updatedAtMs;
  for (const seconds of retryStep === null ? [] : scheduleSeconds.slice(retryStep)) {
    at += seconds * 1000;
    planned.push(at);
  }
  return planned;
}

/** How long all attempts of a subscription must have failed for it to be disabled: five days. */
export const failingAfterMs = 5 * 86_400_000;
const failingAttempts = 10;

/**
 * Whether a subscription is to be disabled: every attempt of the last five days failed, at least ten of them.
 * @param failuresInTime how many of its attempts failed in the last five days
 * @param failingSinceMs when the first attempt after the last success failed; undefined where none has
 */
export function isFailing(
  failuresInTime: number,
  failingSinceMs: number | undefined,
  nowMs: number,
): boolean {
  return (
    failuresInTime >= failingAttempts &&
    failingSinceMs !== undefined &&
    nowMs - failingSinceMs >= failingAfterMs
  );
}
