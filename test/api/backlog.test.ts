import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import {
  BacklogDocument,
  type BacklogQuery,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { publishMany, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const none = { dueCount: 0, oldestDueAt: null, oldestDueSeconds: 0 };

async function read(
  tendril: Tendril,
  subscriptionId?: string,
  key = tendril.key,
): Promise<BacklogQuery['backlog']> {
  const variables = { subscriptionId: subscriptionId ?? null };
  return (await tendril.http(key).request(BacklogDocument, variables)).backlog;
}

test('it counts what is due, tells how long the oldest has been, and is empty once all is sent', async () => {
  const receiver = await startReceiver();
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const database = await connect(env);
  expect(await read(api)).toEqual(none);

  const url = `${receiver.url}/`;
  const late = await subscribe(api, { endpointUrl: `${url}late`, eventTypes: ['payout.paid'] });
  const later = await subscribe(api, { endpointUrl: `${url}later`, eventTypes: ['payout.failed'] });
  await subscribe(api, { endpointUrl: `${url}off`, eventTypes: ['*'], status: 'INACTIVE' });
  await publishMany(api, 'payout.paid', 3);
  await publishMany(api, 'payout.failed', 2);
  const age =
    "UPDATE delivery SET next_attempt_at = now() - $1::interval WHERE subscription_id = $2 AND status = 'PENDING'";
  await database.query(age, ['300 s', fromTypeId('wsub', late.id)]);
  await database.query(age, ['100 s', fromTypeId('wsub', later.id)]);
  // One of them has been tried, and is to be tried again in an hour: it is not due.
  await database.query(`UPDATE delivery SET status = 'RETRYING', next_attempt_at = now() + interval '1 hour'
    WHERE id = (SELECT min(id::text)::uuid FROM delivery WHERE subscription_id = '${fromTypeId('wsub', later.id)}')`);

  const whole = await read(api);
  expect(whole.dueCount).toBe(4);
  expectAge(whole, 300);
  expect(await read(api, late.id)).toMatchObject({ dueCount: 3, oldestDueAt: whole.oldestDueAt });
  const one = await read(api, later.id);
  expect(one.dueCount).toBe(1);
  expectAge(one, 100);
  expect(await read(api, 'wsub_nothing')).toEqual(none);

  const other = await addWorkspace(env, 'other');
  expect(await read(api, undefined, other)).toEqual(none);
  expect(await read(api, late.id, other)).toEqual(none);

  await api.http().request(UpdateWebhookSubscriptionDocument, { input: { id: late.id, status: 'INACTIVE' } });
  expect(await read(api)).toMatchObject({ dueCount: 1 });
  await startTendril({ ...env, ROLE: 'worker' });
  await eventually(async () => (await read(api)).dueCount === 0);
  expect(await read(api)).toEqual(none);
});

test('what is under way is not due', async () => {
  const receiver = await startReceiver(() => undefined);
  const tendril = await startTendril();
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: ['payout.paid'], timeoutSeconds: 30 });
  await publishMany(tendril, 'payout.paid', 1);
  await receiver.waitFor(1);
  expect(await read(tendril)).toEqual(none);
  await receiver.close();
});

test('a backlog of more than 100000 counts as 100000, and its oldest is told all the same', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const { id } = await subscribe(api, { endpointUrl: 'http://127.0.0.1:9999/', eventTypes: ['payout.paid'] });
  await publishMany(api, 'payout.paid', 1);
  const database = await connect(env);
  // Nobody listens, and telling of so many takes its time.
  await database.query('ALTER TABLE delivery DISABLE TRIGGER delivery_born');
  await database.query(`INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, next_attempt_at, created_at, updated_at)
    SELECT workspace_id, (left(id::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, event_id, subscription_id, event_type, status,
      now() - n * interval '1 ms', created_at, updated_at
    FROM delivery, generate_series(1, 100001) n`);
  for (const subscriptionId of [undefined, id]) {
    const backlog = await read(api, subscriptionId);
    expect(backlog.dueCount).toBe(100_000);
    expectAge(backlog, 100);
  }
});

test('a worker warns when the oldest due delivery has waited for longer than the setting, and says when that is over', async () => {
  const held: { end(): void }[] = [];
  const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
  const env = await freshEnv({ BACKLOG_WARNING_SECONDS: '1' });
  const tendril = await startTendril(env);
  const { id } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: ['payout.paid'],
    timeoutSeconds: 30,
  });
  // More than may be in flight to one endpoint: the others stay due.
  await publishMany(tendril, 'payout.paid', 1000);
  const lines = () => tendril.log.map((line) => JSON.parse(line)).filter(({ msg }) => /\bdue$/.test(msg));
  await eventually(() => lines().length > 0, 20_000);
  expect(lines()).toMatchObject([{ level: 40, msg: 'sending is behind what is due', subscription: id }]);
  expect(lines()[0].oldestDueSeconds).toBeGreaterThanOrEqual(1);

  receiver.answer(204);
  for (const response of held) response.end();
  await eventually(() => lines().length > 1, 20_000);
  expect(lines()[1]).toMatchObject({ level: 30, msg: 'sending has caught up with what is due' });
});

/** Machines are busy, so it may be somewhat older by the time it is asked for. */
function expectAge({ oldestDueAt, oldestDueSeconds }: BacklogQuery['backlog'], seconds: number): void {
  expect(oldestDueSeconds).toBeGreaterThanOrEqual(seconds);
  expect(oldestDueSeconds).toBeLessThan(seconds + 60);
  const sinceMs = Date.now() - Date.parse(String(oldestDueAt));
  expect(Math.abs(sinceMs / 1000 - oldestDueSeconds)).toBeLessThan(30);
}

async function connect(env: Env): Promise<Client> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
