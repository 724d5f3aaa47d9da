import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiKeyScope, CreateApiKeyDocument, ViewerDocument } from '../../generated/operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const scopes = ['MANAGE', 'PUBLISH', 'READ', 'ADMIN'] as const;
const keys = new Map<ApiKeyScope, string>();
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv({ SOURCE_IP_ADDRESSES: '127.0.0.1' }), {
    stopAfterTest: false,
  });
  for (const scope of scopes) {
    const input = { name: `${scope} alone`, scopes: [scope] };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    keys.set(scope, createApiKey.key ?? '');
  }
});

afterAll(() => tendril.stop());

test('viewer tells the workspace and the key of the request', async () => {
  const key = keys.get('PUBLISH') ?? '';
  const { viewer } = await tendril.http(key).request(ViewerDocument);
  expect(viewer).toEqual({
    workspace: { id: expect.stringMatching(/^ws_[0-9a-z]{26}$/), name: 'default' },
    apiKey: {
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      name: 'PUBLISH alone',
      prefix: key.slice(0, 8),
      scopes: ['PUBLISH'],
    },
  });
});

test('moments are written in UTC with milliseconds', async () => {
  const { data } = await postGraphql(tendril, '{ viewer { workspace { createdAt } } }');
  expect(data).toEqual({
    viewer: { workspace: { createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) } },
  });
});

test('sourceIpAddresses are those of the configuration', async () => {
  expect(await postGraphql(tendril, '{ sourceIpAddresses }')).toEqual({
    data: { sourceIpAddresses: ['127.0.0.1'] },
  });
});

test('deliveryProfiles tells how each provider delivers', async () => {
  const { data } = await postGraphql(
    tendril,
    '{ deliveryProfiles { name retryScheduleSeconds successStatusCodes signatureHeaders requiresConfirmation } }',
  );
  const plain = {
    successStatusCodes: '200-299',
    signatureHeaders: ['webhook-signature'],
    requiresConfirmation: false,
  };
  const five = [
    {
      ...plain,
      name: 'STANDARD',
      retryScheduleSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
    },
    {
      ...plain,
      name: 'IVY',
      retryScheduleSeconds: [10, 35, 140, 541, 1426, 3600, 10_800, 21_600, 43_200],
      successStatusCodes: '200',
      signatureHeaders: ['webhook-signature', 'x-ivy-signature'],
    },
    {
      ...plain,
      name: 'IVYMAIL',
      retryScheduleSeconds: [30, 120, 480],
      signatureHeaders: ['webhook-signature', 'x-ivymail-signature'],
    },
    {
      ...plain,
      name: 'IVVY',
      retryScheduleSeconds: [20, 20, 20, 300, 1200, 3600],
      requiresConfirmation: true,
    },
    { ...plain, name: 'HOURLY', retryScheduleSeconds: Array.from({ length: 48 }, () => 3600) },
  ];
  // There may be more: each has a conformance test of its own.
  expect(data?.deliveryProfiles).toEqual(expect.arrayContaining(five));
});

test('all six notification endpoints stand at NOT_SUBSCRIBED', async () => {
  const { data } = await postGraphql(
    tendril,
    '{ notificationEndpoints { endpoint status url subscription { id } } }',
  );
  expect(data?.notificationEndpoints).toEqual(
    ['COMPANIES', 'CONTACTS', 'CRM', 'PAYMENTS', 'VENUES', 'EVENTS'].map((endpoint) => ({
      endpoint,
      status: 'NOT_SUBSCRIBED',
      url: null,
      subscription: null,
    })),
  );
});

describe('who may ask for what', () => {
  test.each<[string, readonly ApiKeyScope[]]>([
    ['{ viewer { workspace { id } } }', scopes],
    ['{ sourceIpAddresses }', scopes],
    ['{ eventTypes { nodes { id } } }', scopes],
    ['{ deliveryProfiles { name } }', ['MANAGE', 'READ', 'ADMIN']],
    ['{ notificationEndpoints { status } }', ['MANAGE', 'READ', 'ADMIN']],
    ['{ apiKeys { id } }', ['ADMIN']],
    ['mutation { createApiKey(input: { name: "", scopes: [] }) { userErrors { code } } }', ['ADMIN']],
    ['mutation { revokeApiKey(id: "key_") { userErrors { code } } }', ['ADMIN']],
    [
      'mutation { createEventType(input: { name: "", description: "" }) { userErrors { code } } }',
      ['MANAGE', 'ADMIN'],
    ],
    ['mutation { subscribeToNotifications(endpoints: []) { userErrors { code } } }', ['MANAGE', 'ADMIN']],
    ['mutation { unsubscribeFromNotifications(endpoints: []) { userErrors { code } } }', ['MANAGE', 'ADMIN']],
    ['mutation { confirmWebhookSubscription(token: "token") { userErrors { code } } }', ['MANAGE', 'ADMIN']],
  ])('%s', async (query, allowed) => {
    for (const scope of scopes) {
      const { errors } = await postGraphql(tendril, query, { key: keys.get(scope) ?? '' });
      const code = allowed.includes(scope) ? undefined : 'FORBIDDEN';
      expect({ scope, code: errors?.[0]?.extensions.code }).toEqual({ scope, code });
    }
    const { errors } = await postGraphql(tendril, query, { key: 'tdl_which-is-no-key-of-this-server' });
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});
