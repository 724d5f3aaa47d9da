import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { dropOldPartitions } from '../../src/storage/drop-old-partitions.js';
import { makeDayIndexes } from '../../src/storage/make-day-indexes.js';
import { ensurePartitions } from '../../src/storage/partitions.js';
import { fromTypeId, lowestUuidAt } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { postGraphql } from '../support/post-graphql.js';
import { newDatabase } from '../support/stores.js';
import { freshEnv, startTendril } from '../support/tendril.js';

const dayMs = 86_400_000;
const nowMs = Date.now();
const retentionDays = 30;

let url: string;
let pool: Pool;

beforeEach(async () => {
  url = await newDatabase();
  pool = openPool(url);
});

function openPool(connectionString: string): Pool {
  const opened = new Pool({ connectionString });
  onTestFinished(() => opened.end());
  return opened;
}

/** The day so many days ago, as tables have it in their names. */
function dayAgo(days: number): string {
  return new Date(nowMs - days * dayMs).toISOString().slice(0, 10).replaceAll('-', '');
}

let filled = 0;

/** Stores events of the day so many days ago, with a delivery and an attempt each. */
async function fill(
  days: number,
  count: number,
  status = 'DELIVERED',
  workspaceId = lowestUuidAt(1),
): Promise<void> {
  filled += 1;
  await ensurePartitions(pool, nowMs - days * dayMs, 0);
  const noonMs = (Math.floor(nowMs / dayMs) - days + 0.5) * dayMs;
  const ids = `${lowestUuidAt(noonMs).slice(0, 14)}7${filled.toString(16).padStart(3, '0')}-8000-`;
  await pool.query(
    `WITH made AS (
      SELECT $1::uuid AS workspace_id, ($2 || lpad(to_hex(n), 12, '0'))::uuid AS id FROM generate_series(1, $3::integer) n
    ), events AS (
      INSERT INTO event (workspace_id, id, type, payload, created_at)
      SELECT workspace_id, id, 'payout.paid', '{}', now() FROM made
    ), attempts AS (
      INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
        request_url, request_headers)
      SELECT workspace_id, id, id, id, 1, 'SCHEDULE', 'REJECTED', now(), 1, 'https://shop.example', '[]' FROM made
    )
    INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, attempt_count, next_attempt_at,
      created_at, updated_at)
    SELECT workspace_id, id, id, id, 'payout.paid', $4::text, 1,
      CASE WHEN $4 IN ('PENDING', 'RETRYING') THEN now() + interval '90 days' END, now(), now()
    FROM made`,
    [workspaceId, ids, count, status],
  );
}

/** The days that have partitions of a table and are past their retention, oldest first. */
async function oldDays(table: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE $1 ORDER BY 1`,
    [`${table}\\_2%`],
  );
  return rows.map(({ name }) => name.slice(table.length + 1)).filter((day) => day < dayAgo(retentionDays));
}

/** A connection in a transaction that has read the deliveries: as long as it lasts, it may read them again. */
async function startReader(): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  await client.query('SELECT count(*) FROM delivery');
  return client;
}

test('a day with one unfinished delivery is kept with all that is of it, and no other day for its sake', async () => {
  for (const [days, status] of [
    [60, 'RETRYING'],
    [50, 'PENDING'],
    [45, 'SENDING'],
  ] as const) {
    await fill(days, 20);
    await fill(days, 1, status);
  }
  for (const [days, status] of [
    [58, 'FAILED'],
    [47, 'SKIPPED'],
    [40, 'CANCELED'],
  ] as const)
    await fill(days, 20, status);
  await fill(29, 20);
  const unfinished = [60, 50, 45].map(dayAgo);

  const first = await dropOldPartitions(pool, nowMs, retentionDays);
  expect(first.kept).toEqual(unfinished);
  for (const days of [58, 47, 40]) expect(first.dropped).toContain(dayAgo(days));
  expect(await oldDays('delivery')).toEqual(unfinished);
  await dropOldPartitions(pool, nowMs, retentionDays);
  for (const table of ['event', 'delivery', 'attempt']) {
    expect([table, await oldDays(table)]).toEqual([table, unfinished]);
    const { rows } = await pool.query(`SELECT count(*)::integer AS count FROM ${table}`);
    expect([table, rows[0].count]).toEqual([table, 3 * 21 + 20]);
  }
  await pool.query("UPDATE delivery SET status = 'DELIVERED', next_attempt_at = NULL");
  expect((await dropOldPartitions(pool, nowMs, retentionDays)).dropped).toEqual(unfinished);
});

test('events and attempts go one run after their deliveries, so that whoever has just read one still finds them', async () => {
  await fill(40, 5);
  await dropOldPartitions(pool, nowMs, retentionDays);
  expect((await pool.query('SELECT FROM delivery')).rowCount).toBe(0);
  expect((await pool.query('SELECT FROM event')).rowCount).toBe(5);
  expect((await pool.query('SELECT FROM attempt')).rowCount).toBe(5);
  await dropOldPartitions(pool, nowMs, retentionDays);
  for (const table of ['event', 'attempt']) expect(await oldDays(table)).toEqual([]);
});

test('a day is kept in which the attempt under way of an older delivery was begun, until it is on record', async () => {
  await fill(50, 1, 'SENDING');
  await fill(40, 5);
  await fill(35, 5);
  await pool.query(
    `UPDATE delivery SET attempt_id = (SELECT max(id::text)::uuid FROM attempt WHERE id < $1) WHERE status = 'SENDING'`,
    [lowestUuidAt(nowMs - 38 * dayMs)],
  );
  for (let run = 0; run < 3; run++) await dropOldPartitions(pool, nowMs, retentionDays);
  expect(await oldDays('attempt')).toEqual([dayAgo(50), dayAgo(40)]);
  await pool.query("UPDATE delivery SET status = 'DELIVERED'");
  await dropOldPartitions(pool, nowMs, retentionDays);
  expect(await oldDays('attempt')).toEqual([dayAgo(50)]);
});

test('partitions are made while somebody reads, and nobody waits', async () => {
  await startReader();
  await ensurePartitions(pool, nowMs + 10 * dayMs, 3);
  await pool.query("SET statement_timeout = '10s'; SELECT count(*) FROM delivery");
  const { rows } = await pool.query<{ count: number }>(
    "SELECT count(*)::integer FROM pg_inherits WHERE inhparent = 'delivery'::regclass",
  );
  expect(rows[0]?.count).toBe(5);
});

test('a reader of long standing puts a drop off; others read on meanwhile, and the next run ends what was begun', async () => {
  await fill(40, 5);
  await dropOldPartitions(pool, nowMs, 40);
  const reader = await startReader();
  let isOver = false;
  const dropping = dropOldPartitions(pool, nowMs, retentionDays).finally(() => {
    isOver = true;
  });
  const refused = expect(dropping).rejects.toThrow('lock timeout');
  // The day is gone for whoever reads anew.
  await eventually(async () => (await pool.query('SELECT FROM delivery')).rowCount === 0);
  expect(isOver).toBe(false);
  expect((await reader.query('SELECT count(*)::integer AS count FROM event')).rows).toEqual([{ count: 5 }]);
  await refused;
  await reader.query('COMMIT');
  // The lock is free once PostgreSQL has seen the connection of the run that failed go.
  await eventually(async () =>
    (await dropOldPartitions(pool, nowMs, retentionDays)).dropped.includes(dayAgo(40)),
  );
  expect(await oldDays('delivery')).toEqual([]);
});

test('a delivery that comes to life again while its day is being dropped brings the day back', async () => {
  await fill(40, 5);
  await dropOldPartitions(pool, nowMs, 40);
  const resender = await startReader();
  const dropping = dropOldPartitions(pool, nowMs, retentionDays);
  await eventually(async () => (await pool.query('SELECT FROM delivery')).rowCount === 0);
  await resender.query(`UPDATE delivery_${dayAgo(40)} SET status = 'RETRYING', next_attempt_at = now()
    WHERE id = (SELECT max(id::text)::uuid FROM delivery_${dayAgo(40)})`);
  await resender.query('COMMIT');
  expect((await dropping).kept).toEqual([dayAgo(40)]);
  expect((await pool.query('SELECT status FROM delivery WHERE waiting_for IS NOT NULL')).rows).toEqual([
    { status: 'RETRYING' },
  ]);
  expect((await pool.query('SELECT FROM delivery')).rowCount).toBe(5);
});

test('of two processes that drop at once, one does it', async () => {
  await fill(40, 5);
  await fill(41, 5);
  const other = openPool(url);
  const runs = await Promise.all([
    dropOldPartitions(pool, nowMs, retentionDays),
    dropOldPartitions(other, nowMs, retentionDays),
  ]);
  expect(
    runs.flatMap(({ dropped }) => dropped).filter((day) => [dayAgo(41), dayAgo(40)].includes(day)),
  ).toEqual([dayAgo(41), dayAgo(40)]);
});

test('a server that never runs for an hour drops days too: at its start', async () => {
  const env = await freshEnv();
  url = env.DATABASE_URL ?? '';
  pool = openPool(url);
  await fill(40, 5);
  await fill(20, 5);
  await startTendril(env);
  await eventually(async () => (await oldDays('delivery')).length === 0);
  expect((await pool.query('SELECT FROM delivery')).rowCount).toBe(5);
});

test('whoever pages through the logs while days are dropped is answered without an error', async () => {
  const env = await freshEnv();
  url = env.DATABASE_URL ?? '';
  pool = openPool(url);
  const tendril = await startTendril(env);
  const { data } = await postGraphql(tendril, '{ viewer { workspace { id } } }');
  const workspace = fromTypeId('ws', (data as { viewer: { workspace: { id: string } } }).viewer.workspace.id);
  for (let days = 60; days > 25; days -= 1) await fill(days, 30, 'FAILED', workspace);
  // So that the search that finds nothing asks the indexes of the oldest days.
  await makeDayIndexes(pool, nowMs, pino({ level: 'silent' }), new AbortController().signal);

  let isOver = false;
  let pages = 0;
  const faults: unknown[] = [];
  const page = async (order: string) => {
    for (let after = ''; !isOver; ) {
      const answer = await postGraphql(
        tendril,
        `{ deliveries(first: 20, orderBy: ${order} ${after && `, after: "${after}"`}, filter: { search: "{}" }) {
          totalCount nodes { id event { id payload deliveries { id } } attempts { request { body } } } pageInfo { endCursor } }
          rare: deliveries(filter: { search: "nowhere" }) { totalCount } }`,
      );
      if (answer.errors) faults.push(answer.errors);
      pages += 1;
      const { deliveries } = answer.data as { deliveries: { pageInfo: { endCursor: string | null } } };
      after = deliveries.pageInfo.endCursor ?? '';
    }
  };
  const paging = Promise.all([page('OLDEST_FIRST'), page('OLDEST_FIRST'), page('NEWEST_FIRST')]);
  // A day at a time, so that there is always one that is just going.
  for (let retention = 58; retention >= retentionDays; retention -= 1) {
    await dropOldPartitions(pool, nowMs, retention);
    const seen = pages;
    await eventually(() => pages > seen + 2);
  }
  isOver = true;
  await paging;
  expect(faults).toEqual([]);
  expect(await oldDays('delivery')).toEqual([]);
}, 120_000);
