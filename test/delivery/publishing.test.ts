import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  EventsDocument,
  PublishEventDocument,
  type PublishEventInput,
  type PublishEventMutation,
  PublishEventsDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import {
  countDeliveries,
  deliveryIds,
  deliveryOnce,
  expectCountersToFit,
  newEventType,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

type Published = PublishEventMutation['publishEvent'];

let env: Env;
let tendril: Tendril;
let sibling: Tendril;
let type: string;
let receiver: Receiver;
let subscription: string;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
  sibling = await startTendril({ ...env, ROLE: 'api' }, { stopAfterTest: false });
});

afterAll(() => Promise.all([tendril.stop(), sibling.stop()]));

beforeEach(async () => {
  type = await newEventType(tendril);
  receiver = await startReceiver();
  ({ id: subscription } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] }));
});

describe('an idempotency key', () => {
  test('used again for the same event gives that event again, and sends nothing twice', async () => {
    const first = await send(tendril, { idempotencyKey: 'order-1', payload: { a: 1, b: [2] } });
    expect(first).toMatchObject({ duplicate: false, deliveryCount: 1, userErrors: [] });
    const again = await send(tendril, { idempotencyKey: 'order-1', payload: { a: 1, b: [2] } });
    expect(again).toEqual({ ...first, duplicate: true });
    await receiver.waitFor(1);
    expect(await deliveryIds(tendril, { subscriptionIds: [subscription] })).toHaveLength(1);
  });

  test.each<[string, Partial<PublishEventInput>]>([
    ['another payload', { payload: { a: 2 } }],
    ['a payload that differs in one digit only', { payload: { a: 1.0000000000000002 } }],
    ['another type', { type: 'payout.paid' }],
  ])('used again with %s is refused', async (_what, change) => {
    const idempotencyKey = `${type} ${_what}`;
    await send(tendril, { idempotencyKey, payload: { a: 1 } });
    expect(await send(tendril, { idempotencyKey, payload: { a: 1 }, ...change })).toMatchObject({
      event: null,
      duplicate: false,
      deliveryCount: 0,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', type: 'CONFLICT', field: ['input', 'idempotencyKey'] }],
    });
  });

  test('of a refused event is free to be used', async () => {
    expect(
      (await send(tendril, { idempotencyKey: `${type} once`, type: 'no.such_type' })).userErrors,
    ).toHaveLength(1);
    expect(await send(tendril, { idempotencyKey: `${type} once` })).toMatchObject({
      duplicate: false,
      userErrors: [],
    });
  });

  test('is another in another workspace', async () => {
    const otherKey = await addWorkspace(env, 'other');
    const { event } = await send(tendril, { type: 'payout.paid', idempotencyKey: 'shared' });
    const { publishEvent } = await tendril.http(otherKey).request(PublishEventDocument, {
      input: { type: 'payout.paid', payload: {}, idempotencyKey: 'shared' },
    });
    expect(publishEvent).toMatchObject({ duplicate: false, userErrors: [] });
    expect(publishEvent.event?.id).not.toBe(event?.id);
  });

  test.each([
    ['one character', 'x'],
    ['255 characters', 'é'.repeat(255)],
    ['255 characters that UTF-16 writes as two', '\u{1F600}'.repeat(255)],
    ['anything between', "'; DROP TABLE event; --"],
    ['a space', ' '],
  ])('may be %s', async (_what, idempotencyKey) => {
    const first = await send(tendril, { idempotencyKey, payload: type });
    expect(first.userErrors).toEqual([]);
    expect(await send(tendril, { idempotencyKey, payload: type })).toEqual({ ...first, duplicate: true });
  });

  test.each([
    ['empty', ''],
    ['256 characters long', 'x'.repeat(256)],
    ['one with U+0000', 'a\u0000b'],
    ['one with half a surrogate pair, which would be stored as another', '\ud800'],
  ])('may not be %s', async (_what, idempotencyKey) => {
    expect((await send(tendril, { idempotencyKey })).userErrors).toMatchObject([
      { code: 'INVALID_IDEMPOTENCY_KEY', type: 'VALIDATION_ERROR', field: ['input', 'idempotencyKey'] },
    ]);
  });

  test('used fifty times at once, on two API processes, makes one event and one delivery', async () => {
    const input = { idempotencyKey: `${type} at once`, payload: { n: 1 } };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(index % 2 === 0 ? tendril : sibling, input)),
    );
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(new Set(answers.map(({ event }) => event?.id)).size).toBe(1);
    expect(answers.map(({ duplicate }) => duplicate).filter((duplicate) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ deliveryCount }) => deliveryCount))).toEqual(new Set([1]));
    await deliveryOnce(
      tendril,
      (await deliveryIds(tendril, { subscriptionIds: [subscription] }))[0] ?? '',
      'DELIVERED',
    );
    expect(await countDeliveries(tendril, { subscriptionIds: [subscription] })).toBe(1);
    expect(receiver.received).toHaveLength(1);
  });

  test('used at once for fifty different events, on two API processes, lets one of them through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        send(n % 2 === 0 ? tendril : sibling, { idempotencyKey: `${type} contended`, payload: { n } }),
      ),
    );
    expect(answers.filter(({ event }) => event !== null)).toHaveLength(1);
    const codes = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(codes).toEqual(Array.from({ length: 49 }, () => 'IDEMPOTENCY_KEY_REUSED'));
  });
});

describe('a batch', () => {
  test('of 1000 events is answered in its order, and each event is delivered once', async () => {
    const answers = await sendAll(Array.from({ length: 1000 }, (_, n) => ({ type, payload: { n } })));
    expect(answers).toHaveLength(1000);
    expect(new Set(answers.map(({ deliveryCount }) => deliveryCount))).toEqual(new Set([1]));
    const received = await receiver.waitFor(1000, 20_000);
    const numberOf = new Map(
      received.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body).data.n]),
    );
    expect(answers.map(({ event }) => numberOf.get(event?.id ?? ''))).toEqual(answers.map((_, n) => n));
    await eventually(
      async () =>
        (await countDeliveries(tendril, { subscriptionIds: [subscription], statuses: ['DELIVERED'] })) ===
        1000,
    );
    expect(receiver.received).toHaveLength(1000);
    await expectCountersToFit(tendril, subscription);
  });

  test('of more than 1000 events is refused as a whole', async () => {
    const events = Array.from({ length: 1001 }, () => ({ type, payload: {} }));
    await expect(sendAll(events)).rejects.toMatchObject({
      response: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    });
    expect(await deliveryIds(tendril, { subscriptionIds: [subscription] })).toEqual([]);
  });

  test('of no events has no answers', async () => {
    expect(await sendAll([])).toEqual([]);
  });

  test('with faults in between publishes the rest, and tells each fault in its place', async () => {
    const answers = await sendAll([
      { type, payload: 'first' },
      { type: 'no.such_type', payload: {} },
      { type, payload: 'third', idempotencyKey: 'one-batch' },
      { type, payload: 'x'.repeat(262_143) },
      { type, payload: 'third', idempotencyKey: 'one-batch' },
      { type, payload: 'sixth', idempotencyKey: 'one-batch' },
      { type: 'not a type', payload: {}, idempotencyKey: '' },
      { type, payload: 'last' },
    ]);
    expect(
      answers.map(({ userErrors }) => userErrors.map(({ code, field }) => [code, field?.join('.')])),
    ).toEqual([
      [],
      [['UNKNOWN_EVENT_TYPE', 'events.1.type']],
      [],
      [['PAYLOAD_TOO_LARGE', 'events.3.payload']],
      [],
      [['IDEMPOTENCY_KEY_REUSED', 'events.5.idempotencyKey']],
      [
        ['UNKNOWN_EVENT_TYPE', 'events.6.type'],
        ['INVALID_IDEMPOTENCY_KEY', 'events.6.idempotencyKey'],
      ],
      [],
    ]);
    expect(answers.map(({ event }) => event !== null)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(answers.map(({ duplicate }) => duplicate)).toEqual([
      false,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(answers[4]?.event?.id).toBe(answers[2]?.event?.id);
    await receiver.waitFor(3);
    expect(receiver.received.map(({ body }) => JSON.parse(body).data).sort()).toEqual([
      'first',
      'last',
      'third',
    ]);
  });
});

describe('a payload', () => {
  test.each([
    ['of 256 KiB exactly', 'x'.repeat(262_142), true],
    ['of one byte more', 'x'.repeat(262_143), false],
    ['of 256 KiB in characters of three bytes', `${'世'.repeat(87_380)}xx`, true],
    ['of one byte more in characters of three bytes', `${'世'.repeat(87_380)}xxx`, false],
  ])('%s: is it taken?', async (_size, payload, isTaken) => {
    const { userErrors, deliveryCount } = await send(tendril, { payload });
    expect(deliveryCount).toBe(isTaken ? 1 : 0);
    if (isTaken) {
      const [request] = await receiver.waitFor(1);
      expect(JSON.parse(request?.body ?? '').data).toBe(payload);
    } else {
      expect(userErrors).toMatchObject([
        { code: 'PAYLOAD_TOO_LARGE', type: 'LIMIT_EXCEEDED', field: ['input', 'payload'] },
      ]);
    }
  });

  test('is measured without its white space', async () => {
    const spaced = `{${' '.repeat(300_000)}"a": 1}`;
    await sendText(`{"input":{"type":"${type}","payload":${spaced}}}`);
    const [request] = await receiver.waitFor(1);
    expect(request?.body).toContain('"data":{"a":1}');
  });

  test.each([[[]], [0], [false], [''], ['text'], [[1, [2, [3]]]], [{ a: { b: { c: null } } }]])(
    'may be any JSON value: %j',
    async (payload) => {
      const id = await publishForOne(tendril, type, payload);
      const [request] = await receiver.waitFor(1);
      expect(JSON.parse(request?.body ?? '').data).toEqual(payload);
      const { attempts } = await deliveryOnce(tendril, id, 'DELIVERED');
      expect(attempts[0]?.request.body).toBe(request?.body);
    },
  );

  const exact =
    '{"amount":12345678901234567890.10,"tiny":1e-400,"huge":1E+400,"one":1.0,"zero":-0,"id":9007199254740993,"precise":12345678.123456789,"small":0.0000001,"list":[0.10,100e-2],"text":"1.0 -0 1e5","__proto__":{"admin":true},"constructor":1,"b":1,"a":2,"10":0,"\\u0000":"\\ud800"}';

  test('keeps every digit of its numbers, as a variable', async () => {
    await sendText(`{"input":{"type":"${type}","payload":${exact}}}`);
    await expectExactly(exact.replace('"10":0,', '').replace('{"amount"', '{"10":0,"amount"'));
  });

  test('keeps every digit of its numbers, as a literal in the document', async () => {
    const literal =
      '{amount: 12345678901234567890.10, tiny: 1e-400, list: [0.10, -0], __proto__: {admin: true}}';
    const answer = await post(tendril, {
      query: `mutation { publishEvent(input: {type: "${type}", payload: ${literal}}) { deliveryCount } }`,
    });
    expect(answer).toContain('"deliveryCount":1');
    await expectExactly(
      '{"amount":12345678901234567890.10,"tiny":1e-400,"list":[0.10,-0],"__proto__":{"admin":true}}',
    );
  });

  async function expectExactly(data: string): Promise<void> {
    const [request] = await receiver.waitFor(1);
    expect(request?.body).toContain(`"data":${data}}`);
    const shown = await post(tendril, {
      query: `{ deliveries(filter: {subscriptionIds: ["${subscription}"]}) { nodes { event { payload } } } }`,
    });
    expect(shown).toContain(`"payload":${data}}`);
    const [id = ''] = await deliveryIds(tendril, { subscriptionIds: [subscription] });
    const { attempts } = await deliveryOnce(tendril, id, 'DELIVERED');
    expect(attempts[0]?.request.body).toBe(request?.body);
  }

  test('that does not fit the schema of its type is refused, with a JSON pointer to each fault', async () => {
    const strict = await newEventType(tendril, {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string' },
        lines: { type: 'array', items: { properties: { 'a/b': { type: 'integer' } } } },
      },
    });
    const { event, userErrors } = await send(tendril, {
      type: strict,
      payload: { lines: [{ 'a/b': 1 }, { 'a/b': 'x' }] },
    });
    expect(event).toBeNull();
    expect(userErrors).toMatchObject([
      { code: 'INVALID_PAYLOAD', type: 'VALIDATION_ERROR', field: ['input', 'payload'] },
      { code: 'INVALID_PAYLOAD', type: 'VALIDATION_ERROR', field: ['input', 'payload'] },
    ]);
    const messages = userErrors.map(({ message }) => message).join('\n');
    expect(messages).toContain('/id is required');
    expect(messages).toContain('/lines/1/a~1b');
    expect((await send(tendril, { type: strict, payload: { id: 'x' } })).userErrors).toEqual([]);
  });
});

test.each([
  'no.such_type',
  'payout',
  'payout.*',
  '*',
  '',
  'payout.paid ',
  'Payout.paid',
  `payout.${'a'.repeat(249)}`,
  "payout.paid'\u0000",
])('an event of the type %j is refused', async (unknown) => {
  expect(await send(tendril, { type: unknown })).toMatchObject({
    event: null,
    deliveryCount: 0,
    userErrors: [{ code: 'UNKNOWN_EVENT_TYPE', type: 'VALIDATION_ERROR', field: ['input', 'type'] }],
  });
});

test('an event that nobody wants is kept, and leads to no delivery', async () => {
  const unwanted = await newEventType(tendril);
  const { event, deliveryCount } = await send(tendril, { type: unwanted, payload: { kept: true } });
  expect(deliveryCount).toBe(0);
  const { events } = await tendril.http().request(EventsDocument, { filter: { types: [unwanted] } });
  expect(events.nodes).toMatchObject([{ id: event?.id, payload: { kept: true } }]);
});

test('all faults of an event are told at once', async () => {
  const { userErrors } = await send(tendril, { type: '?', payload: 'x'.repeat(262_143), idempotencyKey: '' });
  expect(userErrors.map(({ code }) => code).sort()).toEqual([
    'INVALID_IDEMPOTENCY_KEY',
    'PAYLOAD_TOO_LARGE',
    'UNKNOWN_EVENT_TYPE',
  ]);
});

test('when a publish is answered, its delivery can be read on every API process', async () => {
  for (let times = 0; times < 5; times++) {
    const [id = ''] = await deliveryIds(sibling, { eventIds: [await publish(tendril, type)] });
    expect((await showDelivery(sibling, id)).eventType).toBe(type);
  }
});

async function send(to: Tendril, input: Partial<PublishEventInput>): Promise<Published> {
  return (await to.http().request(PublishEventDocument, { input: { type, payload: {}, ...input } }))
    .publishEvent;
}

async function sendAll(events: PublishEventInput[]) {
  return (await tendril.http().request(PublishEventsDocument, { events })).publishEvents;
}

/** Publishes with variables written by hand, since JSON.stringify would change their numbers. */
async function sendText(variables: string): Promise<void> {
  const query =
    'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { deliveryCount userErrors { message } } }';
  const answer = await postText(tendril, `{"query":${JSON.stringify(query)},"variables":${variables}}`);
  expect(answer).toContain('{"deliveryCount":1,"userErrors":[]}');
}

function post(to: Tendril, request: { query: string }): Promise<string> {
  return postText(to, JSON.stringify(request));
}

async function postText(to: Tendril, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${to.key}` };
  return (await fetch(`${to.url}/graphql`, { method: 'POST', headers, body })).text();
}
