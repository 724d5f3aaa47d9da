import type pg from 'pg';
import type { Logger } from 'pino';
import { withLock } from './advisory-lock.js';
import { dayIndexes, letOwnerPass, searchSlices, textDefinition } from './day-indexes.js';
import { findDayTables } from './partitions.js';
import { processIdOf } from './process-id.js';

const dayMs = 86_400_000;
// Clocks differ, and a publish takes a moment.
const settlingMs = 600_000;
// Any constant will do; it keeps two processes from making indexes at once.
const indexLock = 7_336_304;
// Contrib modules that whoever owns the database may install: PostgreSQL counts them as trusted.
const searchExtensions = ['pg_trgm', 'btree_gin'];

/** Makes the extensions that search indexes need; false, with a warning, where the server lacks them or the user may not. */
async function prepareSearch(client: pg.ClientBase, log: Logger): Promise<boolean> {
  try {
    for (const name of searchExtensions) await client.query(`CREATE EXTENSION IF NOT EXISTS ${name}`);
    return true;
  } catch (error) {
    const { rows } = await client.query<{ count: number }>(
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
 * Makes the indexes that tables of days lack, newest first and one at a time: where the server has what they need, the search indexes of
 * what is over of days too. Nobody who reads or writes waits. One process does it at a time; `signal` ends the one under way.
 */
export async function makeDayIndexes(
  pool: pg.Pool,
  nowMs: number,
  log: Logger,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const made = await withLock(pool, indexLock, false, async (client) => {
    const wanted = await findMissing(client, nowMs, await prepareSearch(client, log));
    const cancel = () =>
      void pool.query('SELECT pg_cancel_backend($1)', [processIdOf(client)]).catch(() => undefined);
    signal.addEventListener('abort', cancel);
    try {
      return await makeAll(client, wanted, signal);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
  return made ?? [];
}

async function makeAll(
  client: pg.ClientBase,
  wanted: readonly Work[],
  signal: AbortSignal,
): Promise<string[]> {
  const done: string[] = [];
  // One core at most, and in memory that a small machine has.
  await client.query("SET maintenance_work_mem = '128MB'; SET max_parallel_maintenance_workers = 0");
  for (const { name, statements } of wanted) {
    for (const statement of statements) {
      if (signal.aborted) return done;
      await client.query(statement);
    }
    done.push(name);
  }
  await client.query('RESET maintenance_work_mem; RESET max_parallel_maintenance_workers');
  return done;
}

interface Work {
  readonly name: string;
  readonly statements: readonly string[];
}

async function findMissing(client: pg.ClientBase, nowMs: number, searchable: boolean): Promise<Work[]> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'delivery'::regclass)`,
  );
  const present = new Map(rows.map(({ name, valid }) => [name, valid]));
  const today = Math.floor(nowMs / dayMs);
  const tables = (await findDayTables(client)).filter(({ state }) => state === 'attached').reverse();
  return tables.flatMap((table) => {
    const slices = table.parent === 'event' ? searchSlices(table.day) : [];
    const wanted = dayIndexes.filter(
      ({ parent, onceClosed }) =>
        parent === table.parent && (!onceClosed || (searchable && table.day < today)),
    );
    const over =
      searchable && table.day === today ? slices.filter(({ endMs }) => endMs + settlingMs < nowMs) : [];
    const work = [
      ...wanted.map(({ suffix, definition, onceClosed }) =>
        creation(table.name, suffix, definition, onceClosed),
      ),
      ...over.map(({ suffix, lowest, end }) =>
        creation(table.name, suffix, `${textDefinition} WHERE id >= '${lowest}' AND id < '${end}'`, true),
      ),
    ].filter(({ name }) => present.get(name) !== true);
    // What served while the day was open, and what did before idempotency keys were searched by an index.
    const superseded = [...present.keys()].filter(
      (name) =>
        name.startsWith(`${table.name}_search`) ||
        (table.day < today && slices.some(({ suffix }) => name === `${table.name}_${suffix}`)),
    );
    const drops = superseded.map((name) => ({ name, statements: [removal(name)] }));
    return [...work, ...drops];
  });
}

function creation(table: string, suffix: string, definition: string, isSearch: boolean): Work {
  const name = `${table}_${suffix}`;
  return {
    name,
    statements: [
      // One that was left half made is of no use to anybody.
      removal(name),
      ...(isSearch ? ["SET lock_timeout = '5s'", letOwnerPass(table), 'RESET lock_timeout'] : []),
      `CREATE INDEX CONCURRENTLY ${name} ON ${table} ${definition}`,
    ],
  };
}

function removal(name: string): string {
  return `DROP INDEX CONCURRENTLY IF EXISTS ${name}`;
}
