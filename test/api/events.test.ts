import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EventsDocument,
  type EventsQuery,
  type EventsQueryVariables,
  type WebhookEventFilter,
} from '../../generated/operations.js';
import { answerByPath, type FilledLog, fillLog } from '../support/filled-log.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;
let receiver: Receiver;
let log: FilledLog;

beforeAll(async () => {
  receiver = await startReceiver(answerByPath, { stopAfterTest: false });
  tendril = await startTendril(undefined, { stopAfterTest: false });
  log = await fillLog(tendril, receiver);
});

afterAll(async () => {
  await tendril.stop();
  await receiver.close();
});

const newestFirst = ['refused', 'refunded', 'failed', 'paid'];
const event = (name: string) => log.events[name] ?? { id: '', createdAt: '' };

test('the list of events has the newest first, with all that was published', async () => {
  const { nodes } = await list({});
  expect(nodes).toEqual([
    { type: 'refund.failed', payload: 'just a text', idempotencyKey: null, ...event('refused') },
    {
      type: 'refund.succeeded',
      payload: { amount: 5, needle: false },
      idempotencyKey: null,
      ...event('refunded'),
    },
    {
      type: 'payout.failed',
      payload: { deep: [{ er: ['Needle\nin a haystack'] }] },
      idempotencyKey: null,
      ...event('failed'),
    },
    {
      type: 'payout.paid',
      payload: { note: 'Größe "9" 100%_\\', amount: 7 },
      idempotencyKey: 'Key of_paid',
      ...event('paid'),
    },
  ]);
});

describe('a filter of the events', () => {
  test.each<[says: string, filter: () => WebhookEventFilter, names: string[]]>([
    ['nothing given', () => ({}), newestFirst],
    [
      'nothing but null',
      () => ({ types: null, createdAfter: null, createdBefore: null, search: null }),
      newestFirst,
    ],
    ['a type', () => ({ types: ['payout.paid'] }), ['paid']],
    [
      'types and groups',
      () => ({ types: ['payout.paid', 'refund.*', 'no.such', 'a\0b'] }),
      ['refused', 'refunded', 'paid'],
    ],
    ['no type', () => ({ types: [] }), []],
    [
      'from a moment on, itself included',
      () => ({ createdAfter: event('refunded').createdAt }),
      ['refused', 'refunded'],
    ],
    [
      'up to a moment, itself not included',
      () => ({ createdBefore: event('refunded').createdAt }),
      ['failed', 'paid'],
    ],
    [
      'between two moments',
      () => ({ createdAfter: event('failed').createdAt, createdBefore: event('refunded').createdAt }),
      ['failed'],
    ],
    ['its id as text', () => ({ search: ` ${event('failed').id}` }), ['failed']],
    ['a part of its id', () => ({ search: event('failed').id.slice(4) }), []],
    ['a part of its idempotency key', () => ({ search: 'kEY OF_' }), ['paid']],
    ['a string deep in its payload', () => ({ search: 'needle\nIN' }), ['failed']],
    ['a payload that is a text', () => ({ search: 'A TEXT' }), ['refused']],
    ['quotes', () => ({ search: 'e "9"' }), ['paid']],
    ['signs that mean something to LIKE', () => ({ search: '%_\\' }), ['paid']],
    ['an underscore', () => ({ search: 'a_text' }), []],
    ['U+0000', () => ({ search: '\0' }), []],
    ['SQL', () => ({ search: "' OR ''='" }), []],
    ['an empty search', () => ({ search: '' }), newestFirst],
    [
      'every field at once',
      () => ({ ...between('failed', 'refunded'), types: ['payout.*'], search: 'needle' }),
      ['failed'],
    ],
  ])('by %s', async (_says, filter, names) => {
    expect(namesOf(await list({ filter: filter() }))).toEqual(names);
  });

  const between = (first: string, next: string) => ({
    createdAfter: event(first).createdAt,
    createdBefore: event(next).createdAt,
  });
});

test('events are paged from either end', async () => {
  const first = await list({ first: 3 });
  expect(namesOf(first)).toEqual(newestFirst.slice(0, 3));
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const last = await list({ first: 3, after: first.pageInfo.endCursor });
  expect(namesOf(last)).toEqual(['paid']);
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  const back = await list({ last: 2, before: last.pageInfo.startCursor });
  expect(namesOf(back)).toEqual(['refunded', 'failed']);
  expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  expect(namesOf(await list({ last: 1 }))).toEqual(['paid']);
  expect(namesOf(await list({ first: 0 }))).toEqual([]);
});

test('events of several types are paged in one order, from either end', async () => {
  const filter = { types: ['payout.paid', 'refund.*', 'payout.failed'] };
  const all = namesOf(await list({ filter }));
  expect(all).toEqual(newestFirst.filter((name) => all.includes(name)));
  expect(all.length).toBeGreaterThan(2);
  const first = await list({ filter, first: 2 });
  expect(namesOf(first)).toEqual(all.slice(0, 2));
  expect(namesOf(await list({ filter, first: 9, after: first.pageInfo.endCursor }))).toEqual(all.slice(2));
  const last = await list({ filter, last: 1 });
  expect(namesOf(last)).toEqual(all.slice(-1));
  expect(namesOf(await list({ filter, last: 2, before: last.pageInfo.startCursor }))).toEqual(
    all.slice(-3, -1),
  );
});

test('an event has its deliveries, the skipped ones included', async () => {
  const { event: shown } = await tendril
    .http()
    .request<WithDeliveries>(
      `{ event(id: "${event('paid').id}") { type deliveries { id event { deliveries { id } } } } }`,
    );
  expect(log.namesOf(shown.deliveries).toSorted()).toEqual(['paid to off', 'paid to shop', 'paid to slow']);
  for (const delivery of shown.deliveries) expect(delivery.event.deliveries).toHaveLength(3);
});

test.each(['evt_01h455vb4pex5vsknk084sn02q', 'dlv_01h455vb4pex5vsknk084sn02q', '', 'evt_\0', '{}'])(
  'there is no event %j',
  async (id) => {
    const query = 'query ($id: ID!) { event(id: $id) { id } }';
    expect(await tendril.http().request(query, { id })).toEqual({ event: null });
  },
);

interface WithDeliveries {
  event: { deliveries: { id: string; event: { deliveries: unknown[] } }[] };
}

async function list(variables: EventsQueryVariables): Promise<EventsQuery['events']> {
  return (await tendril.http().request(EventsDocument, variables)).events;
}

function namesOf({ nodes }: EventsQuery['events']): (string | undefined)[] {
  return nodes.map(({ id }) => Object.keys(log.events).find((name) => event(name).id === id));
}
