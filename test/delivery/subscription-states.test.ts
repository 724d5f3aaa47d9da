import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  DeleteWebhookSubscriptionDocument,
  PublishEventDocument,
  UpdateWebhookSubscriptionDocument,
  type UpdateWebhookSubscriptionInput,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryIds,
  deliveryOnce,
  expectCountersToFit,
  newEventType,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { makeNearlyFailing } from '../support/nearly-failing.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let env: Env;
let tendril: Tendril;
let type: string;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
});

test('what is published while a subscription is INACTIVE is kept as SKIPPED, and not sent when it is ACTIVE again', async () => {
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    status: 'INACTIVE',
  });
  const { publishEvent } = await tendril
    .http()
    .request(PublishEventDocument, { input: { type, payload: { first: true } } });
  expect(publishEvent.deliveryCount).toBe(1);
  const [skipped = ''] = await deliveryIds(tendril, { subscriptionIds: [id] });
  expect(await showDelivery(tendril, skipped)).toMatchObject({
    status: 'SKIPPED',
    skipReason: 'SUBSCRIPTION_INACTIVE',
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: null,
    plannedAttempts: [],
    completedAt: expect.any(String),
  });

  await update({ id, status: 'ACTIVE' });
  const sent = await publishForOne(tendril, type, { first: false });
  await deliveryOnce(tendril, sent, 'DELIVERED');
  expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toEqual([{ first: false }]);
  expect((await showDelivery(tendril, skipped)).status).toBe('SKIPPED');
  await expectCountersToFit(tendril, id);
});

test('a retry that comes due while its subscription is switched off is SKIPPED', async () => {
  const receiver = await startReceiver(500);
  const { id } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1, 600] },
  });
  const delivery = await publishForOne(tendril, type);
  await deliveryOnce(tendril, delivery, 'RETRYING');
  await update({ id, status: 'INACTIVE' });
  expect(await deliveryOnce(tendril, delivery, 'SKIPPED')).toMatchObject({
    skipReason: 'SUBSCRIPTION_INACTIVE',
    attemptCount: 1,
    attempts: [{ number: 1, outcome: 'REJECTED' }],
    nextAttemptAt: null,
  });
  expect(receiver.received).toHaveLength(1);
  await expectCountersToFit(tendril, id);
});

test('a retry goes where its subscription points by then, even if that was switched off in between', async () => {
  const before = await startReceiver(500);
  const after = await startReceiver();
  const { id } = await subscribe(tendril, {
    endpointUrl: before.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [2] },
  });
  const delivery = await publishForOne(tendril, type);
  await deliveryOnce(tendril, delivery, 'RETRYING');
  await update({ id, status: 'INACTIVE' });
  await update({ id, status: 'ACTIVE', endpointUrl: after.url });
  const { attempts } = await deliveryOnce(tendril, delivery, 'DELIVERED');
  expect(attempts.map(({ request }) => request.url)).toEqual([before.url, after.url]);
  expect(after.received[0]?.body).toBe(before.received[0]?.body);
});

test('deleting a subscription cancels what is not done, and keeps its logs', async () => {
  const receiver = await startReceiver((request, _earlier, response) =>
    response.writeHead(request.body.includes('good') ? 204 : 500).end(),
  );
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const done = await publishForOne(tendril, type, 'good');
  await deliveryOnce(tendril, done, 'DELIVERED');
  const waiting = await publishForOne(tendril, type, 'bad');
  await deliveryOnce(tendril, waiting, 'RETRYING');

  const { deleteWebhookSubscription } = await tendril
    .http()
    .request(DeleteWebhookSubscriptionDocument, { id });
  expect(deleteWebhookSubscription).toEqual({ deletedId: id, userErrors: [] });
  expect(await showDelivery(tendril, waiting)).toMatchObject({
    status: 'CANCELED',
    subscription: null,
    nextAttemptAt: null,
    plannedAttempts: [],
    completedAt: expect.any(String),
    attempts: [{ outcome: 'REJECTED', request: { url: receiver.url, body: receiver.received[1]?.body } }],
  });
  expect(await showDelivery(tendril, done)).toMatchObject({
    status: 'DELIVERED',
    subscription: null,
    attempts: [{ outcome: 'SUCCEEDED' }],
  });
  const { publishEvent } = await tendril
    .http()
    .request(PublishEventDocument, { input: { type, payload: {} } });
  expect(publishEvent.deliveryCount).toBe(0);
});

test.each([
  [204, 'DELIVERED', 'SUCCEEDED'],
  [500, 'CANCELED', 'REJECTED'],
] as const)(
  'an attempt under way when its subscription is deleted, and answered %i, ends %s',
  async (statusCode, status, outcome) => {
    let answer: () => void = () => undefined;
    const receiver = await startReceiver((_request, _earlier, response) => {
      answer = () => response.writeHead(statusCode).end();
    });
    const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
    const delivery = await publishForOne(tendril, type);
    await receiver.waitFor(1);
    await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
    expect((await showDelivery(tendril, delivery)).status).toBe('SENDING');
    answer();
    expect(await deliveryOnce(tendril, delivery, status)).toMatchObject({
      attempts: [{ number: 1, outcome }],
      subscription: null,
    });
    expect(receiver.received).toHaveLength(1);
  },
);

test('an event goes to every subscription of its name, of its group, or of everything, once to each', async () => {
  const receiver = await startReceiver();
  const [group] = type.split('.');
  const other = await newEventType(tendril);
  const wanted = {
    exact: [type],
    group: [`${group}.*`],
    everything: ['*'],
    all: ['*', `${group}.*`, type],
    two: [other, type],
  };
  for (const [name, eventTypes] of Object.entries(wanted)) {
    const { id } = await subscribe(tendril, { endpointUrl: `${receiver.url}/${name}`, eventTypes });
    // One that takes everything must not get what other tests publish.
    onTestFinished(async () => {
      await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
    });
  }
  await subscribe(tendril, { endpointUrl: `${receiver.url}/other`, eventTypes: [other] });
  await subscribe(tendril, { endpointUrl: `${receiver.url}/longer`, eventTypes: [`${group}0.*`] });
  const reached = () => receiver.received.map(({ path }) => path.slice(1)).sort();

  const eventId = await publish(tendril, type);
  await receiver.waitFor(5);
  expect(reached()).toEqual(['all', 'everything', 'exact', 'group', 'two']);
  expect(await deliveryIds(tendril, { eventIds: [eventId] })).toHaveLength(5);

  await publish(tendril, other);
  await receiver.waitFor(9);
  expect(reached()).toEqual([
    'all',
    'all',
    'everything',
    'everything',
    'exact',
    'group',
    'other',
    'two',
    'two',
  ]);
});

test('changed event types hold for what is published from then on', async () => {
  const receiver = await startReceiver();
  const other = await newEventType(tendril);
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await update({ id, eventTypes: [other] });
  await publish(tendril, type);
  await publish(tendril, other);
  const [request] = await receiver.waitFor(1);
  expect(JSON.parse(request?.body ?? '').type).toBe(other);
  expect(await deliveryIds(tendril, { subscriptionIds: [id] })).toHaveLength(1);
});

test('with a filter, a subscription gets only the events whose payload it matches', async () => {
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    filter: { amount: { $gte: 100 }, 'customer.country': { $in: ['AT', 'DE'] } },
  });
  const payloads = [
    { amount: 99, customer: { country: 'AT' } },
    { amount: 100, customer: { country: 'AT' } },
    { amount: 100, customer: { country: 'FR' } },
    { amount: '100', customer: { country: 'AT' } },
    { customer: { country: 'DE' } },
    { amount: 1e9, customer: { country: 'DE' } },
  ];
  for (const payload of payloads) await publish(tendril, type, payload);
  await receiver.waitFor(2);
  expect(await deliveryIds(tendril, { subscriptionIds: [id] })).toHaveLength(2);
  expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toEqual([payloads[1], payloads[5]]);

  await update({ id, filter: null });
  await publish(tendril, type, payloads[0]);
  await receiver.waitFor(3);
});

test('one subscription that fails holds up none of the others', async () => {
  const good = await startReceiver();
  const bad = await startReceiver(500);
  const hanging = await startReceiver(() => undefined);
  for (const endpointUrl of [bad.url, hanging.url, good.url]) {
    await subscribe(tendril, {
      endpointUrl,
      eventTypes: [type],
      timeoutSeconds: 10,
      retryPolicy: { scheduleSeconds: [] },
    });
  }
  const eventIds = await Promise.all(Array.from({ length: 100 }, (_, n) => publish(tendril, type, { n })));
  await good.waitFor(100, 8_000);
  expect(new Set(good.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(eventIds));
});

test('a subscription all of whose attempts have failed for five days, ten of them, is disabled with the reason FAILING', async () => {
  const receiver = await startReceiver(500);
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await makeNearlyFailing(env, id);
  const delivery = await publishForOne(tendril, type);
  await eventually(async () => (await stateOf(id)).status !== 'ACTIVE');
  expect(await stateOf(id)).toEqual({ status: 'DISABLED', disabledReason: 'FAILING' });
  // What failed was no last attempt, so it is skipped when it is due, not given up.
  expect((await showDelivery(tendril, delivery)).status).toBe('RETRYING');

  await update({ id, status: 'ACTIVE' });
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
  expect(await stateOf(id)).toEqual({ status: 'ACTIVE', disabledReason: null });
});

test('one success is enough for a subscription to be failing no more', async () => {
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await makeNearlyFailing(env, id);
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  receiver.answer(500);
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
  expect(await stateOf(id)).toEqual({ status: 'ACTIVE', disabledReason: null });
});

async function stateOf(id: string) {
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  return { status: webhookSubscription?.status, disabledReason: webhookSubscription?.disabledReason };
}

async function update(input: UpdateWebhookSubscriptionInput): Promise<void> {
  const { updateWebhookSubscription } = await tendril
    .http()
    .request(UpdateWebhookSubscriptionDocument, { input });
  expect(updateWebhookSubscription.userErrors).toEqual([]);
}
