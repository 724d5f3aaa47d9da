import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { CreateApiKeyDocument, RevokeApiKeyDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const subprotocol = 'graphql-transport-ws';
const live = 'subscription { deliveryUpdated { id status } }';
const initWithinMs = 5_000;
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv(), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('the upgrade', () => {
  test.each(['/', '/graphql/', '/other?x=/graphql'])('is refused with 404 at %s', async (path) => {
    expect(await refusalOf({ path })).toBe(404);
  });

  test('goes through at /graphql with a query string', async () => {
    await connect({ path: '/graphql?from=here' });
  });

  test('is answered with an id, and what is logged of the socket has it too', async () => {
    const socket = open();
    const [{ headers }] = (await once(socket, 'upgrade')) as [IncomingMessage];
    const requestId = headers['x-request-id'];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    // The opcode 3 is none.
    (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    await once(socket, 'close');
    await eventually(() => tendril.log.some((line) => line.includes(`"requestId":"${requestId}"`)));
  });

  test.each([
    'https://shop.example',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://127.0.0.1.shop.example',
    'null',
    'x',
  ])('is refused with 403 to a page of %s', async (origin) => {
    expect(await refusalOf({ origin })).toBe(403);
  });

  test('goes through for a page of this server, and for one of PUBLIC_URL', async () => {
    await connect({ origin: tendril.url });
    const proxied = await startTendril(await freshEnv({ PUBLIC_URL: 'https://hooks.shop.example' }));
    await connect({ origin: 'https://hooks.shop.example' }, proxied);
    expect(await refusalOf({ origin: 'http://hooks.shop.example' }, proxied)).toBe(403);
  });

  test.each([['graphql-ws'], ['mqtt', 'graphql-ws']])(
    'a client that speaks only another subprotocol gets no connection (%s)',
    async (...protocols) => {
      const socket = open({ protocols });
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ message: 'Server sent no subprotocol' });
    },
  );

  test('a client that names no subprotocol is closed with 4406', async () => {
    const socket = open({ protocols: [] });
    const [code] = await once(socket, 'close');
    expect(code).toBe(4406);
  });

  test('graphql-transport-ws is taken from among others', async () => {
    const { socket } = await connect({ protocols: ['graphql-ws', subprotocol] });
    expect(socket.protocol).toBe(subprotocol);
  });
});

describe('the key', () => {
  test('without connection_init within 5 s the socket is closed with 4408', async () => {
    const startedAtMs = Date.now();
    const peer = await connect();
    expect(await peer.closed).toMatchObject({ code: 4408 });
    expect(Date.now() - startedAtMs).toBeGreaterThan(initWithinMs - 50);
    expect(Date.now() - startedAtMs).toBeLessThan(initWithinMs + 3_000);
  });

  test.each([
    ['no payload', undefined],
    ['an empty payload', {}],
    ['an unknown key', { Authorization: 'Bearer tdl_unknown' }],
    ['an empty key', { 'X-API-Key': '' }],
    ['a key that is no text', { 'X-API-Key': ['x'] }],
    ['a name that is none of the three', { apiKey: 'x' }],
  ])('a connection_init with %s is closed with 4403', async (_, payload) => {
    const peer = await connect();
    peer.send({ type: 'connection_init', payload });
    expect(await peer.closed).toMatchObject({ code: 4403 });
    expect(peer.messages).toEqual([]);
  });

  test.each(['Authorization', 'X-API-Key', 'x-api-key', 'X-Ivy-Api-Key'])(
    'is taken from %s of the connection_init payload',
    async (name) => {
      const peer = await connect();
      const key = name === 'Authorization' ? `Bearer ${tendril.key}` : tendril.key;
      peer.send({ type: 'connection_init', payload: { [name]: key } });
      await eventually(() => peer.messages[0]);
      expect(peer.messages).toEqual([{ type: 'connection_ack' }]);
    },
  );

  test('is taken from the headers of the upgrade where the payload has none', async () => {
    const peer = await connect({ headers: { 'X-API-Key': tendril.key } });
    peer.send({ type: 'connection_init' });
    await eventually(() => peer.messages[0]);
    expect(peer.messages).toEqual([{ type: 'connection_ack' }]);
  });

  test('that is revoked closes its sockets within 5 s, and no others', async () => {
    const other = await accepted();
    const input = { name: 'Short-lived', scopes: ['READ' as const] };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    const peers = [
      await accepted(tendril, createApiKey.key ?? ''),
      await accepted(tendril, createApiKey.key ?? ''),
    ];
    for (const peer of peers) peer.send({ type: 'subscribe', id: 'live', payload: { query: live } });
    await tendril.http().request(RevokeApiKeyDocument, { id: createApiKey.apiKey?.id ?? '' });
    const revokedAtMs = Date.now();
    for (const peer of peers) expect(await peer.closed).toMatchObject({ code: 4403 });
    expect(Date.now() - revokedAtMs).toBeLessThan(5_000);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('that has expired closes its sockets within 5 s', async () => {
    const expiresAtMs = Date.now() + 1_500;
    const input = {
      name: 'Expiring',
      scopes: ['READ' as const],
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    const peer = await accepted(tendril, createApiKey.key ?? '');
    expect(await peer.closed).toMatchObject({ code: 4403 });
    expect(Date.now() - expiresAtMs).toBeGreaterThanOrEqual(0);
    expect(Date.now() - expiresAtMs).toBeLessThan(5_000);
  });
});

describe('what breaks the protocol closes the socket', () => {
  test('a subscribe before the acknowledgement: 4401', async () => {
    const peer = await connect();
    peer.send({ type: 'subscribe', id: '1', payload: { query: live } });
    expect(await peer.closed).toMatchObject({ code: 4401 });
  });

  test('a second connection_init: 4429', async () => {
    const peer = await accepted();
    peer.send({ type: 'connection_init', payload: { 'X-API-Key': tendril.key } });
    expect(await peer.closed).toMatchObject({ code: 4429 });
  });

  test('a second connection_init before the acknowledgement: 4429', async () => {
    const peer = await connect();
    const init = { type: 'connection_init', payload: { 'X-API-Key': tendril.key } };
    peer.send(init);
    peer.send(init);
    expect(await peer.closed).toMatchObject({ code: 4429 });
  });

  test('an id that is in use: 4409', async () => {
    const peer = await accepted();
    peer.send({ type: 'subscribe', id: 'same', payload: { query: live } });
    peer.send({ type: 'subscribe', id: 'same', payload: { query: live } });
    expect(await peer.closed).toMatchObject({ code: 4409 });
  });

  test.each([
    ['no JSON', '{"type":'],
    ['no object', '"ping"'],
    ['null', 'null'],
    ['nothing', ''],
    ['no type', '{}'],
    ['an unknown type', '{"type":"start","id":"1","payload":{"query":"{ __typename }"}}'],
    ['what a server says', '{"type":"next","id":"1","payload":{"data":{}}}'],
    ['an acknowledgement', '{"type":"connection_ack"}'],
    ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}'],
    ['a subscribe without a payload', '{"type":"subscribe","id":"1"}'],
    ['a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":1}}'],
    [
      'variables that are no object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":1}}',
    ],
  ])('a message that is %s: 4400', async (_, message) => {
    const peer = await accepted();
    peer.socket.send(message);
    expect(await peer.closed).toMatchObject({ code: 4400 });
    expect(tendril.log.filter((line) => line.includes('a WebSocket failed'))).toEqual([]);
  });

  test('a message over 256 KiB: 1009; one of 256 KiB is read', async () => {
    const peer = await accepted();
    const frame = { type: 'ping', payload: { text: '' } };
    const textLength = 256 * 1024 - JSON.stringify(frame).length;
    peer.send({ ...frame, payload: { text: 'x'.repeat(textLength) } });
    await eventually(() => peer.messages.some(({ type }) => type === 'pong'));
    peer.send({ ...frame, payload: { text: 'x'.repeat(textLength + 1) } });
    expect(await peer.closed).toMatchObject({ code: 1009 });
  });
});

describe('an operation', () => {
  test.each([
    ['is no GraphQL', '{ viewer {', 'GRAPHQL_VALIDATION_FAILED'],
    ['asks for what is not there', '{ viewer { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['has 2,001 tokens', `{ ${'viewer '.repeat(2_000)} }`, 'GRAPHQL_VALIDATION_FAILED'],
    ['goes too deep', deep(13), 'GRAPHQL_VALIDATION_FAILED'],
    ['has 16 aliases', aliased(16), 'GRAPHQL_VALIDATION_FAILED'],
    [
      'has too many directives',
      `{ __typename ${'@skip(if: false) '.repeat(6)} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('that %s is answered by an error message, and the socket stays open', async (_, query, code) => {
    const peer = await accepted();
    const { type, payload } = await peer.ask(query);
    expect(type).toBe('error');
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(payload).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: expect.any(String), extensions: { code, requestId } }),
      ]),
    );
    expect(JSON.stringify(payload)).not.toContain('stack');
    expect(await peer.ask('{ __typename }')).toMatchObject({ payload: { data: { __typename: 'Query' } } });
  });

  test('tells all that goes wrong in it under a request id of its own', async () => {
    const peer = await accepted();
    const idsOf = async (query: string) => {
      const { payload } = await peer.ask(query);
      const errors = Array.isArray(payload) ? payload : (payload as { errors: unknown[] }).errors;
      return (errors as { extensions: { requestId: string } }[]).map(
        ({ extensions }) => extensions.requestId,
      );
    };
    const [refused, others] = [await idsOf('{ nothing neither }'), await idsOf('{ nothing neither }')];
    const executed = await idsOf('{ deliveries(first: -1) { totalCount } }');
    expect([refused, others, executed].map(({ length }) => length)).toEqual([2, 2, 1]);
    for (const ids of [refused, others, executed]) {
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(new Set([...refused, ...others, ...executed]).size).toBe(3);
  });

  test('may be a query or a mutation', async () => {
    const peer = await accepted();
    expect(await peer.ask('{ viewer { workspace { name } } }')).toMatchObject({
      type: 'next',
      payload: { data: { viewer: { workspace: { name: 'default' } } } },
    });
    const answer = await peer.ask(
      'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { type } userErrors { message } } }',
      { input: { type: 'invoice.paid', payload: { total: 5 } } },
    );
    expect(answer).toMatchObject({
      type: 'next',
      payload: { data: { publishEvent: { event: { type: 'invoice.paid' }, userErrors: [] } } },
    });
    await eventually(() => peer.messages.filter(({ type }) => type === 'complete').length === 2);
  });

  test('that publishes keeps every digit of its numbers', async () => {
    const receiver = await startReceiver();
    await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: ['invoice.paid'] });
    const peer = await accepted();
    const query =
      'mutation ($payload: JSON!) { publishEvent(input: {type: "invoice.paid", payload: $payload}) { deliveryCount } }';
    const message = { type: 'subscribe', id: '1', payload: { query, variables: { payload: 'here' } } };
    const payload = '{"one":1.0,"large":12345678901234567890,"list":[0.10]}';
    peer.socket.send(JSON.stringify(message).replace('"here"', payload));
    const [request] = await receiver.waitFor(1);
    expect(request?.body).toContain(`"data":${payload}}`);
  });

  test.each([
    ['subscription { deliveryUpdated @skip(if: true) { id } }', {}, 'BAD_USER_INPUT'],
    [
      'subscription ($on: Boolean!) { a: deliveryUpdated @skip(if: $on) { id } b: deliveryUpdated @include(if: $on) { id } }',
      { on: true },
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])(
    'that leaves its field out is refused, and the socket stays open: %s',
    async (query, variables, code) => {
      const peer = await accepted();
      const { type, payload } = await peer.ask(query, variables);
      expect(type).toBe('error');
      expect(payload).toMatchObject([{ message: expect.stringMatching(/\w/), extensions: { code } }]);
      expect(await peer.ask('{ __typename }')).toMatchObject({ type: 'next' });
    },
  );

  test('that the key may not do is answered with FORBIDDEN, and the socket stays open', async () => {
    const input = { name: 'Publisher', scopes: ['PUBLISH' as const] };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    const peer = await accepted(tendril, createApiKey.key ?? '');
    for (const query of [live, '{ deliveries { totalCount } }']) {
      expect(JSON.stringify(await peer.ask(query))).toContain('"code":"FORBIDDEN"');
    }
    expect(peer.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('that is the 21st subscription of a socket is refused until another one is completed', async () => {
    const peer = await accepted();
    for (let n = 1; n <= 20; n += 1)
      peer.send({ type: 'subscribe', id: `live-${n}`, payload: { query: live } });
    const refused = await peer.ask(live);
    expect(refused).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(peer.messages.filter(({ type }) => type === 'error')).toHaveLength(1);

    peer.send({ type: 'complete', id: 'live-1' });
    peer.send({ type: 'subscribe', id: 'in-its-place', payload: { query: live } });
    const receiver = await startReceiver();
    await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: ['payout.paid'] });
    await publish(tendril, 'payout.paid');
    await eventually(() => peer.messages.some(({ id, type }) => id === 'in-its-place' && type === 'next'));
    expect(peer.messages.some(({ id }) => id === 'live-1')).toBe(false);
    expect(peer.messages.filter(({ type }) => type === 'error')).toHaveLength(1);
  });

  test('that is completed by the client sends nothing more, and its id can be used again', async () => {
    const peer = await accepted();
    peer.send({ type: 'subscribe', id: 'live', payload: { query: live } });
    peer.send({ type: 'complete', id: 'live' });
    peer.send({ type: 'subscribe', id: 'live', payload: { query: '{ __typename }' } });
    await eventually(() => peer.messages.some(({ id, type }) => id === 'live' && type === 'complete'));
    expect(peer.messages).toEqual([
      { type: 'connection_ack' },
      { type: 'next', id: 'live', payload: { data: { __typename: 'Query' } } },
      { type: 'complete', id: 'live' },
    ]);
  });
});

test('a ping is answered by a pong, before the acknowledgement too', async () => {
  const peer = await connect();
  peer.send({ type: 'ping' });
  await eventually(() => peer.messages[0]);
  expect(peer.messages).toEqual([{ type: 'pong' }]);
});

test('a client that breaks off while it is refused harms nobody', async () => {
  const { hostname, port } = new URL(tendril.url);
  for (let n = 0; n < 20; n += 1) {
    const socket = createConnection({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    socket.write('GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', () =>
      socket.resetAndDestroy(),
    );
    await once(socket, 'close');
  }
  await accepted();
});

test('a refused client that keeps its side open is cut off', async () => {
  const { hostname, port } = new URL(tendril.url);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write('GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  socket.on('error', () => undefined).resume();
  await once(socket, 'end');
  // What is written to a connection that is gone comes back as a reset.
  await eventually(() => {
    if (!socket.destroyed) socket.write('x');
    return socket.destroyed;
  });
});

test('a stop of the server closes its sockets with 1001', async () => {
  const stopping = await startTendril(await freshEnv());
  const peers = [await connect({}, stopping), await accepted(stopping, stopping.key)];
  peers[1]?.send({ type: 'subscribe', id: 'live', payload: { query: live } });
  await peers[1]?.ask('{ __typename }');
  await stopping.stop();
  for (const peer of peers) expect(await peer.closed).toMatchObject({ code: 1001 });
});

test('a client that does not answer the close does not hold up a stop', async () => {
  const stopping = await startTendril(await freshEnv());
  const { socket } = await accepted(stopping, stopping.key);
  socket.pause();
  const startedAtMs = Date.now();
  await stopping.stop();
  expect(Date.now() - startedAtMs).toBeLessThan(8_000);
});

/** Asks for so many levels of fields. */
function deep(levels: number): string {
  const fields = Array.from({ length: levels - 1 }, (_, n) => ['deliveries', 'nodes', 'event'][n % 3]);
  return `{ ${fields.join(' { ')} { __typename ${'}'.repeat(levels)}`;
}

/** Asks for one field under so many names. */
function aliased(count: number): string {
  return `{ ${Array.from({ length: count }, (_, n) => `a${n}: __typename`).join(' ')} }`;
}

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client that sends what it likes. */
interface Peer {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(message: object): void;
  /** Sends an operation under a new id; gives the first message in answer to it. */
  ask(query: string, variables?: object): Promise<Message>;
}

interface Opening {
  path?: string;
  protocols?: string[];
  origin?: string;
  headers?: Record<string, string>;
}

function open(how: Opening = {}, to = tendril): WebSocket {
  const { path = '/graphql', protocols = [subprotocol], ...options } = how;
  const socket = new WebSocket(to.url.replace('http', 'ws') + path, protocols, options);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** The status with which an upgrade is refused. */
async function refusalOf(how: Opening, to = tendril): Promise<number | undefined> {
  const socket = open(how, to);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  response.resume();
  socket.on('error', () => undefined);
  return response.statusCode;
}

async function connect(how: Opening = {}, to = tendril): Promise<Peer> {
  const socket = open(how, to);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = once(socket, 'close').then(([code, reason]) => ({
    code: code as number,
    reason: String(reason),
  }));
  await once(socket, 'open');
  const send = (message: object) => socket.send(JSON.stringify(message));
  let asked = 0;
  return {
    socket,
    messages,
    closed,
    send,
    async ask(query, variables) {
      const id = `asked-${++asked}`;
      send({ type: 'subscribe', id, payload: { query, variables } });
      return eventually(() => messages.find((message) => message.id === id));
    },
  };
}

/** A client whose key has been accepted. */
async function accepted(to = tendril, key = to.key): Promise<Peer> {
  const peer = await connect({}, to);
  peer.send({ type: 'connection_init', payload: { 'X-API-Key': key } });
  await eventually(() => peer.messages.some(({ type }) => type === 'connection_ack'));
  return peer;
}
