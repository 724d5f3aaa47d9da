import type { DemoStorySubscription } from '../generated/operations.js';
import type { Column } from './columns.js';

/** A delivery in a new state, as the live subscription tells it. */
export type Update = DemoStorySubscription['deliveryUpdated'];

/** The columns of the story. */
export const storyColumns: readonly Column[] = [
  { title: 'seconds', width: 7, align: 'right' },
  { title: 'event type', width: 26, align: 'left' },
  { title: 'endpoint', width: 8, align: 'left' },
  { title: 'status', width: 9, align: 'left' },
  { title: 'attempt', width: 7, align: 'right' },
  { title: 'code', width: 4, align: 'right' },
  { title: 'ms', width: 5, align: 'right' },
  { title: '', width: 0, align: 'left' },
];

/** The place of the status among them, from 0. */
export const statusColumn = 3;

/** The cells of an update. @param startMs what the seconds count from, in Unix milliseconds */
export function storyCells(update: Update, startMs: number): string[] {
  const { status, attemptCount, lastAttempt } = update;
  // Before and while an attempt is made, the last one on record is another one.
  const ended = status === 'PENDING' || status === 'SENDING' ? undefined : lastAttempt;
  return [
    ((Date.parse(update.updatedAt) - startMs) / 1000).toFixed(3),
    update.eventType,
    endpointName(update.subscription),
    status,
    attemptCount === 0 ? '' : String(attemptCount),
    ended ? String(ended.response?.statusCode ?? '–') : '',
    ended ? String(ended.durationMs) : '',
    noteOn(update),
  ];
}

function noteOn({ status, lastAttempt, nextAttemptAt, updatedAt }: Update): string {
  const again =
    status === 'RETRYING' && nextAttemptAt !== null
      ? `again in ${((Date.parse(nextAttemptAt) - Date.parse(updatedAt)) / 1000).toFixed(1)} s`
      : '';
  const reason = again !== '' && lastAttempt?.response === null ? `: ${lastAttempt.error}` : '';
  return again + reason;
}

/** What a person knows an endpoint by: the description that it was given, or the path of its URL. */
export function endpointName(subscription: Update['subscription']): string {
  if (subscription === null) return '(deleted)';
  return subscription.description ?? new URL(subscription.endpointUrl).pathname;
}
