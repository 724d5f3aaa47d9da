import type { Outcome } from './outcome.js';

/** How many requests to one endpoint may be in flight when nothing is known of it. */
export const firstWindow = 32;
const smallestWindow = 4;
/** The most requests to one endpoint that may be in flight. */
export const largestWindow = 128;

/**
 * How many requests to one endpoint may be in flight after this outcome: an answer opens the window by one, a time-out halves
 * it. So a slow endpoint ends up with a few slots, and holds up nobody else.
 */
export function nextWindow(window: number, outcome: Outcome): number {
  if (outcome.kind === 'timedOut') return Math.max(smallestWindow, Math.floor(window / 2));
  return outcome.kind === 'responded' ? Math.min(largestWindow, window + 1) : window;
}
