// What follows has type-graphql's decorators.
import 'reflect-metadata';
import type { PoolClient } from 'pg';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { StatsInterval } from '../../src/deliveries/delivery.types.js';
import { deliveryStats } from '../../src/deliveries/delivery-stats.js';
import type { WebhookEventFilter } from '../../src/events/event.types.js';
import { listEvents } from '../../src/events/list-events.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import { createEventSearch } from '../../src/storage/event-search.js';
import { makeDayIndexes } from '../../src/storage/make-day-indexes.js';
import type { Query } from '../../src/storage/statement.js';
import { lowestUuidAt, newUuid, toTypeId } from '../../src/storage/typeid.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// Events of a type or with a text that is rare, and statistics of one subscription, were looked for among all events and attempts of a workspace.
const many = 20_000;
const some = 10;
const workspaceId = lowestUuidAt(7);

let database: Database;
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
  database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
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
    expect(await eventsFound({ types })).toBe(some);
  });
  expect(read).toBeLessThan(10 * some);
});

test.each([
  ['their payload', 'needle'],
  ['their idempotency key', 'haystack'],
])('events of a closed day with a rare text in %s are read without the others', async (_where, search) => {
  await connection.query(
    `INSERT INTO event (workspace_id, id, type, payload, idempotency_key, created_at)
     SELECT $1, uuidv7('-1 day'::interval + n * '1 microsecond'::interval), 'payout.paid', CASE WHEN n <= ${some} THEN '"a needle"' ELSE '"hay"' END,
       CASE WHEN n <= ${some} THEN 'haystack-' || n END, now()
     FROM generate_series(1, ${many}) n`,
    [workspaceId],
  );
  await makeDayIndexes(database.pool, Date.now(), pino({ level: 'silent' }), new AbortController().signal);
  await connection.query('ANALYZE');
  const read = await rowsRead('event', async () => {
    expect(await eventsFound({ search })).toBe(some);
  });
  // A search looks at the first thousand, in case that the text is frequent.
  expect(read).toBeLessThan(1000 + 10 * some);
});

async function eventsFound(filter: WebhookEventFilter): Promise<number> {
  const found = { query, eventSearch: createEventSearch(query, workspaceId) };
  const request = {
    size: 2 * some,
    backwards: false,
    afterUuid: undefined,
    beforeUuid: undefined,
    scope: '',
  };
  return (await listEvents(found, workspaceId, filter, request)).entries.length;
}

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
