import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebhookSubscriptionDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
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
import { startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

// A moment and a duration, each in whole milliseconds, may together be a little late.
const roundingMs = 2;
let tendril: Tendril;
let type: string;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
});

test('a failing endpoint is retried on its schedule, and given up at its end', async () => {
  const receiver = await startReceiver(500);
  const { id: subscription } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1, 1] },
  });
  const id = await publishForOne(tendril, type);

  const delivery = await deliveryOnce(tendril, id, 'FAILED');
  expect(delivery).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 3,
    nextAttemptAt: null,
    plannedAttempts: [],
    completedAt: expect.any(String),
  });
  expect(delivery.attempts).toMatchObject(
    [1, 2, 3].map((number) => ({
      number,
      trigger: 'SCHEDULE',
      outcome: 'REJECTED',
      response: { statusCode: 500 },
    })),
  );
  // A second each, jitter of 20 %, and not much later.
  for (const pauseMs of pausesMs(delivery))
    expect(pauseMs).toSatisfy((ms: number) => ms >= 790 && ms <= 5_000);
  expect(receiver.received).toHaveLength(3);
  await expectCountersToFit(tendril, subscription);
});

test('an endpoint that recovers is delivered to, and counted once', async () => {
  const receiver = await startReceiver((_request, earlier, response) =>
    response.writeHead(earlier === 0 ? 503 : 200).end('thanks'),
  );
  const { id: subscription } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
  });
  const id = await publishForOne(tendril, type);

  const waiting = await deliveryOnce(tendril, id, 'RETRYING');
  expect(waiting.plannedAttempts).toEqual([waiting.nextAttemptAt]);
  const delivery = await deliveryOnce(tendril, id, 'DELIVERED');
  expect(delivery.attempts).toMatchObject([
    { number: 1, outcome: 'REJECTED', error: expect.stringContaining('503') },
    { number: 2, outcome: 'SUCCEEDED', error: null, response: { statusCode: 200, body: 'thanks' } },
  ]);
  const { webhookSubscription } = await tendril
    .http()
    .request(WebhookSubscriptionDocument, { id: subscription });
  expect(webhookSubscription).toMatchObject({ deliveryCount: 1, failureCount: 0, errorRate: 0.5 });
});

test('every attempt sends the same bytes and webhook-id, under a timestamp and a signature of its own', async () => {
  const receiver = await startReceiver(500);
  const { secret } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    // Less may lie within one second, and then the timestamps are the same.
    retryPolicy: { scheduleSeconds: [2] },
  });
  const eventId = await publish(tendril, type, {
    text: 'Grüße, 世界 \u{1F30D}',
    list: [1, 2.5, null, true],
    nested: { a: {} },
  });
  const requests = await receiver.waitFor(2);

  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([eventId]));
  expect(new Set(requests.map(({ headers }) => headers['webhook-signature'])).size).toBe(2);
  for (const { headers, body, atMs } of requests) {
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type,
      data: { text: 'Grüße, 世界 \u{1F30D}', list: [1, 2.5, null, true], nested: { a: {} } },
    });
    expect(Math.abs(Number(headers['webhook-timestamp']) - atMs / 1000)).toBeLessThan(2);
  }
});

test('the log shows the request as it was sent, and the answer as it came', async () => {
  const receiver = await startReceiver((_request, _earlier, response) => {
    response.writeHead(400, { 'X-Reason': 'no such account' }).end('{"error":"no such account"}');
  });
  await subscribe(tendril, {
    endpointUrl: `${receiver.url}/hooks?team=1`,
    eventTypes: [type],
    headers: [{ name: 'X-Team', value: 'blue' }],
  });
  const { attempts } = await deliveryOnce(tendril, await publishForOne(tendril, type, { a: 1 }), 'RETRYING');

  const [sent] = receiver.received;
  const [attempt] = attempts;
  expect(sent?.path).toBe('/hooks?team=1');
  expect(attempt?.request).toMatchObject({
    method: 'POST',
    url: `${receiver.url}/hooks?team=1`,
    body: sent?.body,
  });
  const { host: _host, connection: _connection, 'content-length': _length, ...shown } = sent?.headers ?? {};
  expect(
    Object.fromEntries(attempt?.request.headers.map(({ name, value }) => [name.toLowerCase(), value]) ?? []),
  ).toEqual(shown);
  expect(attempt?.response).toMatchObject({
    statusCode: 400,
    body: '{"error":"no such account"}',
    bodyTruncated: false,
    headers: expect.arrayContaining([{ name: 'X-Reason', value: 'no such account' }]),
  });
});

test('a slow endpoint times out after timeoutSeconds, whatever it sends in between', async () => {
  const receiver = await startReceiver((request, _earlier, response) => {
    if (request.path !== '/drips') return;
    const dripping = setInterval(() => response.write('.'), 50);
    response.on('close', () => clearInterval(dripping));
  });
  for (const path of ['/hangs', '/drips']) {
    await subscribe(tendril, {
      endpointUrl: `${receiver.url}${path}`,
      eventTypes: [type],
      timeoutSeconds: 1,
      retryPolicy: { scheduleSeconds: [] },
    });
  }
  for (const id of await deliveryIds(tendril, { eventIds: [await publish(tendril, type)] })) {
    const delivery = await deliveryOnce(tendril, id, 'FAILED');
    expect(delivery).toMatchObject({
      failureReason: 'RETRIES_EXHAUSTED',
      attempts: [{ outcome: 'TIMED_OUT', response: null }],
    });
    expect(delivery.attempts[0]?.durationMs).toSatisfy((ms: number) => ms >= 990 && ms < 2_500);
  }
});

test('an endpoint that refuses the connection is retried', async () => {
  const gone = await startReceiver();
  await gone.close();
  await subscribe(tendril, {
    endpointUrl: gone.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'FAILED');
  expect(delivery.attempts).toMatchObject(
    [1, 2].map((number) => ({
      number,
      outcome: 'CONNECTION_FAILED',
      response: null,
      error: expect.stringContaining('ECONNREFUSED'),
    })),
  );
});

test('a redirect is not followed: it is a failure with its status on record', async () => {
  const elsewhere = await startReceiver();
  const receiver = await startReceiver((_request, _earlier, response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [] },
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'FAILED');
  expect(delivery.attempts).toMatchObject([{ outcome: 'REJECTED', response: { statusCode: 307 } }]);
  expect(elsewhere.received).toEqual([]);
});

test('a 410 fails the delivery, disables the subscription, and no further attempt is made', async () => {
  const receiver = await startReceiver(410);
  const { id: subscription } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1, 1] },
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'FAILED');
  expect(delivery).toMatchObject({
    failureReason: 'ENDPOINT_GONE',
    attemptCount: 1,
    nextAttemptAt: null,
    plannedAttempts: [],
  });
  await eventually(async () => {
    const { webhookSubscription } = await tendril
      .http()
      .request(WebhookSubscriptionDocument, { id: subscription });
    return webhookSubscription?.status === 'DISABLED' && webhookSubscription.disabledReason === 'GONE';
  });

  const next = await showDelivery(tendril, await publishForOne(tendril, type));
  expect(next).toMatchObject({ status: 'SKIPPED', skipReason: 'SUBSCRIPTION_DISABLED', attemptCount: 0 });
  expect(receiver.received).toHaveLength(1);
  await expectCountersToFit(tendril, subscription);
});

test('what waits for a retry when a 410 comes is skipped when it is due', async () => {
  const receiver = await startReceiver((request, _earlier, response) =>
    response.writeHead(request.body.includes('gone') ? 410 : 500).end(),
  );
  await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
  });
  const waiting = await publishForOne(tendril, type, { answer: 'error' });
  await deliveryOnce(tendril, waiting, 'RETRYING');
  await deliveryOnce(tendril, await publishForOne(tendril, type, { answer: 'gone' }), 'FAILED');
  expect(await deliveryOnce(tendril, waiting, 'SKIPPED')).toMatchObject({
    skipReason: 'SUBSCRIPTION_DISABLED',
    attemptCount: 1,
    nextAttemptAt: null,
  });
  expect(receiver.received).toHaveLength(2);
});

test('Retry-After is kept to', async () => {
  const receiver = await startReceiver((_request, earlier, response) =>
    response.writeHead(earlier === 0 ? 503 : 204, { 'Retry-After': '2' }).end(),
  );
  await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  expect(pausesMs(delivery)[0]).toSatisfy((ms: number) => ms >= 2_000 - roundingMs && ms <= 4_000);
});

test.each<[string, number, () => string | undefined, number, number]>([
  ['a date', 503, () => new Date(Date.now() + 150_000).toUTCString(), 148_000, 150_500],
  ['more than twice the step', 503, () => '86400', 200_000, 200_000],
  ['less than the step', 503, () => '1', 100_000, 100_000],
  ['nothing, after a 429', 429, () => undefined, 79_000, 121_000],
])(
  'the next attempt after a Retry-After that says %s',
  async (_says, statusCode, retryAfter, fromMs, toMs) => {
    const value = retryAfter();
    const receiver = await startReceiver((_request, _earlier, response) => {
      response.writeHead(statusCode, value === undefined ? {} : { 'retry-after': value }).end();
    });
    await subscribe(tendril, {
      endpointUrl: receiver.url,
      eventTypes: [type],
      retryPolicy: { scheduleSeconds: [100] },
    });
    const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
    expect(waitMs(delivery)).toSatisfy((ms: number) => ms >= fromMs - roundingMs && ms <= toMs + 500);
  },
);

test('after a 429 the next attempt is a minute away at least, whatever the schedule says', async () => {
  const receiver = await startReceiver((_request, _earlier, response) =>
    response.writeHead(429, { 'retry-after': '1' }).end(),
  );
  await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
  expect(waitMs(delivery)).toSatisfy((ms: number) => ms >= 60_000 - roundingMs && ms <= 60_500);
});

test("a subscription's own headers are sent with every attempt, and its own user-agent wins", async () => {
  const receiver = await startReceiver(500);
  await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: [1] },
    headers: [
      { name: 'Authorization', value: 'Bearer secret-of-the-receiver' },
      { name: 'X-Menu', value: 'crème brûlée' },
      { name: 'User-Agent', value: 'Shop/1.0' },
    ],
  });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'FAILED');
  expect(receiver.received).toHaveLength(2);
  for (const request of receiver.received) {
    expect(request.headers).toMatchObject({
      authorization: 'Bearer secret-of-the-receiver',
      'x-menu': 'crème brûlée',
      'user-agent': 'Shop/1.0',
      'content-type': 'application/json',
    });
    expect(request.rawHeaders.filter((text) => text.toLowerCase() === 'user-agent')).toHaveLength(1);
  }
  for (const { request } of delivery.attempts) {
    const shown = request.headers.map(({ name, value }) => `${name.toLowerCase()}: ${value}`);
    expect(shown).toContain('authorization: Bearer secret-of-the-receiver');
    expect(shown).toContain('user-agent: Shop/1.0');
  }
});

test('without headers of its own a subscription is sent to as Tendril', async () => {
  const receiver = await startReceiver();
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request?.headers['user-agent']).toBe('Tendril');
});

/** From the end of each attempt to the start of the next. */
function pausesMs({ attempts }: ShownDelivery): number[] {
  return attempts
    .slice(1)
    .map((attempt, index) => Date.parse(attempt.startedAt) - endedAtMs(attempts[index]));
}

/** From the end of the last attempt to the next. */
function waitMs({ attempts, nextAttemptAt }: ShownDelivery): number {
  return Date.parse(nextAttemptAt ?? '') - endedAtMs(attempts.at(-1));
}

function endedAtMs(attempt: ShownDelivery['attempts'][number] | undefined): number {
  return Date.parse(attempt?.startedAt ?? '') + (attempt?.durationMs ?? 0);
}
