// What follows has type-graphql's decorators.
import 'reflect-metadata';
import type { PoolClient } from 'pg';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { StatsInterval } from '../../src/deliveries/delivery.types.js';
import { deliveryStats } from '../../src/deliveries/delivery-stats.js';
import { listEvents } from '../../src/events/list-events.js';
import { openDatabase } from '../../src/storage/database.js';
import type { Query } from '../../src/storage/statement.js';
import { lowestUuidAt, newUuid, toTypeId } from '../../src/storage/typeid.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// Events of a type that is rare, and statistics of one subscription, were looked for among all events and attempts of a workspace.
const many = 5000;
const some = 10;
const workspaceId = lowestUuidAt(7);

let connection: PoolClient;

const query: Query = async ({ name, text }, values) =>
  (await connection.query({ name, text, values: [...values] })).rows;

/** How many rows of a table's days a task gets from them. */
async function rowsRead(table: string, task: () => Promise<void>): Promise<number> {
  await connection.query('BEGIN');
  await task();
  const { rows } = await connection.query<{ read: number }>(
    `SELECT sum(idx_tup_fetch + seq_tup_read)::integer AS read FROM pg_stat_xact_user_tables
     WHERE relname ~ ('^' || $1 || '_2')`,
    [table],
  );
  await connection.query('COMMIT');
  return rows[0]?.read ?? 0;
}

beforeEach(async () => {
  const env = await freshEnv();
  await startTendril({ ...env, ROLE: 'api' });
  const database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  connection = await database.pool.connect();
  onTestFinished(() => connection.release(true));
});

test('events of a rare type are read without the others', async () => {
  await connection.query(
    `INSERT INTO event (workspace_id, id, type, payload, created_at)
     SELECT $1, uuidv7(), CASE WHEN n <= ${some} THEN 'payout.rare' ELSE 'payout.paid' END, '{}', now()
     FROM generate_series(1, ${many}) n`,
    [workspaceId],
  );
  await connection.query('ANALYZE');
  const types = ['payout.rare', 'refund.*'];
  const read = await rowsRead('event', async () => {
    const request = {
      size: 2 * some,
      backwards: false,
      afterUuid: undefined,
      beforeUuid: undefined,
      scope: '',
    };
    expect((await listEvents({ query }, workspaceId, { types }, request)).entries).toHaveLength(some);
  });
  expect(read).toBeLessThan(10 * some);
});

test('statistics of one subscription are made without the attempts of others', async () => {
  const subscription = newUuid();
  await connection.query(
    `INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
       request_url, request_headers)
     SELECT $1, uuidv7(), uuidv7(), CASE WHEN n <= ${some} THEN $2::uuid ELSE $1::uuid END, 1, 'SCHEDULE', 'SUCCEEDED', now(), 7,
       'http://127.0.0.1/', '[]'
     FROM generate_series(1, ${many}) n`,
    [workspaceId, subscription],
  );
  await connection.query('ANALYZE');
  const read = await rowsRead('attempt', async () => {
    const buckets = await deliveryStats(
      { query },
      {
        workspaceId,
        from: new Date(Date.now() - 3_600_000),
        to: new Date(Date.now() + 3_600_000),
        interval: StatsInterval.HOUR,
        subscriptionId: toTypeId('wsub', subscription),
      },
    );
    expect(buckets.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(some);
  });
  expect(read).toBeLessThan(10 * some);
});
