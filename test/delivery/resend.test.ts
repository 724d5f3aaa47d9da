import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  DeleteWebhookSubscriptionDocument,
  ResendDeliveryDocument,
  UpdateWebhookSubscriptionDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import {
  deliveryIds,
  deliveryOnce,
  expectCountersToFit,
  newEventType,
  publish,
  publishForOne,
  type ShownDelivery,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;
let type: string;
let receiver: Receiver;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
  receiver = await startReceiver();
});

test('a delivery that FAILED is sent once more, as an attempt marked RESEND, and moves over when it arrives', async () => {
  receiver.answer(500);
  const { id: subscription } = await subscribeWithSchedule([]);
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'FAILED');
  expect(await countersOf(subscription)).toEqual({ deliveryCount: 0, failureCount: 1 });

  receiver.answer(204);
  const resent = await resend(id);
  expect(resent.userErrors).toEqual([]);
  expect(resent.delivery).toMatchObject({ status: 'PENDING', failureReason: null, completedAt: null });
  const delivery = await deliveryOnce(tendril, id, 'DELIVERED');
  expect(delivery.attempts).toMatchObject([
    { number: 1, trigger: 'SCHEDULE', outcome: 'REJECTED' },
    { number: 2, trigger: 'RESEND', outcome: 'SUCCEEDED' },
  ]);
  expect(delivery.failureReason).toBeNull();
  expect(await countersOf(subscription)).toEqual({ deliveryCount: 1, failureCount: 0 });
});

test('one that was DELIVERED is sent again with the same id and bytes; if that fails it is FAILED, without retries', async () => {
  const { id: subscription } = await subscribeWithSchedule([1, 1]);
  const id = await publishForOne(tendril, type, { n: 1 });
  await deliveryOnce(tendril, id, 'DELIVERED');

  await resend(id);
  await deliveryOnce(tendril, id, ({ status, attemptCount }) => status === 'DELIVERED' && attemptCount === 2);
  const [first, second] = receiver.received;
  expect(second?.body).toBe(first?.body);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(await countersOf(subscription)).toEqual({ deliveryCount: 1, failureCount: 0 });

  receiver.answer(500);
  await resend(id);
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 3,
    nextAttemptAt: null,
  });
  expect(await countersOf(subscription)).toEqual({ deliveryCount: 0, failureCount: 1 });
});

test('a resend of one that is RETRYING takes the place of its next attempt, and the schedule goes on from there', async () => {
  receiver.answer(500);
  await subscribeWithSchedule([600, 900]);
  const id = await publishForOne(tendril, type);
  const waiting = await deliveryOnce(tendril, id, 'RETRYING');
  expect(waiting.plannedAttempts).toHaveLength(2);

  const resent = await resend(id);
  expect(resent.delivery).toMatchObject({ status: 'RETRYING' });
  const next = await deliveryOnce(
    tendril,
    id,
    ({ status, attemptCount }) => status === 'RETRYING' && attemptCount === 2,
  );
  expect(next.attempts.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'RESEND']);
  expect(next.plannedAttempts).toEqual([next.nextAttemptAt]);
  expect(secondsToNext(next)).toSatisfy((seconds: number) => seconds >= 719 && seconds <= 1_081);

  await resend(id);
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 3,
  });
});

test('a retry after a resend is marked SCHEDULE again', async () => {
  receiver.answer(500);
  await subscribeWithSchedule([600, 1]);
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'RETRYING');
  await resend(id);
  const { attempts } = await deliveryOnce(tendril, id, 'FAILED');
  expect(attempts.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'RESEND', 'SCHEDULE']);
});

test('one that was SKIPPED is sent like a new one, with its whole schedule before it', async () => {
  const { id: subscription } = await subscribeWithSchedule([600, 600], 'INACTIVE');
  await publish(tendril, type);
  const [id = ''] = await deliveryIds(tendril, { subscriptionIds: [subscription] });
  expect((await resend(id)).userErrors).toMatchObject([
    { code: 'SUBSCRIPTION_NOT_ACTIVE', type: 'CONFLICT', field: ['id'] },
  ]);
  expect((await showDelivery(tendril, id)).status).toBe('SKIPPED');

  await activate(subscription);
  receiver.answer(500);
  const resent = await resend(id);
  expect(resent.delivery).toMatchObject({ status: 'PENDING', skipReason: null });
  const delivery = await deliveryOnce(tendril, id, 'RETRYING');
  expect(delivery.attempts).toMatchObject([{ number: 1, trigger: 'RESEND', outcome: 'REJECTED' }]);
  expect(delivery.plannedAttempts).toHaveLength(2);
});

test('one that failed by 410 can be resent once its subscription is ACTIVE again', async () => {
  receiver.answer(410);
  const { id: subscription } = await subscribeWithSchedule([]);
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'FAILED');
  expect((await resend(id)).userErrors).toMatchObject([{ code: 'SUBSCRIPTION_NOT_ACTIVE' }]);
  await activate(subscription);
  receiver.answer(204);
  expect((await resend(id)).userErrors).toEqual([]);
  await deliveryOnce(tendril, id, 'DELIVERED');
  await expectCountersToFit(tendril, subscription);
});

test('while an attempt is under way a resend is refused, and changes nothing', async () => {
  let answer: () => void = () => undefined;
  receiver.answer((_request, _earlier, response) => {
    answer = () => response.writeHead(204).end();
  });
  await subscribeWithSchedule([]);
  const id = await publishForOne(tendril, type);
  await receiver.waitFor(1);
  const refused = await resend(id);
  expect(refused.delivery).toBeNull();
  expect(refused.userErrors).toMatchObject([
    { code: 'DELIVERY_IN_PROGRESS', type: 'CONFLICT', field: ['id'] },
  ]);
  answer();
  expect(await deliveryOnce(tendril, id, 'DELIVERED')).toMatchObject({ attemptCount: 1 });
});

test('one whose subscription was deleted cannot be resent, whatever its state', async () => {
  receiver.answer((request, _earlier, response) =>
    response.writeHead(request.body.includes('good') ? 204 : 500).end(),
  );
  const { id: subscription } = await subscribeWithSchedule([600]);
  const done = await publishForOne(tendril, type, 'good');
  const canceled = await publishForOne(tendril, type, 'bad');
  await deliveryOnce(tendril, done, 'DELIVERED');
  await deliveryOnce(tendril, canceled, 'RETRYING');
  await tendril.http().request(DeleteWebhookSubscriptionDocument, { id: subscription });
  for (const [id, status] of [
    [done, 'DELIVERED'],
    [canceled, 'CANCELED'],
  ] as const) {
    expect((await resend(id)).userErrors).toMatchObject([
      { code: 'SUBSCRIPTION_NOT_FOUND', type: 'NOT_FOUND', field: ['id'] },
    ]);
    expect((await showDelivery(tendril, id)).status).toBe(status);
  }
});

test.each(['dlv_01h455vb4pex5vsknk084sn02q', 'evt_01h455vb4pex5vsknk084sn02q', 'no id', ''])(
  'there is no delivery %j to resend',
  async (id) => {
    const refused = await resend(id);
    expect(refused.delivery).toBeNull();
    expect(refused.userErrors).toMatchObject([
      { code: 'DELIVERY_NOT_FOUND', type: 'NOT_FOUND', field: ['id'] },
    ]);
  },
);

test('twenty resends at once of one delivery leave its attempts numbered without gaps and its counters right', async () => {
  const { id: subscription } = await subscribeWithSchedule([]);
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'DELIVERED');
  const answers = await Promise.all(Array.from({ length: 20 }, () => resend(id)));
  expect(answers.filter(({ delivery }) => delivery !== null).length).toBeGreaterThan(0);
  const codes = new Set(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)));
  expect([...codes].filter((code) => code !== 'DELIVERY_IN_PROGRESS')).toEqual([]);

  const { attempts } = await deliveryOnce(
    tendril,
    id,
    ({ status, attemptCount }) => status === 'DELIVERED' && attemptCount > 1,
  );
  expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
  expect(receiver.received).toHaveLength(attempts.length);
  expect(await countersOf(subscription)).toEqual({ deliveryCount: 1, failureCount: 0 });
});

test('what an API process resends, be it PENDING or RETRYING, a worker process sends at once', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: ['payout.paid'],
    retryPolicy: { scheduleSeconds: [600] },
  });
  const id = await publishForOne(api, 'payout.paid');
  expect(await showDelivery(api, id)).toMatchObject({ status: 'PENDING', attemptCount: 0 });
  const { resendDelivery } = await api.http().request(ResendDeliveryDocument, { id });
  expect(resendDelivery).toMatchObject({ delivery: { status: 'PENDING' }, userErrors: [] });

  receiver.answer(500);
  await startTendril({ ...env, ROLE: 'worker' });
  const waiting = await deliveryOnce(api, id, 'RETRYING');
  expect(waiting.attempts).toMatchObject([{ number: 1, trigger: 'RESEND' }]);
  receiver.answer(204);
  await api.http().request(ResendDeliveryDocument, { id });
  expect(await deliveryOnce(api, id, 'DELIVERED', 1_500)).toMatchObject({ attemptCount: 2 });
});

function subscribeWithSchedule(scheduleSeconds: number[], status: 'ACTIVE' | 'INACTIVE' = 'ACTIVE') {
  return subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    status,
    retryPolicy: { scheduleSeconds },
  });
}

async function resend(id: string) {
  return (await tendril.http().request(ResendDeliveryDocument, { id })).resendDelivery;
}

async function activate(id: string): Promise<void> {
  const input = { id, status: 'ACTIVE' as const };
  const { updateWebhookSubscription } = await tendril
    .http()
    .request(UpdateWebhookSubscriptionDocument, { input });
  expect(updateWebhookSubscription.userErrors).toEqual([]);
}

async function countersOf(id: string) {
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  return {
    deliveryCount: webhookSubscription?.deliveryCount,
    failureCount: webhookSubscription?.failureCount,
  };
}

function secondsToNext({ attempts, nextAttemptAt }: ShownDelivery): number {
  return (Date.parse(nextAttemptAt ?? '') - Date.parse(attempts.at(-1)?.startedAt ?? '')) / 1000;
}
