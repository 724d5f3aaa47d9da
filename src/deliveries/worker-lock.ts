import { randomInt } from 'node:crypto';
import pg from 'pg';
import type { Logger } from 'pino';

/** The first half of the advisory locks that living workers hold; any constant will do. */
export const workerLockClass = 7_336_303;

/** A worker's sign of life: PostgreSQL frees it the moment the worker's connection breaks. */
export interface WorkerLock {
  /** The number that claims are made under, and the second half of the lock. */
  readonly worker: number;
  close(): Promise<void>;
}

const reconnectAfterMs = 250;

/** Takes the lock on a connection of its own, and takes it again whenever that connection has broken. */
export async function holdWorkerLock(databaseUrl: string, log: Logger): Promise<WorkerLock> {
  const worker = randomInt(1, 2 ** 31);
  let client: pg.Client | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'tendril worker',
      keepAlive: true,
    });
    next.on('error', () => undefined);
    next.once('end', () => {
      if (!isClosed) void reconnect();
    });
    await next.connect();
    await next.query('SELECT pg_advisory_lock($1, $2)', [workerLockClass, worker]);
    client = next;
    if (isClosed) await next.end();
  }

  async function reconnect(): Promise<void> {
    while (!isClosed) {
      try {
        return await connect();
      } catch {
        log.debug('the worker lock cannot be taken again yet');
        await new Promise((resolve) => setTimeout(resolve, reconnectAfterMs));
      }
    }
  }

  await connect();
  return {
    worker,
    async close() {
      isClosed = true;
      await client?.end().catch(() => undefined);
    },
  };
}
