import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  type CreateWebhookSubscriptionInput,
  PublishEventDocument,
  PublishEventsDocument,
  ResendDeliveryDocument,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import {
  deliveryIds,
  deliveryOnce,
  expectCountersToFit,
  newEventType,
  publish,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let env: Env;
let tendril: Tendril;
let type: string;
let receiver: Receiver;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
  receiver = await startReceiver();
});

// A hundred conditions, each on all of 20,000 values.
const filter = { $nor: Array.from({ length: 100 }, (_, index) => ({ values: index + 1 })) };
const payload = { amount: 120, values: Array.from({ length: 20_000 }, () => 0) };

test('an event that a filter asks too much of is SKIPPED for its subscription alone, and can be resent', async () => {
  const costly = await subscribeWith(filter);
  const ordinary = await subscribeWith({ amount: { $gte: 100 } });
  const { updates } = await followUpdates(tendril.ws(), { filter: { subscriptionIds: [costly] } });
  const input = { type, payload, idempotencyKey: type };
  const published = (await tendril.http().request(PublishEventDocument, { input })).publishEvent;
  expect(published).toMatchObject({ duplicate: false, deliveryCount: 2, userErrors: [] });
  expect((await tendril.http().request(PublishEventDocument, { input })).publishEvent).toMatchObject({
    event: { id: published.event?.id },
    duplicate: true,
  });

  const [sent = '', ...others] = await deliveryIds(tendril, { subscriptionIds: [ordinary] });
  await deliveryOnce(tendril, sent, 'DELIVERED');
  const [skipped = '', ...more] = await deliveryIds(tendril, { subscriptionIds: [costly] });
  expect([...others, ...more]).toEqual([]);
  expect(await showDelivery(tendril, skipped)).toMatchObject({
    status: 'SKIPPED',
    skipReason: 'FILTER_TOO_COSTLY',
    attempts: [],
    nextAttemptAt: null,
    completedAt: expect.any(String),
  });

  expect((await resend(skipped)).delivery).toMatchObject({ status: 'PENDING', skipReason: null });
  await deliveryOnce(tendril, skipped, 'DELIVERED');
  expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toEqual([payload, payload]);
  await eventually(() => updates.some(({ status }) => status === 'DELIVERED'));
  expect(updates.map(({ status, skipReason }) => [status, skipReason])).toEqual([
    ['SKIPPED', 'FILTER_TOO_COSTLY'],
    ['PENDING', null],
    ['SENDING', null],
    ['DELIVERED', null],
  ]);
  await expectCountersToFit(tendril, costly);
});

test('that its filter asks too much is told of an INACTIVE subscription, too, and it can be resent once that is ACTIVE', async () => {
  const id = await subscribeWith(filter, 'INACTIVE');
  await publish(tendril, type, payload);
  const [skipped = ''] = await deliveryIds(tendril, { subscriptionIds: [id] });
  expect((await showDelivery(tendril, skipped)).skipReason).toBe('FILTER_TOO_COSTLY');
  expect((await resend(skipped)).userErrors).toMatchObject([{ code: 'SUBSCRIPTION_NOT_ACTIVE' }]);
  await tendril.http().request(UpdateWebhookSubscriptionDocument, { input: { id, status: 'ACTIVE' } });
  expect((await resend(skipped)).userErrors).toEqual([]);
  await deliveryOnce(tendril, skipped, 'DELIVERED');
});

test.each([
  ['filter', undefined],
  // All are refused, at the last.
  [
    'schema',
    { allOf: [{ properties: { values: { items: { allOf: Array(100).fill({ minimum: 0 }) } } } }, false] },
  ],
])('others are served while the %s of a batch takes long', async (_, schema) => {
  if (schema) type = await newEventType(tendril, schema);
  else await subscribeWith(filter);
  const values = Array.from({ length: 1_000 }, () => 0);
  const events = Array.from({ length: 250 }, () => ({ type, payload: { values } }));
  const startedAtMs = performance.now();
  const published = tendril.http().request(PublishEventsDocument, { events });
  let isAnswered = false;
  void published.finally(() => {
    isAnswered = true;
  });
  // Each turn of this loop is one in which anybody else could have been served.
  let longestMs = 0;
  for (let sinceMs = startedAtMs; !isAnswered; sinceMs = performance.now()) {
    await turnOfTheLoop();
    longestMs = Math.max(longestMs, performance.now() - sinceMs);
  }
  expect(longestMs).toBeLessThan((performance.now() - startedAtMs) / 2);
});

test('a workspace whose filters take long has the publishes of others go before its own', async () => {
  await subscribeWith(filter);
  const other = tendril.http(await addWorkspace(env, 'Other'));
  const values = Array.from({ length: 1_000 }, () => 0);
  const events = Array.from({ length: 1_000 }, () => ({ type, payload: { values } }));
  let isAnswered = false;
  const published = tendril
    .http()
    .request(PublishEventsDocument, { events })
    .finally(() => {
      isAnswered = true;
    });
  const database = await connected();
  await eventually(
    async () => (await database.query('SELECT FROM event WHERE type = $1 LIMIT 1', [type])).rowCount === 1,
  );
  const { publishEvent } = await other.request(PublishEventDocument, {
    input: { type: 'payout.paid', payload: {} },
  });
  expect([publishEvent.userErrors, isAnswered]).toEqual([[], false]);
  await published;
});

test('a batch whose filters take long is stored in parts, so that one change of a subscription does not begin it anew', async () => {
  await subscribeWith(filter);
  const values = Array.from({ length: 1_000 }, () => 0);
  // A key twice, which the second part meets once the first is stored.
  const events = Array.from({ length: 250 }, (_, index) => ({
    type,
    payload: { values },
    idempotencyKey: `${type} ${Math.min(index, 248)}`,
  }));
  const { publishEvents } = await tendril.http().request(PublishEventsDocument, { events });
  expect(publishEvents.map(({ duplicate }) => duplicate)).toEqual(events.map((_, index) => index === 249));
  const { rows } = await (await connected()).query('SELECT DISTINCT xmin::text FROM event WHERE type = $1', [
    type,
  ]);
  expect(rows.length).toBeGreaterThan(1);
});

async function connected(): Promise<Client> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function subscribeWith(
  filter: object,
  status: CreateWebhookSubscriptionInput['status'] = 'ACTIVE',
): Promise<string> {
  return (await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], filter, status })).id;
}

async function resend(id: string) {
  return (await tendril.http().request(ResendDeliveryDocument, { id })).resendDelivery;
}
