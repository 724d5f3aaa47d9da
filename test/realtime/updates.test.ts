import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  DeleteWebhookSubscriptionDocument,
  DeliveriesDocument,
  type DeliveryFilter,
  type DeliveryStatus,
  PublishEventsDocument,
} from '../../generated/operations.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { answerByPath, fillLog } from '../support/filled-log.js';
import { type Followed, followUpdates, type Update } from '../support/follow-updates.js';
import {
  deliveryIds,
  newEventType,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { holdTransactionOpen } from '../support/open-transaction.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

let env: Env;
let tendril: Tendril;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('a stream of updates', () => {
  test('tells every state of a delivery in its order, from its birth on', async () => {
    const receiver = await startReceiver((_request, earlier, response) => {
      response.writeHead(earlier === 0 ? 503 : 200).end();
    });
    const type = await newEventType(tendril);
    const retryPolicy = { scheduleSeconds: [1] };
    await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
    const { updates } = await followUpdates(tendril.ws(), { filter: { eventTypes: [type] } });
    const id = await publishForOne(tendril, type);
    await eventually(() => updates.at(-1)?.status === 'DELIVERED');

    expect(updates.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
      ['PENDING', 0],
      ['SENDING', 1],
      ['RETRYING', 1],
      ['SENDING', 2],
      ['DELIVERED', 2],
    ]);
    expect(new Set(updates.map((update) => update.id))).toEqual(new Set([id]));
    const [pending, , retrying, , delivered] = updates;
    expect(pending).toMatchObject({ completedAt: null, lastAttempt: null });
    expect(retrying).toMatchObject({
      completedAt: null,
      lastAttempt: { outcome: 'REJECTED', response: { statusCode: 503 } },
    });
    expect(Date.parse(retrying?.nextAttemptAt ?? '')).toBeGreaterThan(Date.parse(retrying?.updatedAt ?? ''));
    const { attempts: _, ...shown } = await showDelivery(tendril, id);
    const { lastAttempt, ...last } = delivered ?? ({} as Update);
    expect(last).toEqual({ ...shown, cursor: last.cursor });
    expect(lastAttempt).toMatchObject({ number: 2, outcome: 'SUCCEEDED' });
    const moments = updates.map(({ updatedAt }) => Date.parse(updatedAt));
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
  });

  test('tells deliveries that are skipped, given up, or canceled with their subscription', async () => {
    const receiver = await startReceiver(500);
    const type = await newEventType(tendril);
    const { updates } = await followUpdates(tendril.ws(), { filter: { eventTypes: [type] } });
    const endpoint = { endpointUrl: receiver.url, eventTypes: [type] };
    await subscribe(tendril, { ...endpoint, status: 'INACTIVE' });
    await subscribe(tendril, { ...endpoint, retryPolicy: { scheduleSeconds: [] } });
    const { id } = await subscribe(tendril, endpoint);
    await publish(tendril, type);
    await eventually(() => updates.some(({ status }) => status === 'RETRYING'));
    await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
    await eventually(
      () =>
        updates.some(({ status }) => status === 'CANCELED') &&
        updates.some(({ status }) => status === 'FAILED'),
    );
    const byDelivery = Object.values(Object.groupBy(updates, (update) => update.id));
    const told = byDelivery.map((states) => states?.map(({ status }) => status).join(' ')).toSorted();
    expect(told).toEqual(['PENDING SENDING FAILED', 'PENDING SENDING RETRYING CANCELED', 'SKIPPED']);
    expect(updates.find(({ status }) => status === 'SKIPPED')?.skipReason).toBe('SUBSCRIPTION_INACTIVE');
    expect(updates.find(({ status }) => status === 'FAILED')?.failureReason).toBe('RETRIES_EXHAUSTED');
    expect(updates.find(({ status }) => status === 'CANCELED')?.subscription).toBeNull();
  });

  test('ends with the subscription that the client completes, while the socket goes on', async () => {
    const client = tendril.ws();
    const type = await newEventType(tendril);
    const [one, other] = [await followUpdates(client), await followUpdates(client)];
    one.stop();
    await client.iterate({ query: '{ viewer { workspace { id } } }' }).next();
    const before = one.updates.length;
    await subscribe(tendril, {
      endpointUrl: 'http://127.0.0.1:9/',
      eventTypes: [type],
      status: 'INACTIVE',
    }).catch(() => undefined);
    await subscribe(tendril, {
      endpointUrl: 'http://127.0.0.1:9999/',
      eventTypes: [type],
      status: 'INACTIVE',
    });
    const id = await publishForOne(tendril, type);
    await eventually(() => other.updates.some((update) => update.id === id));
    expect(one.updates).toHaveLength(before);
  });

  test.each([
    '',
    '?',
    'nonsense',
    'dlv_01h455vb4pex5vsknk084sn02q',
    Buffer.from('1 2 3 4').toString('base64url'),
  ])('does not begin behind %j, which is no cursor', async (after) => {
    const followed = await followUpdates(tendril.ws(), { after });
    await eventually(followed.error);
    expect(followed.error()).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' }, path: ['deliveryUpdated'] },
    ]);
  });

  test.each([
    ['0', ''],
    ['4294967296', ''],
    ['90:77:', ''],
    ['77:90:91', ''],
    ['77', ' 77:90:80,80'],
    ['77', ' 90:90'],
  ])('does not begin behind a forged cursor, of snapshots %j%j', async (seen, until) => {
    const { viewer } = await tendril
      .http()
      .request<{ viewer: { workspace: { id: string } } }>('{ viewer { workspace { id } } }');
    const workspace = fromTypeId('ws', viewer.workspace.id) ?? '';
    const cursor = (text: string) => Buffer.from(text).toString('base64url');
    const genuine = await followUpdates(tendril.ws(), { after: cursor(`77 80 ${workspace} ${workspace}`) });
    const after = cursor(`${seen} 80 ${workspace} ${workspace}${until}`);
    const followed = await followUpdates(tendril.ws(), { after });
    await eventually(followed.error);
    expect(followed.error()).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(genuine.error()).toBeUndefined();
  });
});

describe('a filter of a stream', () => {
  const filters: [says: string, filter: (log: Awaited<ReturnType<typeof fillLog>>) => DeliveryFilter][] = [
    ['nothing', () => ({})],
    ['a subscription', ({ subscriptions }) => ({ subscriptionIds: [subscriptions.shop ?? ''] })],
    [
      'several subscriptions',
      ({ subscriptions }) => ({ subscriptionIds: [subscriptions.off ?? '', subscriptions.slow ?? '', 'x'] }),
    ],
    ['no subscription', () => ({ subscriptionIds: [] })],
    ['an event', ({ events }) => ({ eventIds: [events.paid?.id ?? ''] })],
    ['no event', () => ({ eventIds: [] })],
    ['an event type', () => ({ eventTypes: ['payout.paid'] })],
    ['a group', () => ({ eventTypes: ['refund.*'] })],
    ['half a group', () => ({ eventTypes: ['pay.*', '*'] })],
    ['states', () => ({ statuses: ['RETRYING', 'SKIPPED'] })],
    ['no state', () => ({ statuses: [] })],
    ['a lowest status code', () => ({ statusCodeFrom: 500 })],
    ['a highest status code', () => ({ statusCodeTo: 299 })],
    ['both', () => ({ statusCodeFrom: 503, statusCodeTo: 503 })],
    ['a moment', ({ events }) => ({ createdAfter: events.refunded?.createdAt ?? '' })],
    ['another moment', ({ events }) => ({ createdBefore: events.refunded?.createdAt ?? '' })],
    ['a text of the payload', () => ({ search: 'GRÖßE' })],
    ['a text of the URL', () => ({ search: '/off_line' })],
    ['an id', ({ events }) => ({ search: events.failed?.id ?? '' })],
    ['U+0000', () => ({ search: '\0' })],
    [
      'everything at once',
      ({ subscriptions }) => ({
        subscriptionIds: [subscriptions.slow ?? ''],
        eventTypes: ['payout.*'],
        statuses: ['RETRYING'],
        statusCodeFrom: 500,
        search: 'größe',
      }),
    ],
  ];

  test('fits what it fits in the logs, both live and when going on behind a cursor', async () => {
    const own = await startTendril();
    const receiver = await startReceiver(answerByPath);
    const log = await fillLog(own, receiver);
    const earliest = await cursorBeforeEverything(own);
    const clients = [own.ws(), own.ws(), own.ws()];
    const streams = [];
    for (const [index, [says, filter]] of filters.entries()) {
      const given = filter(log);
      const client = clients[index % clients.length] ?? own.ws();
      const live = await followUpdates(client, { filter: given });
      const resumed = await followUpdates(client, { filter: given, after: earliest });
      streams.push({ says, given, live, resumed });
    }
    // The same again, live.
    const events = [
      { type: 'payout.paid', payload: { note: 'Größe' } },
      { type: 'refund.succeeded', payload: 1 },
    ];
    const { publishEvents } = await own.http().request(PublishEventsDocument, { events });
    const published = publishEvents.map(({ event }) => event?.id ?? '');
    await eventually(
      async () =>
        (await deliveryIds(own, { eventIds: published, statuses: ['PENDING', 'SENDING'] })).length === 0,
    );

    for (const { says, given, live, resumed } of streams) {
      const inLog = await deliveryIds(own, given);
      const ofPublished = await deliveryIds(own, { eventIds: published });
      const inLogSince = inLog.filter((id) => ofPublished.includes(id));
      await expectToFit(says, resumed, given, inLog);
      await expectToFit(says, live, given, inLogSince);
    }
  });

  test('gives each of many streams its own and nothing else', async () => {
    const receiver = await startReceiver();
    const made: { type: string; subscription: string }[] = [];
    for (let index = 0; index < 20; index += 1) {
      const type = await newEventType(tendril);
      const { id } = await subscribe(tendril, {
        endpointUrl: `${receiver.url}/${index}`,
        eventTypes: [type],
      });
      made.push({ type, subscription: id });
    }
    const byType = tendril.ws();
    const bySubscription = tendril.ws();
    const streams = [];
    for (const { type, subscription } of made) {
      streams.push({
        type,
        followed: [
          await followUpdates(byType, { filter: { eventTypes: [type] } }),
          await followUpdates(bySubscription, { filter: { subscriptionIds: [subscription] } }),
        ],
      });
    }
    await Promise.all(
      made.toReversed().flatMap(({ type }) => [publish(tendril, type), publish(tendril, type)]),
    );
    for (const { type, followed } of streams) {
      for (const { updates } of followed) {
        await eventually(() => updates.filter(({ status }) => status === 'DELIVERED').length === 2);
        expect(new Set(updates.map(({ eventType }) => eventType))).toEqual(new Set([type]));
        expect(updates).toHaveLength(6);
      }
    }
  });
});

describe('a reader that breaks off and goes on behind its last cursor', () => {
  test.each([
    ['', false],
    [', while a transaction stays open in another database', true],
  ])(
    'misses nothing, at whatever moments and in whichever process%s',
    {
      timeout: 60_000,
    },
    async (_when, isOneOpen) => {
      if (isOneOpen) await holdTransactionOpen(env);
      const second = await startTendrilProcess({ ...env, ROLE: 'api' });
      const receiver = await startReceiver((_request, earlier, response) => {
        response.writeHead(earlier % 7 === 3 ? 500 : 200).end();
      });
      const type = await newEventType(tendril);
      await subscribe(tendril, {
        endpointUrl: receiver.url,
        eventTypes: [type],
        // Each attempt fails one time in seven, and none may be given up.
        retryPolicy: { scheduleSeconds: Array.from({ length: 12 }, () => 1) },
      });
      const seed = Date.now() % 1e6;
      const dice = seededDice(seed);
      const told: Update[] = [];
      let isPublished = false;
      let breaks = 0;

      const publishing = publishSlowly(tendril, second, type, 300).then(() => {
        isPublished = true;
      });
      // The first cursor there is: from then on the reader always goes on behind one.
      const first = await followUpdates(tendril.ws(), { filter: { eventTypes: [type] } });
      await eventually(() => first.updates.length > 0);
      first.stop();
      told.push(...first.updates);
      const isDone = () =>
        isPublished &&
        lastStates(told).size === 300 &&
        [...lastStates(told).values()].every((status) => status === 'DELIVERED');
      while (!isDone()) {
        const server = dice() < 0.5 ? tendril : second;
        const breakAfter = 1 + Math.floor(dice() * 60);
        const client = server.ws();
        let count = 0;
        const after = told.at(-1)?.cursor ?? '';
        const followed = await followUpdates(client, { filter: { eventTypes: [type] }, after }, (update) => {
          if (count >= breakAfter) return;
          told.push(update);
          count += 1;
        });
        await eventually(
          () => count === breakAfter || isDone(),
          15_000,
          () =>
            `seed ${seed}: ${told.length} states of ${lastStates(told).size} deliveries were told, ${count} since the last break`,
        );
        expect(followed.error()).toBeUndefined();
        // In two ways: properly, and as a cable does.
        if (dice() < 0.5) followed.stop();
        else client.terminate();
        breaks += 1;
      }
      await publishing;
      const final = await finalStates(tendril, type);
      expect(final.size).toBe(300);
      expect([seed, lastStates(told)]).toEqual([seed, final]);
      expect(breaks).toBeGreaterThan(5);
      expectNoneToGoBack(told);
    },
  );

  test('at a birth, is told that it is SENDING since', async () => {
    const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
    const held: { end(): unknown }[] = [];
    const type = await newEventType(tendril);
    await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
    const filter = { eventTypes: [type] };
    const born = await followUpdates(tendril.ws(), { filter });
    await publish(tendril, type);
    await eventually(() => held.length === 1 && born.updates.length === 2);
    const resumed = await followUpdates(tendril.ws(), { filter, after: born.updates[0]?.cursor ?? '' });
    await eventually(() => resumed.updates.length > 0);
    expect(resumed.updates.map(({ status }) => status)).toEqual(['SENDING']);
    const since = await followUpdates(tendril.ws(), { filter, after: born.updates[1]?.cursor ?? '' });
    held[0]?.end();
    await eventually(() => since.updates.length > 0);
    expect(since.updates.map(({ status }) => status)).toEqual(['DELIVERED']);
  });

  test('and one that does not break off misses nothing while PostgreSQL ends the listener', async () => {
    const receiver = await startReceiver();
    const type = await newEventType(tendril);
    await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
    const followed = await followUpdates(tendril.ws(), { filter: { eventTypes: [type] } });
    const database = new Client({ connectionString: env.DATABASE_URL });
    await database.connect();
    onTestFinished(() => database.end());
    let ended = 0;
    const endListeners = async () => {
      const { rowCount } = await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'tendril listener' AND datname = current_database()`,
      );
      ended += rowCount ?? 0;
    };
    for (let round = 0; round < 6; round += 1) {
      const events = Array.from({ length: 30 }, () => ({ type, payload: {} }));
      const publishing = tendril.http().request(PublishEventsDocument, { events });
      await endListeners();
      await publishing;
    }
    await eventually(
      () =>
        [...lastStates(followed.updates).values()].filter((status) => status === 'DELIVERED').length === 180,
      15_000,
      () => `${lastStates(followed.updates).size} of 180 were told`,
    );
    expect(ended).toBeGreaterThan(0);
    expect(followed.error()).toBeUndefined();
    expect(lastStates(followed.updates)).toEqual(await finalStates(tendril, type));
    expectNoneToGoBack(followed.updates);
  });
});

test('a reader that is slow is spared states in between, but never the latest', async () => {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const deliveries = 1_200;
  const { default: WebSocket } = await import('ws');
  const socket = new WebSocket(`${tendril.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const states: [id: string, status: DeliveryStatus][] = [];
  socket.on('message', (data) => {
    const { type: kind, payload } = JSON.parse(String(data));
    if (kind === 'connection_ack') {
      const query =
        'subscription ($filter: DeliveryFilter) { deliveryUpdated(filter: $filter) { id status event { payload } } }';
      socket.send(
        JSON.stringify({
          id: '1',
          type: 'subscribe',
          payload: { query, variables: { filter: { eventTypes: [type] } } },
        }),
      );
    } else if (kind === 'next') {
      const { id, status } = payload.data.deliveryUpdated;
      states.push([id, status]);
      // Once it has seen the stream open, it stops to read.
      if (states.length === 1) socket.pause();
    }
  });
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-api-key': tendril.key } })),
  );
  await eventually(async () => (await publish(tendril, type, 'the first')) && states.length > 0);

  const events = Array.from({ length: 100 }, () => ({ type, payload: 'x'.repeat(10_000) }));
  for (let hundred = 0; hundred < deliveries / 100; hundred += 1) {
    await tendril.http().request(PublishEventsDocument, { events });
  }
  await eventually(
    async () =>
      (await deliveryIds(tendril, { eventTypes: [type], statuses: ['PENDING', 'SENDING', 'RETRYING'] }))
        .length === 0,
    20_000,
  );
  socket.resume();
  const all = await finalStates(tendril, type);
  const last = () => new Map(states);
  await eventually(
    () => [...all.keys()].every((id) => last().get(id) === 'DELIVERED'),
    20_000,
    () => `${last().size} of ${all.size}`,
  );
  expect(all.size).toBeGreaterThan(deliveries);
  expect(states.length).toBeLessThan(3 * all.size);
});

test('a stream in one process tells what was published and sent in others', async () => {
  const api = await startTendrilProcess({ ...env, ROLE: 'api' });
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(api, { endpointUrl: receiver.url, eventTypes: [type] });
  const streams = [
    await followUpdates(api.ws(), { filter: { eventTypes: [type] } }),
    await followUpdates(tendril.ws(), { filter: { eventTypes: [type] } }),
  ];
  const ids = [await publishForOne(tendril, type), await publishForOne(api, type)];
  for (const { updates } of streams) {
    await eventually(() => updates.filter(({ status }) => status === 'DELIVERED').length === 2);
    for (const id of ids) {
      const states = updates.filter((update) => update.id === id).map(({ status }) => status);
      expect(states).toEqual(['PENDING', 'SENDING', 'DELIVERED']);
    }
  }
});

/** Holds a stream to have told what its filter fits in the log, and nothing else. */
async function expectToFit(
  says: string,
  followed: Followed,
  { statuses, statusCodeFrom, statusCodeTo }: DeliveryFilter,
  inLog: readonly string[],
): Promise<void> {
  const told = () => [...new Set(followed.updates.map(({ id }) => id))];
  await eventually(
    () => inLog.every((id) => told().includes(id)),
    10_000,
    () => `by ${says}, ${told().length} of ${inLog.length} were told`,
  );
  expect(followed.error()).toBeUndefined();
  for (const { status } of followed.updates) if (statuses) expect(statuses).toContain(status);
  // What a delivery was for a while only is told then, and its state or status code is another in the log.
  if (!statuses && !statusCodeFrom && !statusCodeTo) {
    expect([says, told().toSorted()]).toEqual([says, inLog.toSorted()]);
  }
}

/** Publishes so many events, now here and now there, in small batches. */
async function publishSlowly(one: Tendril, other: Tendril, type: string, count: number): Promise<void> {
  for (let published = 0; published < count; published += 5) {
    const events = Array.from({ length: 5 }, () => ({ type, payload: {} }));
    await (published % 2 === 0 ? one : other).http().request(PublishEventsDocument, { events });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function lastStates(updates: readonly Update[]): Map<string, DeliveryStatus> {
  return new Map(updates.map(({ id, status }) => [id, status]));
}

/** All deliveries of a type in their present states. */
async function finalStates(of: Tendril, type: string): Promise<Map<string, DeliveryStatus>> {
  const states = new Map<string, DeliveryStatus>();
  for (let after: string | null = null, hasMore = true; hasMore; ) {
    const answer: { deliveries: Page } = await of
      .http()
      .request(DeliveriesDocument, { first: 250, after, filter: { eventTypes: [type] } });
    for (const { id, status } of answer.deliveries.nodes) states.set(id, status);
    ({ endCursor: after, hasNextPage: hasMore } = answer.deliveries.pageInfo);
  }
  return states;
}

interface Page {
  readonly nodes: readonly { id: string; status: DeliveryStatus }[];
  readonly pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

/** A state may be told twice, and never one that comes before another that was told. */
function expectNoneToGoBack(updates: readonly Update[]): void {
  const reached = new Map<string, number>();
  for (const { id, status, attemptCount } of updates) {
    const progress = 2 * attemptCount - (status === 'SENDING' ? 1 : 0);
    expect(progress).toBeGreaterThanOrEqual(reached.get(id) ?? 0);
    reached.set(id, progress);
  }
}

/** A cursor that everything in the workspace lies behind. */
async function cursorBeforeEverything(of: Tendril): Promise<string> {
  const { deliveries } = await of.http().request(DeliveriesDocument, { first: 1 });
  const [, , uuid, workspace] = Buffer.from(deliveries.nodes[0]?.cursor ?? '', 'base64url')
    .toString()
    .split(' ');
  return Buffer.from(`1 0 ${uuid} ${workspace}`).toString('base64url');
}

/** Dice that fall the same way for the same seed. */
function seededDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
