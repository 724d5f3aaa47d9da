import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { triesLock } from '../../storage/advisory-lock.js';
import { holdConnection } from '../../storage/hold-connection.js';

/** The first half of the advisory locks that living workers hold; any constant will do. */
export const workerLockClass = 7_336_303;

const againAfterMs = 250;

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
    async prepare(client) {
      // Of a connection that was cut off the server may not know yet that it is no more. A statement that waits would hide from both
      // sides that this one is cut off as well.
      while (!(await triesLock(client, [workerLockClass, worker]))) await pause(againAfterMs);
    },
  });
  return { worker, close };
}
