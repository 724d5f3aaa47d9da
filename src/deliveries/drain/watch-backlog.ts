import type { Logger } from 'pino';
import { toTypeId } from '../../storage/typeid.js';

/** The delivery that has been due longest. */
export interface OldestDue {
  /** The subscription's uuid. */
  readonly subscriptionId: string;
  /** How long it has been due, by PostgreSQL's clock; less than 0: it is not due yet. */
  readonly seconds: number;
}

const repeatedAfterMs = 60_000;

/**
 * Makes what a worker tells after each sweep: it warns, once a minute at most, while the oldest due delivery has been due for
 * more than `limitSeconds` (0: never), and says when that is over. The subscription tells whether one endpoint is behind or all.
 */
export function watchBacklog(
  limitSeconds: number,
  log: Logger,
): (oldest: OldestDue | undefined, nowMs: number) => void {
  let warnedAtMs: number | undefined;
  return (oldest, nowMs) => {
    if (limitSeconds === 0) return;
    if (oldest === undefined || oldest.seconds <= limitSeconds) {
      if (warnedAtMs !== undefined) log.info('sending has caught up with what is due');
      warnedAtMs = undefined;
    } else if (warnedAtMs === undefined || nowMs - warnedAtMs >= repeatedAfterMs) {
      warnedAtMs = nowMs;
      const oldestDueSeconds = Math.floor(oldest.seconds);
      const subscription = toTypeId('wsub', oldest.subscriptionId);
      log.warn({ oldestDueSeconds, subscription }, 'sending is behind what is due');
    }
  };
}
