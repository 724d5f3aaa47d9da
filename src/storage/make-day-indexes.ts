import type pg from 'pg';
import type { Logger } from 'pino';
import { withLock } from './advisory-lock.js';
import { dayIndexes } from './day-indexes.js';
import { findDayTables } from './partitions.js';

const dayMs = 86_400_000;
// Any constant will do; it keeps two processes from making indexes at once.
const indexLock = 7_336_304;
// Contrib modules that whoever owns the database may install: PostgreSQL counts them as trusted.
const searchExtensions = ['pg_trgm', 'btree_gin'];

/** Makes the extensions that search indexes need; false, with a warning, where the server lacks them or the user may not. */
export async function prepareSearch(pool: pg.Pool, log: Logger): Promise<boolean> {
  try {
    for (const name of searchExtensions) await pool.query(`CREATE EXTENSION IF NOT EXISTS ${name}`);
    return true;
  } catch (error) {
    const { rows } = await pool.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM pg_extension WHERE extname = ANY ($1)',
      [searchExtensions],
    );
    if (rows[0]?.count === searchExtensions.length) return true;
    log.warn(
      { err: error },
      `search reads every payload, since its index cannot be made: have a superuser run CREATE EXTENSION ${searchExtensions.join('; CREATE EXTENSION ')}`,
    );
    return false;
  }
}

/**
 * Makes the indexes that tables of days lack, newest first and one at a time: of days that are over the search indexes too, where
 * `searchable`. Nobody who reads or writes waits. One process does it at a time; `signal` ends the one under way.
 */
export async function makeDayIndexes(
  pool: pg.Pool,
  nowMs: number,
  { searchable, signal }: { searchable: boolean; signal: AbortSignal },
): Promise<readonly string[]> {
  const today = Math.floor(nowMs / dayMs);
  const made = await withLock(pool, indexLock, false, async (client) => {
    const wanted = await findMissing(client, today, searchable);
    const done: string[] = [];
    // One core at most, and in memory that a small machine has.
    await client.query("SET maintenance_work_mem = '128MB'; SET max_parallel_maintenance_workers = 0");
    for (const { name, statements } of wanted) {
      if (signal.aborted) break;
      const cancel = () => void pool.query('SELECT pg_cancel_backend($1)', [processIdOf(client)]);
      signal.addEventListener('abort', cancel, { once: true });
      for (const statement of statements) await client.query(statement);
      signal.removeEventListener('abort', cancel);
      done.push(name);
    }
    await client.query('RESET maintenance_work_mem; RESET max_parallel_maintenance_workers');
    return done;
  });
  return made ?? [];
}

async function findMissing(
  client: pg.ClientBase,
  today: number,
  searchable: boolean,
): Promise<{ name: string; statements: string[] }[]> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'delivery'::regclass)`,
  );
  const present = new Map(rows.map(({ name, valid }) => [name, valid]));
  const tables = (await findDayTables(client)).filter(({ state }) => state === 'attached').reverse();
  return tables.flatMap((table) =>
    dayIndexes
      .filter(
        ({ parent, onceClosed }) =>
          parent === table.parent && (!onceClosed || (searchable && table.day < today)),
      )
      .map(({ suffix, definition, onceClosed }) => ({
        name: `${table.name}_${suffix}`,
        definition,
        onceClosed,
      }))
      .filter(({ name }) => present.get(name) !== true)
      .map(({ name, definition, onceClosed }) => ({
        name,
        // One that was left half made is of no use to anybody.
        statements: [
          `DROP INDEX CONCURRENTLY IF EXISTS ${name}`,
          ...(onceClosed ? ["SET lock_timeout = '5s'", letOwnerPass(table.name), 'RESET lock_timeout'] : []),
          `CREATE INDEX CONCURRENTLY ${name} ON ${table.name} ${definition}`,
        ],
      })),
  );
}

// A search index is of use only where no policy has a say, so the owner passes this table's own wall; requests come by the parent's.
function letOwnerPass(table: string): string {
  return `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`;
}

// The driver knows it; its types do not.
function processIdOf(client: pg.ClientBase): number {
  return (client as unknown as { processID: number }).processID;
}
