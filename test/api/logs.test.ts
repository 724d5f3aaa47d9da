import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DeliveriesDocument,
  type DeliveriesQuery,
  type DeliveriesQueryVariables,
  type DeliveryFilter,
  type DeliveryOrder,
  EventsDocument,
  EventTypesDocument,
  WebhookSubscriptionsDocument,
} from '../../generated/operations.js';
import { answerByPath, type FilledLog, fillLog } from '../support/filled-log.js';
import { publish } from '../support/main-operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let env: Env;
let tendril: Tendril;
let receiver: Receiver;
let log: FilledLog;

beforeAll(async () => {
  env = await freshEnv();
  receiver = await startReceiver(answerByPath, { stopAfterTest: false });
  tendril = await startTendril(env, { stopAfterTest: false });
  log = await fillLog(tendril, receiver);
});

afterAll(async () => {
  await tendril.stop();
  await receiver.close();
});

const everything = [
  'paid to shop',
  'paid to slow',
  'paid to off',
  'failed to shop',
  'failed to off',
  'refunded to dead',
  'refunded to absent',
  'refunded to off',
  'refused to absent',
  'refused to off',
  'refused to deleted',
];

/** The names in the order of the log: which of an event's deliveries comes first is left open. */
const inOrder = () => log.namesOf(log.deliveries);
const subscription = (name: string) => log.subscriptions[name] ?? '';
const event = (name: string) => log.events[name] ?? { id: '', createdAt: '' };
const later = (moment: string, ms: number) => new Date(Date.parse(moment) + ms).toISOString();

describe('a filter of the logs', () => {
  test.each<[says: string, filter: () => DeliveryFilter, names: string[]]>([
    ['nothing given', () => ({}), everything],
    [
      'nothing but null',
      () => ({ subscriptionIds: null, statuses: null, statusCodeTo: null, search: null }),
      everything,
    ],
    [
      'a subscription',
      () => ({ subscriptionIds: [subscription('shop')] }),
      ['paid to shop', 'failed to shop'],
    ],
    ['a deleted one', () => ({ subscriptionIds: [subscription('deleted')] }), ['refused to deleted']],
    [
      'several subscriptions',
      () => ({ subscriptionIds: [subscription('dead'), subscription('slow')] }),
      ['paid to slow', 'refunded to dead'],
    ],
    ['no subscription', () => ({ subscriptionIds: [] }), []],
    ['ids that are none', () => ({ subscriptionIds: ['wsub_01h455vb4pex5vsknk084sn02q', '\0', ''] }), []],
    ['an id of another kind', () => ({ subscriptionIds: [event('paid').id] }), []],
    ['an event', () => ({ eventIds: [event('failed').id] }), ['failed to shop', 'failed to off']],
    [
      'several events',
      () => ({ eventIds: [event('failed').id, event('refunded').id, 'evt_x'] }),
      ['failed to shop', 'failed to off', 'refunded to dead', 'refunded to absent', 'refunded to off'],
    ],
    ['no event', () => ({ eventIds: [] }), []],
    ['an event type', () => ({ eventTypes: ['payout.failed'] }), ['failed to shop', 'failed to off']],
    [
      'a group',
      () => ({ eventTypes: ['payout.*'] }),
      ['paid to shop', 'paid to slow', 'paid to off', 'failed to shop', 'failed to off'],
    ],
    [
      'a group and a type',
      () => ({ eventTypes: ['refund.failed', 'payout.*', 'no.such', 'a\0.b', '\0.*'] }),
      everything.filter((name) => !name.startsWith('refunded')),
    ],
    ['no event type', () => ({ eventTypes: [] }), []],
    ['half a group', () => ({ eventTypes: ['pay.*', 'payout', 'payout.'] }), []],
    [
      'a state',
      () => ({ statuses: ['RETRYING'] }),
      ['paid to slow', 'refunded to absent', 'refused to absent'],
    ],
    [
      'several states',
      () => ({ statuses: ['FAILED', 'CANCELED'] }),
      ['refunded to dead', 'refused to deleted'],
    ],
    ['no state', () => ({ statuses: [] }), []],
    [
      'a lowest status code',
      () => ({ statusCodeFrom: 429 }),
      ['paid to slow', 'refunded to dead', 'refused to deleted'],
    ],
    [
      'a highest status code',
      () => ({ statusCodeTo: 429 }),
      ['paid to shop', 'failed to shop', 'refused to deleted'],
    ],
    ['both bounds', () => ({ statusCodeFrom: 500, statusCodeTo: 500 }), ['refunded to dead']],
    ['bounds the wrong way round', () => ({ statusCodeFrom: 500, statusCodeTo: 499 }), []],
    [
      'from a moment on, itself included',
      () => ({ createdAfter: event('refunded').createdAt }),
      everything.filter((name) => /^refu/.test(name)),
    ],
    [
      'from a moment on, in another time zone',
      () => ({ createdAfter: later(event('refused').createdAt, 2 * 3_600_000).replace('Z', '+02:00') }),
      everything.filter((name) => name.startsWith('refused')),
    ],
    [
      'up to a moment, itself not included',
      () => ({ createdBefore: event('refunded').createdAt }),
      everything.filter((name) => !/^refu/.test(name)),
    ],
    [
      'between two moments',
      () => ({ createdAfter: event('failed').createdAt, createdBefore: event('refunded').createdAt }),
      ['failed to shop', 'failed to off'],
    ],
    [
      'a moment of no length',
      () => ({ createdAfter: event('paid').createdAt, createdBefore: event('paid').createdAt }),
      [],
    ],
    ['before all time', () => ({ createdBefore: '0001-01-01T00:00:00Z' }), []],
    ['after all time', () => ({ createdAfter: '9999-12-31T23:59:59.999Z' }), []],
    [
      'an event id as text',
      () => ({ search: ` ${event('failed').id} ` }),
      ['failed to shop', 'failed to off'],
    ],
    ['a part of an id', () => ({ search: event('failed').id.slice(0, -1) }), []],
    ['an endpoint URL', () => ({ search: '/oFF_lINE' }), everything.filter((name) => name.endsWith('off'))],
    ['the URL of a deleted subscription', () => ({ search: '/429' }), ['refused to deleted']],
    ['a string deep in a payload', () => ({ search: 'nEEDLE\nin' }), ['failed to shop', 'failed to off']],
    [
      'a payload that is a text',
      () => ({ search: 'just a text' }),
      everything.filter((name) => name.startsWith('refused')),
    ],
    ['quotes and umlauts', () => ({ search: 'grÖSSe "9"'.replace('SS', 'ß') }), everything.slice(0, 3)],
    ['a percent sign', () => ({ search: '100%' }), everything.slice(0, 3)],
    ['signs that mean something to LIKE', () => ({ search: '%_\\' }), everything.slice(0, 3)],
    ['an underscore', () => ({ search: 'a_text' }), []],
    ['a backslash', () => ({ search: '\\n' }), []],
    ['U+0000', () => ({ search: 'Größe\0' }), []],
    ['SQL', () => ({ search: "' OR 1=1 --" }), []],
    ['an empty search', () => ({ search: '' }), everything],
    [
      'every field at once',
      () => ({
        subscriptionIds: [subscription('shop'), subscription('slow')],
        eventIds: [event('paid').id],
        eventTypes: ['payout.*'],
        statuses: ['DELIVERED', 'RETRYING'],
        statusCodeFrom: 500,
        statusCodeTo: 599,
        createdAfter: event('paid').createdAt,
        createdBefore: later(event('paid').createdAt, 1),
        search: 'größe',
      }),
      ['paid to slow'],
    ],
  ])('by %s', async (_says, filter, names) => {
    expect(await found(filter())).toEqual(inOrder().filter((name) => names.includes(name)));
  });

  test("by a delivery's id as text", async () => {
    const [first, second] = log.deliveries;
    expect(await found({ search: second?.id ?? '' })).toEqual(log.namesOf(second ? [second] : []));
    expect(await found({ search: first?.id.replace('dlv_', 'evt_') ?? '' })).toEqual([]);
  });

  test('of a subscription’s own log holds within that subscription', async () => {
    const of = async (filter: string) => {
      const { webhookSubscription } = await tendril
        .http()
        .request<OwnLog>(
          `{ webhookSubscription(id: "${subscription('shop')}") { deliveries(${filter}) { totalCount nodes { id } } } }`,
        );
      const { totalCount, nodes } = webhookSubscription.deliveries;
      expect(totalCount).toBe(nodes.length);
      return log.namesOf(nodes);
    };
    expect(await of('first: 9')).toEqual(['failed to shop', 'paid to shop']);
    expect(await of('filter: { eventTypes: ["payout.paid"] }')).toEqual(['paid to shop']);
    expect(await of(`filter: { subscriptionIds: ["${subscription('dead')}"] }`)).toEqual([]);
    expect(await of(`filter: { subscriptionIds: ["${subscription('shop')}", "x"] }`)).toHaveLength(2);
  });
});

describe('a page of the logs', () => {
  test('has the newest first unless told otherwise', async () => {
    const newest = await page({});
    const eventNames = newest.names.map((name) => name.split(' ')[0]);
    expect([...new Set(eventNames)]).toEqual(['refused', 'refunded', 'failed', 'paid']);
    expect(newest.names.toSorted()).toEqual(everything.toSorted());
    expect((await page({ orderBy: 'NEWEST_FIRST' })).names).toEqual(newest.names);
    expect((await page({ orderBy: null })).names).toEqual(newest.names);
    expect((await page({ orderBy: 'OLDEST_FIRST' })).names).toEqual(newest.names.toReversed());
  });

  test.each(['OLDEST_FIRST', 'NEWEST_FIRST'] as const)(
    'can be of any size, forward and back, %s',
    async (orderBy) => {
      const all = orderBy === 'OLDEST_FIRST' ? inOrder() : inOrder().toReversed();
      for (const size of [1, 3, 10, 11, 250]) {
        expect(await walkForward(orderBy, size)).toEqual(all);
        expect(await walkBackward(orderBy, size)).toEqual(all);
      }
    },
  );

  test('can lie between two cursors, counted from either side', async () => {
    const { startCursor: after, endCursor } = await page({ orderBy: 'OLDEST_FIRST', first: 9 });
    const between = { orderBy: 'OLDEST_FIRST', after, before: endCursor } as const;
    expect((await page(between)).names).toEqual(inOrder().slice(1, 8));
    expect((await page({ ...between, first: 2 })).names).toEqual(inOrder().slice(1, 3));
    expect((await page({ ...between, last: 2 })).names).toEqual(inOrder().slice(6, 8));
  });

  test('has the same entries in edges as in nodes, and a cursor for each', async () => {
    const { deliveries } = await tendril
      .http()
      .request<Edges>(
        '{ deliveries(first: 3) { edges { cursor node { id } } nodes { id } pageInfo { startCursor endCursor } } }',
      );
    const { edges, nodes, pageInfo } = deliveries;
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toEqual({ startCursor: edges[0]?.cursor, endCursor: edges[2]?.cursor });
    expect((await page({ after: edges[1]?.cursor, first: 1 })).names).toEqual([inOrder().at(-3)]);
  });

  test('of no entries is empty, and still counts and tells whether there are more', async () => {
    const none = { names: [], startCursor: null, endCursor: null, totalCount: everything.length };
    expect(await page({ first: 0 })).toEqual({ ...none, hasNextPage: true, hasPreviousPage: false });
    expect(await page({ last: 0 })).toEqual({ ...none, hasNextPage: false, hasPreviousPage: true });
    expect(await page({ first: 0, filter: { statuses: [] } })).toEqual({
      ...none,
      totalCount: 0,
      hasNextPage: false,
      hasPreviousPage: false,
    });
  });

  test('counts what the filter fits, whatever page it is', async () => {
    const { endCursor: after } = await page({ first: 8 });
    expect((await page({ after })).totalCount).toBe(11);
    expect((await page({ after, filter: { statuses: ['SKIPPED'] } })).totalCount).toBe(4);
  });
});

describe('arguments that ask for no page', () => {
  const lists = ['deliveries', 'events', 'webhookSubscriptions'];

  test.each([
    'first: -1',
    'first: 251',
    'last: -1',
    'last: 251',
    'first: 1, last: 1',
    'first: 0, last: 0',
    'after: ""',
    'after: "?"',
    'before: "nonsense"',
    'after: "\\u0000"',
    `after: "${Buffer.from('deliveries').toString('base64url')}"`,
  ])('%s', async (args) => {
    for (const list of lists)
      expect(await codesOf(`{ ${list}(${args}) { nodes { id } } }`)).toEqual(['BAD_USER_INPUT']);
    const { errors } = await postGraphql(
      tendril,
      `{ webhookSubscription(id: "${subscription('shop')}") { deliveries(${args}) { nodes { id } } } }`,
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' }, path: ['webhookSubscription', 'deliveries'] },
    ]);
  });

  test('a cursor that is damaged', async () => {
    const { endCursor } = await page({ first: 1 });
    const damaged = [
      `${endCursor}=`,
      ` ${endCursor}`,
      endCursor?.slice(0, -1),
      endCursor?.toUpperCase(),
      Buffer.from(
        Buffer.from(endCursor ?? '', 'base64url')
          .toString()
          .toUpperCase(),
      ).toString('base64url'),
    ];
    for (const after of damaged) {
      expect([
        after,
        ...(await codesOf(`{ deliveries(after: ${JSON.stringify(after)}) { nodes { id } } }`)),
      ]).toEqual([after, 'BAD_USER_INPUT']);
    }
  });

  test("a cursor of another list, of the live updates, or of another workspace's list", async () => {
    const events = await tendril.http().request(EventsDocument, { first: 1 });
    const subscriptions = await tendril.http().request(WebhookSubscriptionsDocument, { first: 1 });
    const types = await tendril.http().request(EventTypesDocument, { first: 1 });
    const foreign = [
      events.events.pageInfo.endCursor,
      subscriptions.webhookSubscriptions.pageInfo.endCursor,
      types.eventTypes.pageInfo.endCursor,
      log.deliveries[0]?.cursor,
      log.deliveries[0]?.id,
    ];
    for (const cursor of foreign) {
      expect(await codesOf(`{ deliveries(after: "${cursor}") { nodes { id } } }`)).toEqual([
        'BAD_USER_INPUT',
      ]);
      expect(await codesOf(`{ deliveries(before: "${cursor}") { nodes { id } } }`)).toEqual([
        'BAD_USER_INPUT',
      ]);
    }
    const { endCursor } = await page({ first: 1 });
    expect(await codesOf(`{ events(after: "${endCursor}") { nodes { id } } }`)).toEqual(['BAD_USER_INPUT']);

    const otherKey = await addWorkspace(env, 'other');
    const own = `{ deliveries(after: "${endCursor}") { nodes { id } } }`;
    expect(await codesOf(own)).toEqual([]);
    expect(await codesOf(own, otherKey)).toEqual(['BAD_USER_INPUT']);
  });

  test('a moment, a state or a number that is none', async () => {
    const filters = [
      'createdAfter: "yesterday"',
      'createdBefore: 7',
      'statuses: [SENT]',
      'statusCodeFrom: 1e10',
      'statusCodeTo: "200"',
      'subscriptionIds: [null]',
      'noSuchField: 1',
    ];
    for (const filter of filters) {
      expect(await codesOf(`{ deliveries(filter: { ${filter} }) { nodes { id } } }`)).toEqual([
        'GRAPHQL_VALIDATION_FAILED',
      ]);
    }
  });
});

test('the count is exact up to 10000, and no more than that', async () => {
  const [type, filter] = ['checkout_session.completed', { eventTypes: ['checkout_session.*'] }];
  const mutation =
    'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { deliveryCount } }';
  const many = async (count: number) => {
    const events = Array.from({ length: count }, () => ({ type, payload: 0 }));
    const { errors } = await postGraphql(tendril, mutation, { variables: { events } });
    expect(errors).toBeUndefined();
  };
  for (let thousand = 0; thousand < 10; thousand += 1) await many(thousand === 0 ? 999 : 1000);
  expect((await page({ first: 0, filter })).totalCount).toBe(9_999);
  await publish(tendril, type);
  expect((await page({ first: 0, filter })).totalCount).toBe(10_000);
  await publish(tendril, type);
  expect((await page({ first: 0, filter })).totalCount).toBe(10_000);
});

type ShownPage = DeliveriesQuery['deliveries']['pageInfo'] & { names: string[]; totalCount: number };

interface OwnLog {
  webhookSubscription: { deliveries: { totalCount: number; nodes: { id: string }[] } };
}

interface Edges {
  deliveries: {
    edges: { cursor: string; node: { id: string } }[];
    nodes: { id: string }[];
    pageInfo: { startCursor: string; endCursor: string };
  };
}

async function walkForward(orderBy: DeliveryOrder, first: number): Promise<string[]> {
  const walked: string[] = [];
  for (let after: string | null = null, hasMore = true; hasMore; ) {
    const one = await page({ orderBy, first, after });
    expect(one.hasPreviousPage).toBe(after !== null);
    walked.push(...one.names);
    ({ endCursor: after, hasNextPage: hasMore } = one);
  }
  return walked;
}

async function walkBackward(orderBy: DeliveryOrder, last: number): Promise<string[]> {
  const walked: string[] = [];
  for (let before: string | null = null, hasMore = true; hasMore; ) {
    const one = await page({ orderBy, last, before });
    expect(one.hasNextPage).toBe(before !== null);
    walked.unshift(...one.names);
    ({ startCursor: before, hasPreviousPage: hasMore } = one);
  }
  return walked;
}

async function found(filter: DeliveryFilter): Promise<string[]> {
  const { names, totalCount } = await page({ filter, orderBy: 'OLDEST_FIRST' });
  expect(totalCount).toBe(names.length);
  return names;
}

async function page(variables: DeliveriesQueryVariables): Promise<ShownPage> {
  const { deliveries } = await tendril.http().request(DeliveriesDocument, variables);
  const { nodes, pageInfo, totalCount } = deliveries;
  return { names: log.namesOf(nodes), totalCount, ...pageInfo };
}

async function codesOf(query: string, key = tendril.key): Promise<string[]> {
  const { errors = [] } = await postGraphql(tendril, query, { key });
  return errors.map(({ extensions }) => extensions.code);
}
