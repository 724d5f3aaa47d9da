import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const lockRetryMs = 50;

/**
 * Does something that no other process may do at the same time; undefined where one does, unless it `waits`.
 * @param whileWaiting told how often the lock has been asked for in vain
 */
export async function withLock<T>(
  pool: pg.Pool,
  lock: number,
  waits: boolean,
  work: (client: pg.PoolClient) => Promise<T>,
  whileWaiting: (tries: number) => void = () => undefined,
): Promise<T | undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // Asked again and again: a statement that waits for the lock holds a snapshot, and one who detaches a partition or migrates under it
    // would wait for that.
    for (let tries = 1; !(await triesLock(client, [lock])); tries++) {
      if (!waits) return undefined;
      whileWaiting(tries);
      await pause(lockRetryMs);
    }
    const done = await work(client);
    await client.query('SELECT pg_advisory_unlock($1)', [lock]);
    return done;
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    // A connection that failed half way may hold the lock or an open transaction: it is closed, not reused.
    client.release(broken);
  }
}

/** Takes a lock, of one number or of two, where nobody has it. */
export async function triesLock(client: pg.ClientBase, lock: readonly number[]): Promise<boolean> {
  const numbers = lock.map((_number, index) => `$${index + 1}`).join(', ');
  const { rows } = await client.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${numbers}) AS got`, [
    ...lock,
  ]);
  return rows[0]?.got === true;
}
