import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { holdConnection } from '../../storage/hold-connection.js';

/** The first half of the advisory locks that living workers hold; any constant will do. */
export const workerLockClass = 7_336_303;

/** A worker's sign of life: PostgreSQL frees it the moment the worker's connection breaks. */
export interface WorkerLock {
  /** The number that claims are made under, and the second half of the lock. */
  readonly worker: number;
  close(): Promise<void>;
}

/** Takes the lock on a connection of its own, and takes it again whenever that connection has broken. */
export async function holdWorkerLock(databaseUrl: string, log: Logger): Promise<WorkerLock> {
  const worker = randomInt(1, 2 ** 31);
  const { close } = await holdConnection({
    databaseUrl,
    applicationName: 'tendril worker',
    log,
    prepare: (client) => client.query('SELECT pg_advisory_lock($1, $2)', [workerLockClass, worker]),
  });
  return { worker, close };
}
