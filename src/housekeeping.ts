import type { Logger } from 'pino';
import { dropOldKeys } from './events/store-events.js';
import type { Database } from './storage/database.js';
import { dropOldPartitions, ensurePartitions } from './storage/partitions.js';
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
    const days = await dropOldPartitions(database.pool, Date.now(), retentionDays);
    if (days.length > 0) log.info({ days }, 'dropped days that are past their retention');
    await dropOldKeys(database);
    await dropOldConfirmations(database);
  }

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}
