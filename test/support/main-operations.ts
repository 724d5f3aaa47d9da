import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import {
  CreateEventTypeDocument,
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  DeliveriesDocument,
  DeliveryDocument,
  type DeliveryFilter,
  type DeliveryQuery,
  type DeliveryStatus,
  PublishEventDocument,
  type PublishEventInput,
  PublishEventsDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { eventually } from './eventually.js';
import type { Tendril } from './tendril.js';

/** A delivery with its attempts, as the API shows it. */
export type ShownDelivery = NonNullable<DeliveryQuery['delivery']>;

/** Adds an event type of a test's own to the catalogue, so that no other test's subscriptions want it; gives its name. */
export async function newEventType(tendril: Tendril, schema?: unknown): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}.happened`;
  const input = {
    name,
    description: 'Something has happened in a test.',
    ...(schema === undefined ? {} : { schema }),
  };
  const { createEventType } = await tendril.http().request(CreateEventTypeDocument, { input });
  expect(createEventType.userErrors).toEqual([]);
  return name;
}

/** Makes a subscription; gives its id, secret and public key. */
export async function subscribe(
  tendril: Tendril,
  input: CreateWebhookSubscriptionInput,
): Promise<{ id: string; secret: string; publicKey: string }> {
  const { createWebhookSubscription } = await tendril
    .http()
    .request(CreateWebhookSubscriptionDocument, { input });
  expect(createWebhookSubscription.userErrors).toEqual([]);
  const { subscription, secret } = createWebhookSubscription;
  return { id: subscription?.id ?? '', secret: secret ?? '', publicKey: subscription?.publicKey ?? '' };
}

/** Publishes an event; gives its id. */
export async function publish(
  tendril: Tendril,
  type: string,
  payload: unknown = {},
  more: Partial<PublishEventInput> = {},
): Promise<string> {
  const { publishEvent } = await tendril
    .http()
    .request(PublishEventDocument, { input: { type, payload, ...more } });
  expect(publishEvent.userErrors).toEqual([]);
  return publishEvent.event?.id ?? '';
}

/** Publishes so many events in batches; gives their ids. */
export async function publishMany(tendril: Tendril, type: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const events = Array.from({ length: Math.min(1000, count - ids.length) }, (_, n) => ({
      type,
      payload: { n },
    }));
    const { publishEvents } = await tendril.http().request(PublishEventsDocument, { events });
    expect(publishEvents.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    ids.push(...publishEvents.map(({ event }) => event?.id ?? ''));
  }
  return ids;
}

/** The ids of the deliveries that a filter fits, the first 250 of them. */
export async function deliveryIds(tendril: Tendril, filter: DeliveryFilter): Promise<string[]> {
  const { deliveries } = await tendril.http().request(DeliveriesDocument, { first: 250, filter });
  return deliveries.nodes.map(({ id }) => id);
}

/** How many deliveries a filter fits. */
export async function countDeliveries(tendril: Tendril, filter: DeliveryFilter): Promise<number> {
  return (await tendril.http().request(DeliveriesDocument, { first: 0, filter })).deliveries.totalCount;
}

/** The delivery of this id. */
export async function showDelivery(tendril: Tendril, id: string): Promise<ShownDelivery> {
  const { delivery } = await tendril.http().request(DeliveryDocument, { id });
  if (!delivery) throw new Error(`there is no delivery ${id}`);
  return delivery;
}

/** Publishes an event that one subscription wants; gives the delivery's id. */
export async function publishForOne(tendril: Tendril, type: string, payload: unknown = {}): Promise<string> {
  const [id, ...others] = await deliveryIds(tendril, { eventIds: [await publish(tendril, type, payload)] });
  expect(others).toEqual([]);
  return id ?? '';
}

/** Waits until a delivery fits, and gives it. */
export async function deliveryOnce(
  tendril: Tendril,
  id: string,
  condition: DeliveryStatus | ((delivery: ShownDelivery) => boolean),
  deadlineMs?: number,
): Promise<ShownDelivery> {
  let seen: ShownDelivery | undefined;
  const fits = typeof condition === 'string' ? (one: ShownDelivery) => one.status === condition : condition;
  return eventually(
    async () => {
      seen = await showDelivery(tendril, id);
      return fits(seen) ? seen : undefined;
    },
    deadlineMs,
    () => `the delivery is ${JSON.stringify(seen)}`,
  );
}

/** Holds a subscription's counters to what its deliveries say. */
export async function expectCountersToFit(tendril: Tendril, id: string): Promise<void> {
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  const [deliveryCount, failureCount] = await Promise.all(
    (['DELIVERED', 'FAILED'] as const).map((status) =>
      countDeliveries(tendril, { subscriptionIds: [id], statuses: [status] }),
    ),
  );
  expect(webhookSubscription).toMatchObject({ deliveryCount, failureCount });
}
