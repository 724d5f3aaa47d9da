import { expect, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  DeleteWebhookSubscriptionDocument,
  SubscribeToNotificationsDocument,
  WebhookSubscriptionsDocument,
} from '../../generated/operations.js';
import { freshEnv, startTendril } from '../support/tendril.js';

const input = { endpointUrl: 'http://127.0.0.1:9999/', eventTypes: ['*'] };
const tooMany = { code: 'TOO_MANY_SUBSCRIPTIONS', type: 'LIMIT_EXCEEDED' };

test('a workspace has so many subscriptions at most, and no more when many are asked for at once', async () => {
  const tendril = await startTendril(await freshEnv({ SUBSCRIPTIONS_PER_WORKSPACE: '3' }));
  const create = async () =>
    (await tendril.http().request(CreateWebhookSubscriptionDocument, { input })).createWebhookSubscription;
  const made = await Promise.all(Array.from({ length: 8 }, create));
  const [first, ...others] = made.flatMap(({ subscription }) => subscription?.id ?? []);
  expect(others).toHaveLength(2);
  const refused = made.filter(({ subscription }) => subscription === null);
  expect(refused).toHaveLength(5);
  for (const { secret, userErrors } of refused) {
    expect(secret).toBeNull();
    expect(userErrors).toMatchObject([{ ...tooMany, field: ['input'] }]);
  }

  // One that is deleted makes room for one, and two notification endpoints have none.
  await tendril.http().request(DeleteWebhookSubscriptionDocument, { id: first ?? '' });
  const endpoint = (name: 'CRM' | 'VENUES') => ({ endpoint: name, url: input.endpointUrl });
  const ask = async (...endpoints: ReturnType<typeof endpoint>[]) =>
    (await tendril.http().request(SubscribeToNotificationsDocument, { endpoints })).subscribeToNotifications;
  expect((await ask(endpoint('CRM'), endpoint('VENUES'))).userErrors).toMatchObject([
    { ...tooMany, field: ['endpoints'] },
  ]);
  expect((await ask(endpoint('CRM'))).userErrors).toEqual([]);
  expect((await ask(endpoint('CRM'))).userErrors).toEqual([]);
  expect((await create()).userErrors).toMatchObject([tooMany]);
  const { webhookSubscriptions } = await tendril.http().request(WebhookSubscriptionsDocument, {});
  expect(webhookSubscriptions.totalCount).toBe(3);
});
