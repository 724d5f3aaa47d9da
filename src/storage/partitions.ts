import type pg from 'pg';
import { withLock } from './advisory-lock.js';
import { bornIndexes, letOwnerPass } from './day-indexes.js';
import { lowestUuidAt } from './typeid.js';

const dayMs = 86_400_000;
const partitioned = ['event', 'delivery', 'attempt'] as const;
/** Keeps two processes from making or dropping partitions at once; any constant will do. */
export const partitionLock = 7_336_302;

/** A table that holds one day of a partitioned one. */
export interface DayTable {
  readonly name: string;
  readonly parent: (typeof partitioned)[number];
  /** Days since 1970, UTC. */
  readonly day: number;
  /** `detaching`: half way out of its parent, and read by nobody any more. */
  readonly state: 'attached' | 'detaching' | 'detached';
}

/** Makes the partitions of yesterday to `daysAhead` days from now, where they are missing. Nobody who reads or writes waits for it. */
export async function ensurePartitions(pool: pg.Pool, nowMs: number, daysAhead = 2): Promise<void> {
  const today = Math.floor(nowMs / dayMs);
  await withLock(pool, partitionLock, true, async (client) => {
    const present = new Set((await findDayTables(client)).map(({ name }) => name));
    for (let day = today - 1; day <= today + daysAhead; day++) {
      for (const parent of partitioned) {
        const name = `${parent}_${textOfDay(day)}`;
        // CREATE TABLE … PARTITION OF would wait for every reader of the parent, and everybody else for it.
        if (!present.has(name))
          await client.query(
            `BEGIN; CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL); ${bornIndexes(name, parent)}
             SELECT raise_wall('${name}'); ${parent === 'event' ? letOwnerPass(name) : ''};
             ${attachment(name, parent, day)}; COMMIT`,
          );
      }
    }
  });
}

/** The statement that makes a table of a day part of its parent. */
export function attachment(name: string, parent: string, day: number): string {
  const [lowest, end] = endsOf(day);
  return `ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${lowest}') TO ('${end}')`;
}

/** The ids of a day: from the first on, and below the second. */
export function endsOf(day: number): [lowest: string, end: string] {
  return [lowestUuidAt(day * dayMs), lowestUuidAt((day + 1) * dayMs)];
}

/** The day as tables have it in their names, for example 20260225. */
export function textOfDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Every table of a day, oldest first, also those that are a part of their parent no more. */
export async function findDayTables(client: pg.ClientBase): Promise<DayTable[]> {
  const { rows } = await client.query<{ name: string; state: DayTable['state'] }>(
    `SELECT c.relname AS name,
       CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS state
     FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relkind = 'r' AND c.relname ~ '^(event|delivery|attempt)_[0-9]{8}$'
       AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'delivery'::regclass)
     ORDER BY right(c.relname, 8), c.relname`,
  );
  return rows.map(({ name, state }) => {
    const [parent, date = ''] = name.split('_');
    const isoDate = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
    return { name, state, parent: parent as DayTable['parent'], day: Date.parse(isoDate) / dayMs };
  });
}
