import type { Outcome } from './outcome.js';

/** How many requests to one endpoint may be in flight when nothing is known of it. */
export const firstWindow = 32;
const smallestWindow = 4;
// One that answers slowly must not hold too many of a worker's slots.
const largestSlowWindow = 256;
/** The most requests to one endpoint that may be in flight. */
export const largestWindow = 768;
const quickMs = 250;

// Fewer of an endpoint at a time would only make more of the claims.
const smallestShare = 8;

/**
 * How many deliveries of one endpoint a claim takes at most, where so many endpoints wait: twice its part. Taken endpoint by endpoint,
 * each in its turn would get a burst as wide as its window, on connections that are idle until the next.
 */
export function claimShare(limit: number, waiting: number): number {
  return Math.max(smallestShare, Math.ceil((2 * limit) / Math.max(1, waiting)));
}

/**
 * How many requests to one endpoint may be in flight after this outcome: an answer opens the window by one, a time-out halves
 * it. So a slow endpoint ends up with a few slots, and holds up nobody else. The widest windows are for quick answers alone.
 */
export function nextWindow(window: number, outcome: Outcome, durationMs: number): number {
  if (outcome.kind === 'timedOut') return Math.max(smallestWindow, Math.floor(window / 2));
  if (outcome.kind !== 'responded') return window;
  if (durationMs <= quickMs) return Math.min(largestWindow, window + 1);
  return window > largestSlowWindow ? window - 1 : Math.min(largestSlowWindow, window + 1);
}
