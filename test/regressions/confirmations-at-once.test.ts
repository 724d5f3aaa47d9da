import { expect, test } from 'vitest';
import {
  SubscribeToNotificationsDocument,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// More than there are connections to PostgreSQL.
const atOnce = Array.from({ length: 40 }, (_, index) => index);

test('many requests at once that ask for a confirmation do not hold the connections from which its sender is read', async () => {
  const env = await freshEnv();
  const receiver = await startReceiver();
  // Neither has read the certificate when they come.
  const [first, second] = [await startTendril(env), await startTendril(env)];

  const subscribed = atOnce.map((index) =>
    first.http().request(SubscribeToNotificationsDocument, {
      endpoints: [{ endpoint: 'VENUES', url: `${receiver.url}/${index}` }],
    }),
  );
  for (const { subscribeToNotifications } of await Promise.all(subscribed))
    expect(subscribeToNotifications.userErrors).toEqual([]);

  const { id } = await subscribe(first, {
    endpointUrl: receiver.url,
    eventTypes: ['venues.*'],
    profile: 'IVVY',
  });
  const updated = atOnce.map((index) =>
    second.http().request(UpdateWebhookSubscriptionDocument, {
      input: { id, endpointUrl: `${receiver.url}/${index}` },
    }),
  );
  for (const { updateWebhookSubscription } of await Promise.all(updated))
    expect(updateWebhookSubscription.userErrors).toEqual([]);
});
