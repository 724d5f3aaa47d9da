// What follows has type-graphql's decorators.
import 'reflect-metadata';
import type { PoolClient } from 'pg';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { claimDue } from '../../src/deliveries/drain/claim-due.js';
import { settleUnsendable } from '../../src/deliveries/drain/settle-unsendable.js';
import { sweep } from '../../src/deliveries/drain/sweep.js';
import { openDatabase } from '../../src/storage/database.js';
import type { Query } from '../../src/storage/statement.js';
import { zeroUuid } from '../../src/storage/typeid.js';
import { publishForOne, subscribe } from '../support/main-operations.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// A million due deliveries went slower the fewer were left, and those of one endpoint slower still: once PostgreSQL had statistics,
// each claim read all events and deliveries that were older than its own, or all there are.
const backlog = 5000;
const some = 10;
let connection: PoolClient;

// The deliveries of the newest events are due first, so that what reads events in their order comes to them last.
const fill = `WITH stored AS (
    INSERT INTO event (workspace_id, id, type, payload, created_at)
    SELECT workspace_id, (left(uuidv7()::text, 26) || '0000000000')::uuid, type, payload, created_at
    FROM event, generate_series(1, ${backlog})
    RETURNING workspace_id, id
  )
  INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, next_attempt_at, created_at, updated_at)
  SELECT s.workspace_id, s.id, s.id, d.subscription_id, d.event_type, 'PENDING',
    now() - row_number() OVER (ORDER BY s.id) * interval '1 second', now(), now()
  FROM stored s, delivery d`;

const query: Query = async ({ name, text }, values) =>
  (await connection.query({ name, text, values: values as unknown[] })).rows;

/** How many rows of events and deliveries this transaction has got from their tables. */
async function rowsRead(): Promise<number> {
  const text = `SELECT sum(idx_tup_fetch + seq_tup_read)::integer AS read FROM pg_stat_xact_user_tables
    WHERE relname ~ '^(event|delivery)_2'`;
  const [row] = await query<{ read: number }>({ text }, []);
  return row?.read ?? 0;
}

beforeEach(async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  await subscribe(api, { endpointUrl: 'http://127.0.0.1:1024/', eventTypes: ['payout.paid'] });
  await publishForOne(api, 'payout.paid');
  const database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  await database.query({ text: fill }, []);
  await database.query({ text: 'ANALYZE' }, []);
  connection = await database.pool.connect();
  onTestFinished(() => connection.release(true));
  await connection.query('BEGIN');
});

async function claimSome(): Promise<void> {
  const request = { worker: 1, limit: some, roomEach: some, rooms: new Map<string, number>(), aheadMs: 0 };
  expect(await claimDue({ query }, request, zeroUuid)).toHaveLength(some);
}

test('a claim reads what it claims, however much waits', async () => {
  await claimSome();
  expect(await rowsRead()).toBeLessThan(10 * some);
});

test('a sweep reads what it takes back, however much waits', async () => {
  await connection.query(`UPDATE delivery SET status = 'SENDING', lease_until = now(), leased_by = 1,
      attempt_id = uuidv7(), attempt_started_at = now() - interval '1 minute' WHERE next_attempt_at > now() - interval '${some} seconds'`);
  const before = await rowsRead();
  expect((await sweep({ query }, () => ({ worker: 2, inFlight: [], unsureMs: 0 }))).takenBack).toBe(some);
  expect((await rowsRead()) - before).toBeLessThan(10 * some);
});

test('what is not to be sent is settled without a look at what waits for others', async () => {
  await connection.query(`INSERT INTO webhook_subscription (id, workspace_id, endpoint_url, event_types, status, profile, signature_scheme, timeout_seconds)
    SELECT uuidv7(), workspace_id, endpoint_url, event_types, 'INACTIVE', profile, signature_scheme, timeout_seconds FROM webhook_subscription`);
  await connection.query(`UPDATE delivery SET subscription_id = (SELECT id FROM webhook_subscription WHERE status = 'INACTIVE')
    WHERE next_attempt_at > now() - interval '${some} seconds'`);
  const before = await rowsRead();
  expect(await settleUnsendable({ query })).toBe(some);
  expect((await rowsRead()) - before).toBeLessThan(10 * some);
});
