import type pg from 'pg';
import { withLock } from './advisory-lock.js';
import { attachment, type DayTable, endsOf, findDayTables, partitionLock, textOfDay } from './partitions.js';

const dayMs = 86_400_000;
// A statement that reads for longer, such as a dump, puts the drop off to the next run.
const waitsForReadersMs = 5_000;

/** The days that a run dropped the deliveries of, and those that it kept though they are old: a delivery of theirs is not done. */
export interface Retained {
  readonly dropped: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Drops whole days that ended more than `retentionDays` ago. A day with a delivery that is not done is kept, and no other for its
 * sake but the attempts of the day in which it was last begun, while it is being sent; counters are not lowered. Nobody who reads or
 * writes waits or fails: a partition leaves its parent while those who read it end, and events and attempts go one run after their
 * day's deliveries, for whoever still holds one of these.
 */
export async function dropOldPartitions(
  pool: pg.Pool,
  nowMs: number,
  retentionDays: number,
): Promise<Retained> {
  const keepFrom = Math.floor(nowMs / dayMs) - retentionDays;
  const retained = await withLock(pool, partitionLock, false, async (client) => {
    await client.query(`SET lock_timeout = ${waitsForReadersMs}`);
    const old = (await findDayTables(client)).filter(({ day }) => day < keepFrom);
    // A parent lets go of one partition at a time, so what an earlier run left half way comes first.
    for (const table of old.filter(({ state }) => state === 'detaching'))
      await finishDetaching(client, table);
    const deliveries = old.filter(({ parent }) => parent === 'delivery');
    const withDeliveries = new Set(deliveries.map(({ day }) => day));
    for (const table of old)
      if (!withDeliveries.has(table.day) && !(await isAwaited(client, table))) await drop(client, table);
    const dropped: string[] = [];
    const kept: string[] = [];
    for (const table of deliveries)
      ((await dropIfDone(client, table)) ? dropped : kept).push(textOfDay(table.day));
    await client.query('RESET lock_timeout');
    return { dropped, kept };
  });
  return retained ?? { dropped: [], kept: [] };
}

/** False where a delivery of that day is not done: the day stays. */
async function dropIfDone(client: pg.ClientBase, table: DayTable): Promise<boolean> {
  if (table.state === 'attached' && (await hasUnfinished(client, table))) return false;
  await detach(client, table);
  // One may have been resent until its partition was gone; from here on nobody reaches it.
  if (await hasUnfinished(client, table)) {
    await client.query(attachment(table.name, table.parent, table.day));
    return false;
  }
  await client.query(`DROP TABLE ${table.name}`);
  return true;
}

async function drop(client: pg.ClientBase, table: DayTable): Promise<void> {
  await detach(client, table);
  await client.query(`DROP TABLE ${table.name}`);
}

async function detach(client: pg.ClientBase, { name, parent, state }: DayTable): Promise<void> {
  if (state === 'attached') await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${name} CONCURRENTLY`);
}

async function finishDetaching(client: pg.ClientBase, { name, parent }: DayTable): Promise<void> {
  await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${name} FINALIZE`);
}

/** Whether a delivery, of an earlier day, is being sent whose attempt is to be kept here: nowhere else could it be. */
async function isAwaited(client: pg.ClientBase, { parent, day, state }: DayTable): Promise<boolean> {
  if (parent !== 'attempt' || state !== 'attached') return false;
  const { rows } = await client.query<{ awaited: boolean }>(
    `SELECT EXISTS (SELECT FROM delivery WHERE status = 'SENDING' AND attempt_id >= $1 AND attempt_id < $2) AS awaited`,
    endsOf(day),
  );
  return rows[0]?.awaited === true;
}

/** Asked by the two partial indexes, which are small when a day is done. */
async function hasUnfinished(client: pg.ClientBase, { name }: DayTable): Promise<boolean> {
  const { rows } = await client.query<{ unfinished: boolean }>(
    `SELECT EXISTS (SELECT FROM ${name} WHERE waiting_for IS NOT NULL)
       OR EXISTS (SELECT FROM ${name} WHERE status = 'SENDING') AS unfinished`,
  );
  return rows[0]?.unfinished === true;
}
