import { expect, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  DeleteWebhookSubscriptionDocument,
  SubscribeToNotificationsDocument,
  UpdateWebhookSubscriptionDocument,
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

test('the filters of a workspace have a mebibyte together, and no more when many are saved at once', async () => {
  const tendril = await startTendril();
  const http = tendril.http();
  // 8,192 bytes, the longest.
  const filter = { name: 'x'.repeat(8192 - '{"name":""}'.length) };
  const create = async () =>
    (await http.request(CreateWebhookSubscriptionDocument, { input: { ...input, filter } }))
      .createWebhookSubscription;
  const made = await Promise.all(Array.from({ length: 130 }, create));
  const [first = '', ...others] = made.flatMap(({ subscription }) => subscription?.id ?? []);
  expect(others).toHaveLength(127);
  const full = [
    {
      code: 'INVALID_FILTER',
      field: ['input', 'filter'],
      message:
        'The filters of a workspace have at most 1048576 bytes together, and with this one they would have 1056768; make some shorter.',
    },
  ];
  for (const { subscription, userErrors } of made)
    expect(userErrors).toMatchObject(subscription === null ? full : []);

  // One without a filter has room, but may not be given one; one that has the like may be given it again, or a shorter one.
  const { createWebhookSubscription } = await http.request(CreateWebhookSubscriptionDocument, { input });
  const update = async (id: string, given: object | null) =>
    (await http.request(UpdateWebhookSubscriptionDocument, { input: { id, filter: given } }))
      .updateWebhookSubscription.userErrors;
  const free = createWebhookSubscription.subscription?.id ?? '';
  expect(await update(free, filter)).toMatchObject(full);
  expect(await update(first, filter)).toEqual([]);
  expect(await update(first, null)).toEqual([]);
  expect(await update(free, filter)).toEqual([]);
});
