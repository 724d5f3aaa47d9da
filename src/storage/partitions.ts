import type pg from 'pg';
import { lowestUuidAt } from './typeid.js';

const dayMs = 86_400_000;
const partitioned = ['event', 'delivery', 'attempt'] as const;
// Any constant will do; it keeps two processes from making or dropping partitions at once.
const partitionLock = 7_336_302;

/** Makes the partitions of yesterday to `daysAhead` days from now, where they are missing. */
export async function ensurePartitions(pool: pg.Pool, nowMs: number, daysAhead = 2): Promise<void> {
  const today = Math.floor(nowMs / dayMs);
  await withLock(pool, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent IN ('event'::regclass, 'delivery'::regclass, 'attempt'::regclass)`,
    );
    const present = new Set(rows.map((row) => row.name));
    for (let day = today - 1; day <= today + daysAhead; day++) {
      for (const table of partitioned) {
        const name = partitionName(table, day);
        if (present.has(name)) continue;
        await client.query(`CREATE TABLE ${name} PARTITION OF ${table}
          FOR VALUES FROM ('${lowestUuidAt(day * dayMs)}') TO ('${lowestUuidAt((day + 1) * dayMs)}')`);
      }
    }
  });
}

/**
 * Drops whole days that ended more than `retentionDays` ago. A day with a delivery that is not done yet is kept with
 * all that belongs to it; counters are not lowered. Gives back the days dropped.
 */
export async function dropOldPartitions(
  pool: pg.Pool,
  nowMs: number,
  retentionDays: number,
): Promise<string[]> {
  const keepFrom = Math.floor(nowMs / dayMs) - retentionDays;
  const dropped: string[] = [];
  await withLock(pool, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'delivery'::regclass ORDER BY c.relname`,
    );
    for (const { name } of rows) {
      const day = name.slice('delivery_'.length);
      if (name >= partitionName('delivery', keepFrom)) continue;
      // Taken here and there for a moment only: a delivery that is resent meanwhile waits, and then finds its row gone.
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
      const unfinished = await client.query(
        `SELECT 1 FROM ${name} WHERE status IN ('PENDING', 'RETRYING') OR status = 'SENDING' LIMIT 1`,
      );
      if (unfinished.rowCount === 0) {
        for (const table of partitioned) await client.query(`DROP TABLE IF EXISTS ${table}_${day}`);
        dropped.push(day);
      }
      await client.query('COMMIT');
    }
  });
  return dropped;
}

function partitionName(table: string, day: number): string {
  return `${table}_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

async function withLock(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('SELECT pg_advisory_lock($1)', [partitionLock]);
    await work(client);
    await client.query('SELECT pg_advisory_unlock($1)', [partitionLock]);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    // A connection that failed half way may hold the lock or an open transaction: it is closed, not reused.
    client.release(broken);
  }
}
