import type { Logger } from 'pino';
import { dropOldKeys } from './events/store-events.js';
import type { Database } from './storage/database.js';
import { dropOldPartitions } from './storage/drop-old-partitions.js';
import { ensurePartitions } from './storage/partitions.js';
import { dropOldConfirmations } from './subscriptions/drop-old-confirmations.js';

const everyMs = 3_600_000;

/** Makes the coming days' partitions, drops those past their retention, forgets old idempotency keys and confirmations: now, and every hour. */
export async function startHousekeeping(
  database: Database,
  retentionDays: number,
  log: Logger,
): Promise<AsyncDisposable> {
  await ensurePartitions(database.pool, Date.now());
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = keepHouse().catch((error: unknown) =>
      log.warn({ err: error }, 'housekeeping failed; it is tried again in an hour'),
    );
  }, everyMs);

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
      await running;
    },
  };
}
