import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ResendDeliveryDocument, UpdateWebhookSubscriptionDocument } from '../../generated/operations.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { expectRate } from '../support/expect-rate.js';
import { countDeliveries, deliveryIds, publishMany, subscribe } from '../support/main-operations.js';
import { type Answer, type Receiver, startReceiver } from '../support/receiver.js';
import { countStatements } from '../support/statement-counter.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';

test('two workers together keep to each rate within 10 %, reach it, and spread the attempts evenly, while others go on at full speed', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const senders = new Set<string | undefined>();
  const note: Answer = (_request, _earlier, response: ServerResponse) => {
    senders.add(response.socket?.remoteAddress);
    response.writeHead(204).end();
  };
  const limited = await Promise.all(
    [5, 40].map(async (rate) => ({ rate, receiver: await limitedTo(api, rate, note) })),
  );
  const free = await startReceiver();
  await subscribe(api, { endpointUrl: free.url, eventTypes: [type] });
  const count = 800;
  await publishMany(api, type, count);
  // Each sends from an address of its own, so that the receiver can tell that both do.
  await Promise.all(
    ['127.0.0.2', '127.0.0.3'].map((address) =>
      startTendrilProcess({ ...env, ROLE: 'worker', SOURCE_IP_ADDRESSES: address }),
    ),
  );
  await free.waitFor(count);
  for (const { rate, receiver } of limited) expect(receiver.received.length).toBeLessThan(0.8 * count + rate);
  const seconds = 6;
  await Promise.all(
    limited.map(async ({ rate, receiver }) => {
      const [first] = await receiver.waitFor(1);
      await expectRate(() => receiver.received, (first?.atMs ?? 0) + 1000, rate, seconds);
      expectBetween(medianGapMs(receiver), 0.6 * (1000 / rate), 1.4 * (1000 / rate));
    }),
  );
  expect([...senders].sort()).toEqual(['127.0.0.2', '127.0.0.3']);
});

test('after a pause there is no burst of what could have been sent meanwhile', async () => {
  const tendril = await startTendril();
  const rate = 20;
  const receiver = await limitedTo(tendril, rate);
  await publishMany(tendril, type, 1);
  await receiver.waitFor(1);
  await eventually(() => Date.now() > (receiver.received[0]?.atMs ?? 0) + 2000);
  await publishMany(tendril, type, 3 * rate);
  const [, second, ...others] = await receiver.waitFor(3 * rate + 1);
  const tookMs = (others.at(-1)?.atMs ?? 0) - (second?.atMs ?? 0);
  // A tenth of a second's worth at once, and one; a machine that stands still makes up for nothing.
  expectBetween(tookMs, 2_500, 6_000);
});

test('retries count', async () => {
  const tendril = await startTendril();
  const rate = 10;
  const receiver = await limitedTo(tendril, rate, 500, { retryPolicy: { scheduleSeconds: [1] } });
  const ids = await publishMany(tendril, type, 25);
  const requests = await receiver.waitFor(50);
  await eventually(async () => (await countDeliveries(tendril, { statuses: ['FAILED'] })) === ids.length);
  expect(requests.length).toBe(50);
  const tookMs = (requests.at(-1)?.atMs ?? 0) - (requests[0]?.atMs ?? 0);
  expectBetween(tookMs, (0.9 * 1000 * 49) / rate, (2 * 1000 * 49) / rate);
});

test('resends count', async () => {
  const tendril = await startTendril();
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publishMany(tendril, type, 40);
  await eventually(async () => (await countDeliveries(tendril, { statuses: ['DELIVERED'] })) === 40);
  const rate = 10;
  await setRate(tendril, id, rate);
  for (const delivery of await deliveryIds(tendril, {}))
    await tendril.http().request(ResendDeliveryDocument, { id: delivery });
  const resent = (await receiver.waitFor(80)).slice(40);
  const tookMs = (resent.at(-1)?.atMs ?? 0) - (resent[0]?.atMs ?? 0);
  expectBetween(tookMs, (0.9 * 1000 * 39) / rate, (2 * 1000 * 39) / rate);
});

test('a change of the rate takes effect within about a second, to more, to less, and to no limit', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await startReceiver();
  const { id } = await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    maxAttemptsPerSecond: 4,
  });
  const count = 600;
  await publishMany(api, type, count);
  await startTendrilProcess({ ...env, ROLE: 'worker' });
  await receiver.waitFor(6);
  for (const { rate, seconds } of [
    { rate: 40, seconds: 3 },
    { rate: 4, seconds: 5 },
  ]) {
    await setRate(api, id, rate);
    await expectRate(() => receiver.received, Date.now() + 1_500, rate, seconds);
  }
  expect(receiver.received.length).toBeLessThan(count - 80);
  await setRate(api, id, null);
  await receiver.waitFor(count, 8_000);
});

test('a worker that stops gives back what it holds, and no attempt is counted that was not made', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await startReceiver();
  const { id } = await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    maxAttemptsPerSecond: 40,
  });
  const count = 120;
  const eventIds = await publishMany(api, type, count);
  const worker = await startTendrilProcess({ ...env, ROLE: 'worker' });
  await receiver.waitFor(10);
  const ended = worker.end('SIGTERM');
  await eventually(() => worker.log.some((line) => line.includes('"stopping"')));
  const sentBefore = receiver.received.length;
  expect(await ended).toBe(0);
  const sent = receiver.received.length;
  // It held half a second's worth at least.
  expect(sent - sentBefore).toBeLessThan(15);
  expect(await countDeliveries(api, { statuses: ['DELIVERED'] })).toBe(sent);
  expect(await countDeliveries(api, { statuses: ['PENDING'] })).toBe(count - sent);
  await startTendrilProcess({ ...env, ROLE: 'worker' });
  expect(await auditDeliveries(api, receiver, id, eventIds)).toEqual({ repeated: 0, interrupted: 0 });
});

test('what a killed worker held is sent by another', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await startReceiver();
  const { id } = await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    maxAttemptsPerSecond: 20,
  });
  const eventIds = await publishMany(api, type, 60);
  const [first] = await Promise.all([
    startTendrilProcess({ ...env, ROLE: 'worker' }),
    startTendrilProcess({ ...env, ROLE: 'worker' }),
  ]);
  await receiver.waitFor(10);
  await first.end('SIGKILL');
  await auditDeliveries(api, receiver, id, eventIds, 20_000);
});

test('what waits for its turn costs a few statements a second', async () => {
  const env = await freshEnv();
  const counter = await countStatements(env.DATABASE_URL ?? '');
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await limitedTo(api, 2);
  await publishMany(api, type, 100);
  await startTendril({ ...env, ROLE: 'worker', DATABASE_URL: counter.url });
  await receiver.waitFor(3);
  const before = { statements: counter.count(), requests: receiver.received.length };
  await receiver.waitFor(before.requests + 8);
  // Each attempt is claimed ahead and recorded; the sweep and the alarms go on besides.
  expect(counter.count() - before.statements).toBeLessThan(8 * 10);
});

/** A receiver of everything published, at so many attempts a second. */
async function limitedTo(
  tendril: Tendril,
  maxAttemptsPerSecond: number,
  answer: Answer = 204,
  more: { retryPolicy?: { scheduleSeconds: number[] } } = {},
): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], maxAttemptsPerSecond, ...more });
  return receiver;
}

async function setRate(tendril: Tendril, id: string, maxAttemptsPerSecond: number | null): Promise<void> {
  const input = { id, maxAttemptsPerSecond };
  const { updateWebhookSubscription } = await tendril
    .http()
    .request(UpdateWebhookSubscriptionDocument, { input });
  expect(updateWebhookSubscription.userErrors).toEqual([]);
}

/** The middle one, which a machine that pauses now and then does not change. */
function medianGapMs({ received }: Receiver): number {
  const gaps = received.slice(1).map(({ atMs }, index) => atMs - (received[index]?.atMs ?? 0));
  return gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? 0;
}

function expectBetween(actual: number, least: number, most: number): void {
  expect(actual).toBeGreaterThanOrEqual(least);
  expect(actual).toBeLessThanOrEqual(most);
}
