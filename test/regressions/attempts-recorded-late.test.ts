// The entities that claims are made of want it first.
import 'reflect-metadata';
import type { ServerResponse } from 'node:http';
import { Client } from 'pg';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { claimDue } from '../../src/deliveries/drain/claim-due.js';
import { type EndedAttempt, recordAttempts } from '../../src/deliveries/drain/record-attempts.js';
import { openDatabase } from '../../src/storage/database.js';
import { zeroUuid } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryOnce,
  expectCountersToFit,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril } from '../support/tendril.js';

const type = 'payout.paid';

// A claim does not wait for the disk, so a crash of PostgreSQL can lose it while its request is under way. The delivery was
// then claimed again under the same number, and two attempts of one number came to be on record.
test.each([
  { endsFirst: 0, order: 'before' },
  { endsFirst: 1, order: 'after' },
])(
  'an attempt whose claim was lost in a crash has a number of its own, if it ends $order the next',
  async ({ endsFirst }) => {
    const env = await freshEnv();
    const tendril = await startTendril(env);
    const held: ServerResponse[] = [];
    const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
    const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
    const delivery = await publishForOne(tendril, type);
    await receiver.waitFor(1);

    const database = await connect(env);
    await database.query(
      `UPDATE delivery SET status = 'PENDING', lease_epoch = 0, attempt_count = 0, attempt_id = NULL, attempt_started_at = NULL,
       leased_by = NULL, lease_until = NULL, next_attempt_at = now()`,
    );
    await receiver.waitFor(2);
    for (const [ended, index] of [endsFirst, 1 - endsFirst].entries()) {
      held[index]?.writeHead(204).end();
      await eventually(async () => (await showDelivery(tendril, delivery)).attempts.length === ended + 1);
    }

    const { attempts, attemptCount } = await deliveryOnce(tendril, delivery, 'DELIVERED');
    expect(attempts.map(({ number }) => number)).toEqual([1, 2]);
    expect(attemptCount).toBe(2);
    await expectCountersToFit(tendril, id);
  },
);

test('attempts that are recorded again, because the answer to the first time was lost, are counted once', async () => {
  const env = await freshEnv({ ROLE: 'api' });
  const tendril = await startTendril(env);
  await subscribe(tendril, { endpointUrl: 'http://127.0.0.1:9999', eventTypes: [type] });
  await publishForOne(tendril, type);
  const database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  const request = { worker: 1, limit: 1, roomEach: 1, rooms: new Map(), aheadMs: 0 };
  const [claimed] = await claimDue(database, request, zeroUuid);
  if (!claimed) throw new Error('nothing was due');
  const nowMs = Date.now();
  const outcome = { kind: 'connectionFailed', code: 'ECONNREFUSED' } as const;
  const ended: EndedAttempt = {
    delivery: claimed,
    url: 'http://127.0.0.1:9999',
    requestHeaders: '[]',
    ownHeaders: null,
    result: { outcome, startedAtMs: nowMs, durationMs: 1, response: undefined },
    verdict: { status: 'RETRYING', nextAttemptAtMs: nowMs + 60_000, retryStep: 1 },
    succeeded: false,
    error: 'refused',
  };
  expect(await recordAttempts(database, [ended])).toMatchObject([{ failuresInARow: 1 }]);
  await recordAttempts(database, [ended]);

  const { rows } = await (await connect(env)).query('SELECT failures_in_a_row FROM subscription_counter');
  expect(rows).toEqual([{ failures_in_a_row: 1 }]);
});

test('a 410 is not on record before its subscription is disabled, so that a crash cannot come in between', async () => {
  const env = await freshEnv();
  const tendril = await startTendril(env);
  const receiver = await startReceiver(410);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  // Within one transaction, pg_stat_activity would show the same each time.
  const [database, locking] = [await connect(env), await connect(env)];
  await locking.query('BEGIN');
  await locking.query('SELECT FROM webhook_subscription FOR UPDATE');
  const delivery = await publishForOne(tendril, type);
  await eventually(async () => {
    const { rows } = await database.query(
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'DISABLED'",
    );
    return rows.length > 0;
  });
  expect((await showDelivery(tendril, delivery)).status).toBe('SENDING');

  await locking.query('COMMIT');
  await deliveryOnce(tendril, delivery, 'FAILED');
  const { rows } = await database.query('SELECT status, disabled_reason FROM webhook_subscription');
  expect(rows).toEqual([{ status: 'DISABLED', disabled_reason: 'GONE' }]);
});

async function connect(env: Env): Promise<Client> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
