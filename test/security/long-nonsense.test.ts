import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subscribe } from '../support/main-operations.js';
import { type GraphqlAnswer, postGraphql, respondGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const logs = 'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }';
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv({ ROLE: 'api' }), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('a megabyte of nonsense is answered with some kilobytes, as the fault of who sent it,', () => {
  const many = (of: (n: number) => string, value: unknown) =>
    Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [of(n), value]));
  const variables: [says: string, filter: object][] = [
    ['be it unknown fields', many((n) => `statuse${n}`, 1)],
    ['be it values of the wrong kind', { statuses: Array(100_000).fill('PENDIN') }],
    ['be it one value of the wrong kind', { search: many((n) => `a${n}`, 1) }],
    ['be it one long value', { statuses: ['P'.repeat(900_000)] }],
  ];

  test.each(variables)('%s in variables, over HTTP', async (_says, filter) => {
    const response = await respondGraphql(tendril, logs, { variables: { filter } });
    const body = await response.text();
    expect(response.status).toBe(400);
    expect(body.length).toBeLessThan(10_000);
    const { errors = [] } = JSON.parse(body) as GraphqlAnswer;
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });

  test('be it unknown fields in variables, over WebSocket', async () => {
    const filter = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`statuse${n}`, 1]));
    const query = 'subscription ($filter: DeliveryFilter) { deliveryUpdated(filter: $filter) { id } }';
    const refused = await tendril
      .ws()
      .iterate({ query, variables: { filter } })
      .next()
      .catch((errors: unknown) => errors);
    expect(refused).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(JSON.stringify(refused).length).toBeLessThan(10_000);
  });

  test.each([
    ['be it a name', `{ ${'a'.repeat(900_000)} }`],
    ['be it a number', `{ deliveries(first: ${'9'.repeat(900_000)}) { totalCount } }`],
  ])('%s in the document', async (_says, query) => {
    const body = await (await respondGraphql(tendril, query)).text();
    expect(body.length).toBeLessThan(10_000);
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  });

  const subscription = { endpointUrl: 'https://hooks.example/', eventTypes: ['*'] };
  const create =
    'mutation ($input: CreateWebhookSubscriptionInput!) { done: createWebhookSubscription(input: $input) { userErrors { code field } } }';
  const change = (name: string) =>
    `mutation ($input: [NotificationEndpointInput!]!) { done: ${name}(endpoints: $input) { userErrors { code field } } }`;
  const endpoints = Array(15_000).fill({ endpoint: 'CRM', url: 'ftp://hooks.example/' });
  test.each<[says: string, mutation: string, input: unknown]>([
    ['be it delays', create, { ...subscription, retryPolicy: { scheduleSeconds: Array(200_000).fill(0) } }],
    [
      'be it headers',
      create,
      { ...subscription, headers: Array(25_000).fill({ name: 'host', value: '\n' }) },
    ],
    ['be it notification endpoints', change('subscribeToNotifications'), endpoints],
    ['be it notification endpoints to end', change('unsubscribeFromNotifications'), endpoints],
  ])('%s', async (_says, mutation, input) => {
    const body = await (await respondGraphql(tendril, mutation, { variables: { input } })).text();
    expect(body.length).toBeLessThan(10_000);
    expect(body).toContain('"code":"INVALID_');
  });
});

test('payloads with long keys that do not fit are answered in short, with the beginning and the end of what is wrong', async () => {
  const schema = { additionalProperties: { items: { type: 'string' } } };
  const make =
    'mutation ($schema: JSON) { createEventType(input: { name: "long.key", description: "Long", schema: $schema }) { userErrors { code } } }';
  await postGraphql(tendril, make, { variables: { schema } });
  const payload = { ['k'.repeat(100_000)]: [1] };
  const response = await respondGraphql(
    tendril,
    'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { userErrors { message } } }',
    { variables: { events: Array(20).fill({ type: 'long.key', payload }) } },
  );
  const body = await response.text();
  expect(body.length).toBeLessThan(30_000);
  expect(body).toMatch(/"The payload does not fit the schema of long\.key: \/k+…k+\/0 must be string\."/);
});

test('up to ten faults of variables are told, each with its place', async () => {
  const filter = { statuses: ['PENDING', 'PENDIN'], first: 1, search: 7 };
  const { errors } = await postGraphql(tendril, logs, { variables: { filter } });
  expect(errors).toMatchObject([
    {
      message: expect.stringMatching(
        /^Variable "\$filter\.statuses\.1": Value "PENDIN" does not exist.*Variable "\$filter\.search": String cannot.*Variable "\$filter": Field "first" is not defined/,
      ),
    },
  ]);
});

describe('what exhausts the stack, or the calendar, is no failure of the server', () => {
  const send = (body: string | ReadableStream) =>
    fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': tendril.key },
      body,
      ...(typeof body !== 'string' && { duplex: 'half' }),
    });
  const levels = (count: number) => `${'{"not":'.repeat(count)}true${'}'.repeat(count)}`;

  test('a schema of 10,000 levels', async () => {
    const mutation =
      'mutation ($schema: JSON) { createEventType(input: { name: \\"deep.down\\", description: \\"Deep\\", schema: $schema }) { userErrors { code } } }';
    const response = await send(`{"query":"${mutation}","variables":{"schema":${levels(10_000)}}}`);
    expect(await response.json()).toEqual({
      data: { createEventType: { userErrors: [{ code: 'INVALID_SCHEMA' }] } },
    });
  });

  test('100,000 levels of JSON in chunks', async () => {
    const body = `{"query":"{ __typename }","variables":{"a":${levels(100_000)}}}`;
    const response = await send(new Blob([body]).stream());
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });

  test.each(['9999-12-31T23:59:59-23:59', '0001-01-01T00:00:00+00:01', '0000-01-01T00:00:00Z'])(
    'the moment %s',
    async (moment) => {
      const mutation =
        'mutation ($at: DateTime) { createApiKey(input: { name: "Late", scopes: [READ], expiresAt: $at }) { userErrors { code } } }';
      for (const answer of [
        await postGraphql(tendril, mutation, { variables: { at: moment } }),
        await postGraphql(tendril, `{ deliveries(filter: { createdAfter: "${moment}" }) { totalCount } }`),
      ])
        expect(answer).toMatchObject({ errors: [{ message: expect.stringContaining('RFC 3339') }] });
    },
  );
});

describe('a search of more than 4,096 characters, which PostgreSQL would take apart for each row, is refused', () => {
  test.each([
    'eventTypes(search: $search) { nodes { id } }',
    'events(filter: { search: $search }) { nodes { id } }',
    'deliveries(filter: { search: $search }) { totalCount }',
    'webhookSubscriptions(filter: { search: $search }) { totalCount }',
    'webhookSubscriptions(last: 1) { nodes { deliveries(filter: { search: $search }) { totalCount } } }',
  ])('by %s', async (field) => {
    const input = { endpointUrl: 'https://hooks.example/', eventTypes: ['*'] };
    await subscribe(tendril, input);
    const ask = (search: string) =>
      postGraphql(tendril, `query ($search: String) { ${field} }`, { variables: { search } });
    expect(await ask('x'.repeat(4096))).not.toHaveProperty('errors');
    expect(await ask('x'.repeat(4097))).toMatchObject({
      errors: [{ message: expect.stringContaining('4096'), extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  test('by deliveryUpdated', async () => {
    const query = 'subscription ($search: String) { deliveryUpdated(filter: { search: $search }) { id } }';
    const { value } = await tendril
      .ws()
      .iterate({ query, variables: { search: 'x'.repeat(4097) } })
      .next();
    expect(value).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});

describe('a list of more than 250 entries in a filter is refused with its path', () => {
  test.each([
    ['eventIds', '[ID!]', 'deliveries(filter: { eventIds: $list }) { totalCount }'],
    ['subscriptionIds', '[ID!]', 'deliveries(filter: { subscriptionIds: $list }) { totalCount }'],
    ['eventTypes', '[String!]', 'deliveries(filter: { eventTypes: $list }) { totalCount }'],
    ['statuses', '[DeliveryStatus!]', 'deliveries(filter: { statuses: $list }) { totalCount }'],
    ['types', '[String!]', 'events(filter: { types: $list }) { nodes { id } }'],
    [
      'statuses',
      '[WebhookSubscriptionStatus!]',
      'webhookSubscriptions(filter: { statuses: $list }) { totalCount }',
    ],
    [
      'eventIds',
      '[ID!]',
      'webhookSubscriptions(last: 1) { nodes { deliveries(filter: { eventIds: $list }) { totalCount } } }',
    ],
  ])('%s: %s in %s', async (name, type, field) => {
    await subscribe(tendril, { endpointUrl: 'https://hooks.example/', eventTypes: ['*'] });
    const entry = type.includes('Delivery') ? 'PENDING' : type.includes('Status') ? 'ACTIVE' : 'payout.paid';
    const ask = (entries: number) =>
      postGraphql(tendril, `query ($list: ${type}) { ${field} }`, {
        variables: { list: Array(entries).fill(entry) },
      });
    expect(await ask(250)).not.toHaveProperty('errors');
    expect(await ask(251)).toMatchObject({
      errors: [
        {
          message: `filter.${name} has 251 entries; at most 250 are taken.`,
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  });

  test('with all of them at once, and by deliveryUpdated too', async () => {
    const filter = {
      eventIds: Array(251).fill('x'),
      eventTypes: Array(300).fill('x'),
      search: 'x'.repeat(5000),
    };
    const query = 'subscription ($filter: DeliveryFilter) { deliveryUpdated(filter: $filter) { id } }';
    const asked = { query, variables: { filter } };
    const told = await tendril
      .ws()
      .iterate(asked)
      .next()
      .then(
        ({ value }) => value,
        (errors: unknown) => ({ errors }),
      );
    expect(told).toMatchObject({
      errors: [{ message: expect.stringMatching(/eventIds has 251.*eventTypes has 300.*search has 5000/) }],
    });
  });
});

test('none of it is logged as a failure', () => {
  expect(tendril.log.filter((line) => line.includes('"level":50'))).toEqual([]);
});
