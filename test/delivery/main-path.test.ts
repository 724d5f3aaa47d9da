import { gql } from 'graphql-request';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import { startReceiver } from '../support/receiver.js';
import { startTendril } from '../support/tendril.js';

test('an event that is published is delivered, signed, logged, and seen live', async () => {
  const receiver = await startReceiver();
  const tendril = await startTendril();
  const { updates: seen } = await followUpdates(tendril.ws());
  const { createWebhookSubscription: created } = await tendril.http().request<Created>(create, {
    input: { endpointUrl: receiver.url, eventTypes: ['payout.paid'] },
  });
  expect(created.userErrors).toEqual([]);

  const { publishEvent: published } = await tendril.http().request<Published>(publish, {
    input: { type: 'payout.paid', payload: { amount: 1999 } },
  });
  expect(published).toMatchObject({ duplicate: false, deliveryCount: 1, userErrors: [] });

  const [request] = await receiver.waitFor(1);
  const verified = new Webhook(created.secret).verify(
    request?.body ?? '',
    request?.headers as Record<string, string>,
  );
  expect(verified).toEqual({
    type: 'payout.paid',
    timestamp: published.event.createdAt,
    data: { amount: 1999 },
  });
  expect(request?.headers['webhook-id']).toBe(published.event.id);

  await eventually(
    () => seen.at(-1)?.status === 'DELIVERED',
    5_000,
    () => JSON.stringify(seen),
  );
  expect(seen.map(({ status }) => status)).toEqual(['PENDING', 'SENDING', 'DELIVERED']);
  const { deliveries } = await tendril.http().request<Logs>(logs);
  expect(deliveries.nodes).toMatchObject([
    {
      status: 'DELIVERED',
      attemptCount: 1,
      lastAttempt: { outcome: 'SUCCEEDED', number: 1, response: { statusCode: 204 } },
    },
  ]);
});

interface Created {
  createWebhookSubscription: { secret: string; userErrors: unknown[] };
}
interface Published {
  publishEvent: { event: { id: string; createdAt: string } };
}
interface Logs {
  deliveries: { nodes: unknown[] };
}

const create = gql`
  mutation ($input: CreateWebhookSubscriptionInput!) {
    createWebhookSubscription(input: $input) { secret userErrors { code message field } }
  }
`;
const publish = gql`
  mutation ($input: PublishEventInput!) {
    publishEvent(input: $input) { event { id createdAt } duplicate deliveryCount userErrors { code } }
  }
`;
const logs = gql`
  {
    deliveries { nodes { status attemptCount lastAttempt { outcome number response { statusCode } } } }
  }
`;
