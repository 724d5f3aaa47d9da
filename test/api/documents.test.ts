import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GraphqlAnswer, postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv(), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('a document', () => {
  const aliases = (count: number) =>
    Array.from({ length: count }, (_, index) => `a${index}: __typename`).join(' ');
  const directives = (count: number) => `__typename ${'@include(if: true) '.repeat(count)}`;
  /** A field on each of so many levels. */
  const deep = (levels: number) => {
    const pairs = 'event { deliveries { '.repeat((levels - 1) / 2);
    return `delivery(id: "") { ${pairs} id ${'} }'.repeat((levels - 1) / 2)} }`;
  };

  const sent =
    'request { method url headers { name value } body curl } response { statusCode headers { name value } body bodyTruncated }';
  const made = `id number trigger outcome startedAt durationMs ${sent} error`;
  const whole = `id status failureReason skipReason eventType attemptCount nextAttemptAt plannedAttempts createdAt updatedAt completedAt
    cursor event { id type payload idempotencyKey createdAt } attempts { ${made} } lastAttempt { ${made} }
    subscription { id endpointUrl eventTypes status lastDelivery deliveryCount failureCount errorRate }`;
  const pages = (outer: string, inner: string, fields = 'id') => {
    const list = (name: string, args: string) => (args ? `${name}(${args})` : name);
    return `${list('webhookSubscriptions', outer)} { nodes { ${list('deliveries', inner)} { nodes { ${fields} } } } }`;
  };

  const documents: [says: string, document: string, isTaken: boolean][] = [
    ['with 15 aliases', `{ ${aliases(15)} }`, true],
    ['with 16 aliases', `{ ${aliases(16)} }`, false],
    [
      'with 16 aliases in fragments',
      `{ ...a } fragment a on Query { ${aliases(8)} ...b } fragment b on Query { ${aliases(16)} }`,
      false,
    ],
    [
      'with a fragment of 5 aliases used four times',
      `{ deliveries { nodes { ...a event { deliveries { ...a event { deliveries { ...a subscription { deliveries { nodes { ...a } } } } } } } } } }
       fragment a on Delivery { ${aliases(5)} }`,
      false,
    ],
    ['of 11 levels', `{ ${deep(11)} }`, true],
    ['of 13 levels', `{ ${deep(13)} }`, false],
    [
      'of 14 levels in fragments',
      `{ delivery(id: "") { ...a } } fragment a on Delivery { event { deliveries { ...b } } } fragment b on Delivery { event { deliveries { ...c } } }
       fragment c on Delivery { event { deliveries { event { deliveries { event { deliveries { event { deliveries { id } } } } } } } } }`,
      false,
    ],
    ['with 5 directives', `{ ${directives(1)} ${'a: __typename @skip(if: false) '.repeat(4)} }`, true],
    ['with 6 directives', `{ ${'a: __typename @skip(if: false) '.repeat(6)} }`, false],
    ['with the same directive 50 times', `{ ${directives(50)} }`, false],
    ['of 1900 words', `{ events(filter: { types: [${'"a" '.repeat(1900)}] }) { nodes { id } } }`, true],
    ['of 2001 words', `{ ${'__typename '.repeat(2001)} }`, false],
    ['of 20000 words', `{ ${'__typename '.repeat(20_000)} }`, false],
    [
      'with a page of 250 and all there is of its entries',
      `{ deliveries(first: 250) { totalCount nodes { ${whole} } } }`,
      true,
    ],
    ['with pages of 250 within a page of 250', `{ ${pages('first: 250', 'last: 250')} }`, false],
    ['with the last 250 of each within a page of 150', `{ ${pages('first: 150', 'last: 250')} }`, false],
    ['with pages of 50 within a page of 50, which is the default', `{ ${pages('', '', whole)} }`, false],
    ['with pages of 3 within a page of 250', `{ ${pages('first: 250', 'first: 3')} }`, true],
    [
      'with large pages under 15 names',
      `{ ${Array.from({ length: 15 }, (_, index) => `a${index}: deliveries(first: 250) { nodes { id status eventType event { id } } }`)} }`,
      false,
    ],
    [
      'with pages within pages in fragments',
      `{ webhookSubscriptions(first: 250) { ...a } } fragment a on WebhookSubscriptionConnection { nodes { ... on WebhookSubscription { ...b } } }
       fragment b on WebhookSubscription { deliveries(first: 250) { edges { node { id } } } }`,
      false,
    ],
    [
      'whose fragments each spread the next one twice',
      `{ ...f0 } ${Array.from({ length: 60 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`).join(' ')} fragment f60 on Query { __typename }`,
      true,
    ],
    [
      'whose fragments lead in a circle',
      '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
      false,
    ],
  ];

  test.each(documents)('%s, over HTTP', async (_says, query, isTaken) => {
    // A long body is read for good keys alone.
    const key = query.length > 60_000 ? { 'x-api-key': tendril.key } : {};
    const response = await fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...key },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as GraphqlAnswer;
    const code = errors?.[0]?.extensions.code ?? 'OK';
    if (isTaken) {
      expect(['OK', 'UNAUTHENTICATED']).toContain(code);
      return;
    }
    expect(response.status).toBe(400);
    expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
    // graphql itself calls too many words that.
    expect(errors?.[0]?.message).not.toMatch(/^Syntax Error: (?!Document contains)/);
  });

  test.each(documents)('%s, over WebSocket', async (_says, query, isTaken) => {
    const client = tendril.ws();
    const answer = client.iterate({ query });
    const next = answer.next();
    if (isTaken) {
      expect((await next).value).toHaveProperty('data');
    } else {
      const told = await next.catch((errors: unknown) => errors);
      expect(told).toBeInstanceOf(Array);
      expect((told as object[])[0]).toMatchObject({
        extensions: { code: expect.stringMatching(/^GRAPHQL_/) },
      });
    }
    const after = client.iterate({ query: '{ __typename }' });
    expect((await after.next()).value).toEqual({ data: { __typename: 'Query' } });
  });

  test('whose pages are as large as its variables say is judged by them', async () => {
    const query = `query ($outer: Int, $inner: Int = 250) { ${pages('first: $outer', 'first: $inner')} }`;
    for (const [variables, isTaken] of [
      [{ outer: 5, inner: 5 }, true],
      [{ outer: 250, inner: 250 }, false],
      [{ outer: 150 }, false],
      [{ outer: 3 }, true],
      [{ outer: 1e9, inner: 1e9 }, false],
    ] as const) {
      const { errors } = await postGraphql(tendril, query, { variables });
      expect([variables, errors?.[0]?.extensions.code]).toEqual([
        variables,
        isTaken ? undefined : 'GRAPHQL_VALIDATION_FAILED',
      ]);
      const overSocket = tendril.ws().iterate({ query, variables }).next();
      if (isTaken) await overSocket;
      else
        await expect(overSocket).rejects.toMatchObject([
          { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
        ]);
    }
  });

  test('that clients use to learn the schema is taken', async () => {
    for (const query of [
      getIntrospectionQuery(),
      getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }),
    ]) {
      const { errors, data } = await postGraphql(tendril, query);
      expect(errors).toBeUndefined();
      expect(data).toHaveProperty('__schema');
    }
  });
});
