import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { CreateEventTypeDocument, PublishEventsDocument } from '../../generated/operations.js';
import { workerLockClass } from '../../src/deliveries/drain/worker-lock.js';
import { newUuid } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import { deliveryIds, newEventType, publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

// What may be sent the moment it is stored, and what has to be claimed.

// An alarm that is set at once is seen within this.
const alarmWithinMs = 300;

let env: Env;
let tendril: Tendril;
let database: pg.Client;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
  database = new pg.Client({ connectionString: env.DATABASE_URL });
  await database.connect();
  // What each delivery was born as.
  await database.query(`CREATE TABLE born (id uuid, status text);
    CREATE FUNCTION note_birth() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO born SELECT id, status FROM changed; RETURN NULL; END $$;
    CREATE TRIGGER born AFTER INSERT ON delivery REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION note_birth()`);
});

afterAll(async () => {
  await tendril.stop();
  await database.end();
});

/** How many deliveries of an event type were born in each state. */
async function birthsOf(type: string): Promise<Record<string, number>> {
  const { rows } = await database.query<{ status: string; count: number }>(
    `SELECT b.status, count(*)::integer AS count FROM born b JOIN delivery d USING (id) WHERE d.event_type = $1 GROUP BY 1`,
    [type],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

test('where no drain runs one is called once the attempt is on record, and not for an event that is there already', async () => {
  const { MONGODB_URL: _unset, ...settings } = await freshEnv();
  const own = await startTendril(settings);
  const client = new pg.Client({ connectionString: settings.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  const isAlarmSet = async () => (await client.query('SELECT FROM agenda_jobs')).rowCount !== 0;
  const held: ServerResponse[] = [];
  const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
  const type = await newEventType(own);
  await subscribe(own, { endpointUrl: receiver.url, eventTypes: [type] });
  const events = [{ type, payload: {}, idempotencyKey: 'one' }];
  const publishOnce = () => own.http().request(PublishEventsDocument, { events });
  await eventually(async () => !(await isAlarmSet()), 15_000);
  await publishOnce();
  await receiver.waitFor(1);
  await publishOnce();
  await pause(alarmWithinMs);
  expect(await isAlarmSet()).toBe(false);
  for (const response of held) response.writeHead(204).end();
  await eventually(isAlarmSet);
  const { rows } = await client.query('SELECT outcome FROM attempt');
  expect(rows).toEqual([{ outcome: 'SUCCEEDED' }]);
});

test('what is published is sent without being claimed, the first time too, and told from its birth on', async () => {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const { updates } = await followUpdates(tendril.ws(), { filter: { subscriptionIds: [id] } });
  await publish(tendril, type);
  await receiver.waitFor(1);
  expect(await birthsOf(type)).toEqual({ SENDING: 1 });
  await eventually(() => updates.length > 0 && updates.at(-1)?.status === 'DELIVERED');
  const ofLast = updates.filter((update) => update.id === updates.at(-1)?.id);
  expect(ofLast.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
    ['PENDING', 0],
    ['SENDING', 1],
    ['DELIVERED', 1],
  ]);
});

test('publishers that are faster than sending wait a moment, and most of what they publish needs no claim', async () => {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const events = Array.from({ length: 250 }, (_, index) => ({ type, payload: index }));
  const http = tendril.http();
  const publishBatches = async () => {
    for (let batch = 0; batch < 6; batch += 1) await http.request(PublishEventsDocument, { events });
  };
  // Some hundred answers open its window.
  for (let count = 250; count <= 1_000; count += 250) {
    await http.request(PublishEventsDocument, { events });
    await receiver.waitFor(count);
  }
  await Promise.all([publishBatches(), publishBatches(), publishBatches(), publishBatches()]);
  await receiver.waitFor(7_000, 60_000);
  const { SENDING = 0 } = await birthsOf(type);
  // Without the wait it is one in a hundred.
  expect(SENDING).toBeGreaterThan(700);
});

test('what is published for an endpoint that is behind waits its turn', async () => {
  const slow = await startReceiver((_request, _earlier, response) =>
    setTimeout(() => response.writeHead(204).end(), 300),
  );
  const type = await newEventType(tendril);
  const { id } = await subscribe(tendril, { endpointUrl: slow.url, eventTypes: [type] });
  const events = Array.from({ length: 200 }, (_, index) => ({ type, payload: index }));
  await tendril.http().request(PublishEventsDocument, { events });
  for (let late = 0; late < 5; late += 1) await publish(tendril, type, 'late');
  await slow.waitFor(205);
  const order = slow.received.map(({ body }) => JSON.parse(body).data);
  // A window of requests goes out at once, and their answers may overtake each other.
  expect(order.indexOf('late')).toBeGreaterThan(100);
  await eventually(
    async () => (await deliveryIds(tendril, { subscriptionIds: [id], statuses: ['DELIVERED'] })).length > 0,
  );
});

test('a failed store frees the places, and nothing is lost or left SENDING', async () => {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publish(tendril, type);
  await receiver.waitFor(1);
  await database.query(
    `ALTER TABLE delivery ADD CONSTRAINT nothing_new CHECK (event_type <> '${type}') NOT VALID`,
  );
  onTestFinished(async () => {
    await database.query('ALTER TABLE delivery DROP CONSTRAINT IF EXISTS nothing_new');
  });
  const refused = await Promise.allSettled(
    Array.from({ length: 50 }, () =>
      tendril.http().request(PublishEventsDocument, { events: [{ type, payload: 0 }] }),
    ),
  );
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await database.query('ALTER TABLE delivery DROP CONSTRAINT nothing_new');
  // More than the places that would be lost.
  const events = Array.from({ length: 100 }, () => ({ type, payload: 1 }));
  await tendril.http().request(PublishEventsDocument, { events });
  await receiver.waitFor(101);
});

test('a subscription that another process has acknowledged gets the next event, whatever was remembered', async () => {
  const other = await startTendril(env);
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  for (let subscriptions = 0; subscriptions < 8; subscriptions += 1) {
    expect(await deliveriesOfOne(tendril, type)).toBe(subscriptions);
    await subscribe(other, { endpointUrl: receiver.url, eventTypes: [type] });
  }
  const name = `test_${randomBytes(6).toString('hex')}.made`;
  const events = [{ type: name, payload: 0 }];
  const { publishEvents: unknown } = await tendril.http().request(PublishEventsDocument, { events });
  expect(unknown[0]?.userErrors).toMatchObject([{ code: 'UNKNOWN_EVENT_TYPE' }]);
  await other.http().request(CreateEventTypeDocument, { input: { name, description: 'Made elsewhere.' } });
  expect(await deliveriesOfOne(tendril, name)).toBe(0);
});

test('a thousand deliveries of a type with a long name are all told', async () => {
  const receiver = await startReceiver();
  const name = `${'t'.repeat(120)}_${randomBytes(6).toString('hex')}.${'x'.repeat(120)}`;
  await tendril.http().request(CreateEventTypeDocument, { input: { name, description: 'Long.' } });
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [name] });
  const { updates, error } = await followUpdates(tendril.ws(), { filter: { subscriptionIds: [id] } });
  const events = Array.from({ length: 250 }, () => ({ type: name, payload: 0 }));
  await Promise.all(
    Array.from({ length: 4 }, () => tendril.http().request(PublishEventsDocument, { events })),
  );
  const delivered = () =>
    new Set(updates.filter(({ status }) => status === 'DELIVERED').map((one) => one.id)).size;
  await eventually(
    () => delivered() === 1000,
    20_000,
    () => `${delivered()} were told`,
  );
  expect(error()).toBeUndefined();
});

async function deliveriesOfOne(at: Tendril, type: string): Promise<number> {
  const { publishEvents } = await at
    .http()
    .request(PublishEventsDocument, { events: [{ type, payload: 0 }] });
  expect(publishEvents[0]?.userErrors).toEqual([]);
  return publishEvents[0]?.deliveryCount ?? -1;
}

test('a delivery that was stored as claimed while the answer was lost is sent before its lease ends', async () => {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publish(tendril, type);
  await receiver.waitFor(1);
  // As it stands after such a commit: under the lease of a worker that lives and knows nothing of it.
  await eventually(async () => {
    const { rowCount } = await database.query(
      `UPDATE delivery SET status = 'SENDING', lease_epoch = lease_epoch + 1, attempt_count = attempt_count + 1,
         attempt_id = $3, attempt_started_at = now() - interval '11 seconds',
         lease_until = now() + interval '49 seconds', leased_by = (
           SELECT objid::bigint::integer FROM pg_locks WHERE locktype = 'advisory' AND classid = $2 AND granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1)
       WHERE event_type = $1 AND status = 'DELIVERED'`,
      [type, workerLockClass, newUuid()],
    );
    return rowCount === 1;
  });
  await receiver.waitFor(2, 40_000);
});
