import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  CreateEventTypeDocument,
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  DeleteWebhookSubscriptionDocument,
  EventTypesDocument,
  UpdateWebhookSubscriptionDocument,
  type UpdateWebhookSubscriptionInput,
  WebhookSubscriptionDocument,
  WebhookSubscriptionsDocument,
} from '../../generated/operations.js';
import { deliveryOnce, newEventType, publishForOne, showDelivery } from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { type Received, startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';
import { verifies } from '../support/verify-signature.js';

// Between the end of an attempt as the log has it, to the millisecond, and its verdict, on a busy machine.
const judgedWithinMs = 3_000;
const roundingMs = 2;
const https = 'https://receiver.example/hooks';

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

test('HOURLY-01 MUST: the event types are listed, each with its event and description', async () => {
  const input = { name: `${type}.listed`, description: 'Something to be listed has happened.' };
  await tendril.http().request(CreateEventTypeDocument, { input });
  const { eventTypes } = await tendril.http().request(EventTypesDocument, { first: 250 });
  expect(eventTypes.nodes).toEqual(expect.arrayContaining([expect.objectContaining(input)]));
  for (const { name, description } of eventTypes.nodes) {
    expect(name.length).toSatisfy((characters: number) => characters >= 1 && characters <= 255);
    expect(description).not.toBe('');
  }
});

test('HOURLY-02 MUST: an event has at most 255 characters', async () => {
  const longest = `${type}.${'x'.repeat(254 - type.length)}`;
  expect(longest).toHaveLength(255);
  const ask = async (name: string) =>
    (await tendril.http().request(CreateEventTypeDocument, { input: { name, description: 'Long.' } }))
      .createEventType;
  expect(await ask(longest)).toMatchObject({ eventType: { name: longest }, userErrors: [] });
  expect(await ask(`${longest}x`)).toMatchObject({
    eventType: null,
    userErrors: [{ code: 'INVALID_EVENT_TYPE_NAME', field: ['input', 'name'] }],
  });
  expect((await create({ eventTypes: [longest] })).subscription?.eventTypes).toEqual([longest]);
  expect((await create({ eventTypes: [`${longest}x`] })).userErrors).toMatchObject([
    { code: 'INVALID_EVENT_TYPES', field: ['input', 'eventTypes', '0'] },
  ]);
});

test('HOURLY-03 MUST: subscriptions are listed, created, got, updated and deleted', async () => {
  const { subscription } = await create({ description: 'one' });
  const id = subscription?.id ?? '';
  expect(await get(id)).toMatchObject({ id, description: 'one' });
  const listed = async () =>
    (await tendril.http().request(WebhookSubscriptionsDocument, { filter: { eventType: type } }))
      .webhookSubscriptions;
  expect((await listed()).nodes).toEqual([subscription]);
  await update({ id, description: 'other' });
  expect((await listed()).nodes).toMatchObject([{ id, description: 'other' }]);
  const { deleteWebhookSubscription } = await tendril
    .http()
    .request(DeleteWebhookSubscriptionDocument, { id });
  expect(deleteWebhookSubscription).toEqual({ deletedId: id, userErrors: [] });
  expect(await listed()).toMatchObject({ totalCount: 0, nodes: [] });
  expect(await get(id)).toBeNull();
});

test('HOURLY-04 MUST: the url is a URI of 1 to 2083 characters', async () => {
  const longest = `${https}?${'x'.repeat(2082 - https.length)}`;
  expect(longest).toHaveLength(2083);
  const { subscription } = await create({ endpointUrl: longest });
  expect(subscription?.endpointUrl).toBe(longest);
  for (const endpointUrl of [`${longest}x`, '', 'receiver.example/hooks', 'https://']) {
    const fault = { code: 'INVALID_ENDPOINT_URL', field: ['input', 'endpointUrl'] };
    expect((await create({ endpointUrl })).userErrors).toMatchObject([fault]);
    const updated = await update({ id: subscription?.id ?? '', endpointUrl });
    expect(updated.userErrors).toMatchObject([fault]);
  }
  expect((await get(subscription?.id ?? ''))?.endpointUrl).toBe(longest);
});

test('HOURLY-05 MUST: the description is optional, and has at most 1000 characters', async () => {
  expect((await create()).subscription?.description).toBeNull();
  const longest = 'é'.repeat(1000);
  const { subscription } = await create({ description: longest });
  expect(subscription?.description).toBe(longest);
  const fault = { code: 'INVALID_DESCRIPTION', field: ['input', 'description'] };
  expect((await create({ description: `${longest}é` })).userErrors).toMatchObject([fault]);
  const updated = await update({ id: subscription?.id ?? '', description: `${longest}é` });
  expect(updated.userErrors).toMatchObject([fault]);
});

test('HOURLY-06 MUST: a subscription is enabled unless told otherwise, SHOULD: which is its status ACTIVE; INACTIVE, it is not sent to', async () => {
  const receiver = await startReceiver();
  const { subscription } = await create({ endpointUrl: receiver.url });
  const id = subscription?.id ?? '';
  expect(subscription?.status).toBe('ACTIVE');
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');

  expect((await update({ id, status: 'INACTIVE' })).subscription?.status).toBe('INACTIVE');
  const skipped = await publishForOne(tendril, type);
  expect(await showDelivery(tendril, skipped)).toMatchObject({
    status: 'SKIPPED',
    skipReason: 'SUBSCRIPTION_INACTIVE',
  });
  await update({ id, status: 'ACTIVE' });
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  expect(receiver.received).toHaveLength(2);
  expect((await create({ status: 'INACTIVE' })).subscription?.status).toBe('INACTIVE');
});

test('HOURLY-07 MUST: created_at and the events read back', async () => {
  const beforeMs = Date.now();
  const { subscription } = await create({ eventTypes: [type, 'payout.paid'] });
  expect(subscription?.eventTypes).toEqual([type, 'payout.paid']);
  expect(subscription?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(subscription?.createdAt ?? '')).toSatisfy(
    (ms: number) => ms >= beforeMs && ms <= Date.now(),
  );
  await update({ id: subscription?.id ?? '', description: 'later' });
  expect((await get(subscription?.id ?? ''))?.createdAt).toBe(subscription?.createdAt);
});

test('HOURLY-08 MUST: the client_secret has at most 255 characters, and is in the answer to create only', async () => {
  const { subscription, secret } = await create();
  const id = subscription?.id ?? '';
  expect(secret?.length).toSatisfy((characters: number) => characters > 20 && characters <= 255);
  const others = [
    await get(id),
    await tendril.http().request(WebhookSubscriptionsDocument, { filter: { eventType: type } }),
    await update({ id, description: 'still secretive' }),
    await tendril.http().request(DeleteWebhookSubscriptionDocument, { id }),
  ];
  expect(JSON.stringify(others)).toContain(id);
  expect(JSON.stringify(others)).not.toContain(secret?.slice('whsec_'.length));
});

test('HOURLY-09 MUST: the API key is taken from the header X-API-Key', async () => {
  const ask = async (key: string) =>
    fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'X-API-Key': key },
      body: JSON.stringify({ query: '{ webhookSubscriptions(first: 1) { totalCount } }' }),
    });
  const good = await ask(tendril.key);
  expect(good.status).toBe(200);
  expect(await good.json()).toMatchObject({
    data: { webhookSubscriptions: { totalCount: expect.any(Number) } },
  });
  expect((await ask('another key')).status).toBe(401);
});

test('HOURLY-10 MUST: a delivery is retried every hour for 48 hours: 48 retries of 3600 s, and then it is FAILED', async () => {
  const receiver = await startReceiver(500);
  const { subscription } = await create({ endpointUrl: receiver.url });
  expect(subscription?.retryScheduleSeconds).toEqual(Array(48).fill(3600));
  const id = await publishForOne(tendril, type);
  for (let attempts = 1; attempts <= 48; attempts++) {
    const failed = await deliveryOnce(
      tendril,
      id,
      (one) => one.status === 'RETRYING' && one.attempts.length === attempts,
    );
    const last = failed.attempts.at(-1);
    const endedMs = Date.parse(last?.startedAt ?? '') + (last?.durationMs ?? 0);
    expect(Date.parse(failed.nextAttemptAt ?? '') - endedMs).toSatisfy(
      (ms: number) => ms >= 3_600_000 - roundingMs && ms <= 3_600_000 + judgedWithinMs,
    );
    expect(failed.plannedAttempts).toHaveLength(49 - attempts);
    await makeDue(env, id);
  }
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 49,
    nextAttemptAt: null,
    plannedAttempts: [],
  });
  expect(receiver.received).toHaveLength(49);
}, 120_000);

test('HOURLY-11 SHOULD: every 2xx is success, and nothing else is', async () => {
  const receiver = await startReceiver();
  await create({ endpointUrl: receiver.url });
  for (const [statusCode, status] of [
    [200, 'DELIVERED'],
    [204, 'DELIVERED'],
    [299, 'DELIVERED'],
    [300, 'RETRYING'],
    [404, 'RETRYING'],
    [500, 'RETRYING'],
  ] as const) {
    receiver.answer(statusCode);
    await deliveryOnce(tendril, await publishForOne(tendril, type), status);
  }
});

test('HOURLY-12 SHOULD: body and signature are those of Standard Webhooks', async () => {
  const receiver = await startReceiver();
  const { secret } = await create({ endpointUrl: receiver.url });
  await deliveryOnce(tendril, await publishForOne(tendril, type, { text: 'Grüße' }), 'DELIVERED');
  const [request] = receiver.received as [Received];
  const { timestamp } = JSON.parse(request.body);
  expect(request.body).toBe(`{"type":"${type}","timestamp":"${timestamp}","data":{"text":"Grüße"}}`);
  expect(verifies(secret ?? '', request)).toBe(true);
});

/** Asks for a subscription of this profile to the test's event type. */
async function create(more: Partial<CreateWebhookSubscriptionInput> = {}) {
  const input = { endpointUrl: https, eventTypes: [type], profile: 'HOURLY' as const, ...more };
  return (await tendril.http().request(CreateWebhookSubscriptionDocument, { input }))
    .createWebhookSubscription;
}

async function get(id: string) {
  return (await tendril.http().request(WebhookSubscriptionDocument, { id })).webhookSubscription;
}

async function update(input: UpdateWebhookSubscriptionInput) {
  return (await tendril.http().request(UpdateWebhookSubscriptionDocument, { input }))
    .updateWebhookSubscription;
}
