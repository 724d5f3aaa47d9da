import type { Logger } from 'pino';
import { dropOldKeys } from './events/store-events.js';
import type { Database } from './storage/database.js';
import { dropOldPartitions } from './storage/drop-old-partitions.js';
import { makeDayIndexes } from './storage/make-day-indexes.js';
import { ensurePartitions } from './storage/partitions.js';
import { dropOldConfirmations } from './subscriptions/drop-old-confirmations.js';

const everyMs = 3_600_000;

/**
 * Now and every hour: makes the coming days' partitions and the indexes of those that are over, drops days past their retention and
 * forgets old idempotency keys and confirmations. Waits for the coming days only, which publishing needs.
 */
export async function startHousekeeping(
  database: Database,
  retentionDays: number,
  log: Logger,
): Promise<AsyncDisposable> {
  await ensurePartitions(database.pool, Date.now());
  const stopped = new AbortController();
  const failed = (error: unknown) => {
    if (!stopped.signal.aborted)
      log.warn({ err: error }, 'housekeeping failed; it is tried again in an hour');
  };
  let running = keepHouse().catch(failed);
  // On its own: it can take hours, and wait for whoever reads for long, while publishing needs the coming days.
  let indexing = makeIndexes().catch(failed);
  const timer = setInterval(() => {
    running = running.then(keepHouse).catch(failed);
    indexing = indexing.then(makeIndexes).catch(failed);
  }, everyMs);

  async function makeIndexes(): Promise<void> {
    const made = await makeDayIndexes(database.pool, Date.now(), log, stopped.signal);
    if (made.length > 0) log.info({ indexes: made }, 'made indexes of days');
  }

  async function keepHouse(): Promise<void> {
    await ensurePartitions(database.pool, Date.now());
    await dropOldKeys(database);
    await dropOldConfirmations(database);
    // Last, since whoever reads for long can put it off.
    const { dropped, kept } = await dropOldPartitions(database.pool, Date.now(), retentionDays);
    if (dropped.length > 0) log.info({ days: dropped }, 'dropped days that are past their retention');
    if (kept.length > 0)
      log.info({ days: kept }, 'kept days past their retention: a delivery of theirs is not done yet');
  }

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopped.abort();
      await Promise.all([running, indexing]);
    },
  };
}
