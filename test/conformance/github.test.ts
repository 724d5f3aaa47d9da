import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  ResendDeliveryDocument,
  RotateWebhookSecretDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { deliveryOnce, newEventType, publish, publishForOne, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

// Source: docs.github.com, "Webhook events and payloads", "Validating webhook deliveries", "Best practices for using webhooks"
// and "Handling failed webhook deliveries".
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

test('GITHUB-01 MUST: the body is the payload itself, as published, and its content type is JSON', async () => {
  const { receiver, type } = await subscribed();
  const payload = { action: 'opened', issue: { number: 1347, title: 'Grüße \u{1F30D}' }, '2': null, '1': [] };
  await publish(tendril, type, payload);
  const [request] = await receiver.waitFor(1);
  expect(request?.body).toBe(JSON.stringify(payload));
  expect(request?.headers['content-type']).toBe('application/json');
});

test('GITHUB-02 MUST: X-GitHub-Event is the name of the event: the group of the event type', async () => {
  const { receiver, type } = await subscribed();
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request?.headers['x-github-event']).toBe(type.split('.')[0]);
});

test('GITHUB-03 MUST: X-GitHub-Delivery is a GUID of the event: every webhook gets the same one, and another event has another', async () => {
  const { receiver, type } = await subscribed();
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], profile: 'GITHUB' });
  await publish(tendril, type);
  const guids = (await receiver.waitFor(2)).map(({ headers }) => headers['x-github-delivery']);
  expect(guids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(guids[1]).toBe(guids[0]);
  await publish(tendril, type);
  expect((await receiver.waitFor(3))[2]?.headers['x-github-delivery']).not.toBe(guids[0]);
});

test('GITHUB-04 MUST: X-GitHub-Delivery is the same when a delivery is sent again', async () => {
  const { receiver, type } = await subscribed();
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'DELIVERED');
  await tendril.http().request(ResendDeliveryDocument, { id });
  const [first, again] = await receiver.waitFor(2);
  expect(again?.headers['x-github-delivery']).toBe(first?.headers['x-github-delivery']);
});

test('GITHUB-05 MUST: X-Hub-Signature-256 is sha256= and the HMAC-SHA256 of the body under the secret, in hex', async () => {
  // The vector that GitHub publishes, so that what checks here is known to be right.
  expect(hubSignature("It's a Secret to Everybody", 'Hello, World!')).toBe(
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
  const { receiver, type, secret } = await subscribed();
  await publish(tendril, type, { text: 'Grüße \u{1F30D}' });
  const [request] = await receiver.waitFor(1);
  expect(request?.headers['x-hub-signature-256']).toBe(hubSignature(secret, request?.body ?? ''));
});

test('GITHUB-06 MUST: the User-Agent begins with GitHub-Hookshot/, and X-GitHub-Hook-ID identifies the webhook', async () => {
  const { receiver, type, id } = await subscribed();
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request?.headers['user-agent']).toMatch(/^GitHub-Hookshot\/./);
  expect(request?.headers['x-github-hook-id']).toBe(id);
});

test('GITHUB-07 MUST: a 2xx is success; what fails is not sent again by itself, and can be by hand', async () => {
  const { receiver, type } = await subscribed();
  receiver.answer(202);
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  receiver.answer(500);
  const failed = await publishForOne(tendril, type);
  expect(await deliveryOnce(tendril, failed, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 1,
    plannedAttempts: [],
  });
  receiver.answer(200);
  await tendril.http().request(ResendDeliveryDocument, { id: failed });
  expect(await deliveryOnce(tendril, failed, 'DELIVERED')).toMatchObject({
    attempts: [{ trigger: 'SCHEDULE' }, { trigger: 'RESEND' }],
  });
});

test('GITHUB-08 MUST: an endpoint has 10 s to answer', async () => {
  const { id } = await subscribed();
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  expect(webhookSubscription).toMatchObject({ timeoutSeconds: 10, retryScheduleSeconds: [] });
});

test('GITHUB-09 SHOULD: after a rotation X-Hub-Signature-256, which holds one signature, is made with the new secret', async () => {
  const { receiver, type, id, secret } = await subscribed();
  const { rotateWebhookSecret } = await tendril.http().request(RotateWebhookSecretDocument, { id });
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(rotateWebhookSecret.secret).not.toBe(secret);
  const expected = hubSignature(rotateWebhookSecret.secret ?? '', request?.body ?? '');
  expect(request?.headers['x-hub-signature-256']).toBe(expected);
});

test('GITHUB-10 SHOULD: headers of the subscription win over the profile’s, but for the signature, which cannot be set', async () => {
  const { receiver, type } = await subscribed({
    headers: [
      { name: 'User-Agent', value: 'GitHub-Hookshot/044aadd' },
      { name: 'X-GitHub-Hook-ID', value: '292430182' },
    ],
  });
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request?.headers).toMatchObject({
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-hook-id': '292430182',
  });
  const input = {
    endpointUrl: receiver.url,
    eventTypes: [type],
    headers: [{ name: 'X-Hub-Signature-256', value: 'sha256=00' }],
  };
  const { createWebhookSubscription } = await tendril
    .http()
    .request(CreateWebhookSubscriptionDocument, { input });
  expect(createWebhookSubscription.userErrors).toMatchObject([
    { code: 'INVALID_HEADER', field: ['input', 'headers', '0', 'name'] },
  ]);
});

/** A receiver, and a subscription of this profile that sends it an event type of its own. */
async function subscribed(more: Partial<CreateWebhookSubscriptionInput> = {}) {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  const input = { endpointUrl: receiver.url, eventTypes: [type], profile: 'GITHUB' as const, ...more };
  return { receiver, type, ...(await subscribe(tendril, input)) };
}

function hubSignature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
