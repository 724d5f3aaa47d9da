import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { eventually } from '../support/eventually.js';
import { postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';
import { upgradeRequest } from '../support/upgrade-request.js';

const viewer = '{ viewer { apiKey { name } } }';
const post = 'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

/** A connection that has said so much. */
async function open({ url }: Tendril, says = ''): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (says) socket.write(says);
  return socket;
}

/** Opens so many; gives how many of them have been closed so far. */
async function openMany(tendril: Tendril, count: number, says: string): Promise<() => number> {
  let closed = 0;
  for (let n = 0; n < count; n += 1)
    (await open(tendril, says)).resume().once('close', () => {
      closed += 1;
    });
  return () => closed;
}

/** A client that keeps its connection, by hand, so that it cannot quietly make a new one. */
async function keptConnection(tendril: Tendril) {
  const socket = await open(tendril);
  const body = JSON.stringify({ query: viewer });
  return async () => {
    socket.write(`${post}X-API-Key: ${tendril.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return String((await once(socket, 'data'))[0]).split('\r\n')[0];
  };
}

async function acceptedSocket(tendril: Tendril): Promise<WebSocket> {
  const socket = new WebSocket(`${tendril.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { 'X-API-Key': tendril.key } }));
  await once(socket, 'message');
  return socket;
}

describe('many connections keep no working client out: the oldest are closed', () => {
  test.each([
    ['that say nothing', ''],
    ['that send half a head', `${post}X-A: `],
    ['that send half a body', `${post}Content-Length: 100\r\n\r\n{`],
    ['that are idle after an answer', 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['that read no answer', 'GET /graphiql/ HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50)],
    ['with WebSockets that never say who they are', [...upgradeRequest, '', ''].join('\r\n')],
    ['with a key that is not good', `${post}X-API-Key: none\r\nContent-Length: 2\r\n\r\n{}`],
  ])('%s', async (_says, says) => {
    const tendril = await startTendril(
      await freshEnv({ ROLE: 'api', MAX_CONNECTIONS: '20', CONNECTIONS_PER_ADDRESS: '0' }),
    );
    const ask = await keptConnection(tendril);
    expect(await ask()).toBe('HTTP/1.1 200 OK');
    const socket = await acceptedSocket(tendril);
    const closed = await openMany(tendril, 100, says);
    await eventually(() => closed() >= 82);
    expect((await postGraphql(tendril, viewer, { headers: { connection: 'close' } })).errors).toBeUndefined();
    expect(await ask()).toBe('HTTP/1.1 200 OK');
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: viewer } }));
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toMatchObject({ type: 'next' });
  });
});

test('an address has at most CONNECTIONS_PER_ADDRESS connections; for one more its oldest is closed', async () => {
  const tendril = await startTendril(await freshEnv({ ROLE: 'api', CONNECTIONS_PER_ADDRESS: '8' }));
  const ask = await keptConnection(tendril);
  expect(await ask()).toBe('HTTP/1.1 200 OK');
  const closed = await openMany(tendril, 20, '');
  await eventually(() => closed() === 13);
  expect(await ask()).toBe('HTTP/1.1 200 OK');
});

test('what comes through a trusted proxy is counted for the client behind it', async () => {
  const tendril = await startTendril(
    await freshEnv({ ROLE: 'api', CONNECTIONS_PER_ADDRESS: '4', TRUSTED_PROXIES: '127.0.0.0/8' }),
  );
  const ofProxy = await openMany(tendril, 20, '');
  const socketsOf = (client: string, count: number) =>
    openMany(tendril, count, [...upgradeRequest, `X-Forwarded-For: ${client}`, '', ''].join('\r\n'));
  const ofOther = await socketsOf('203.0.113.8', 4);
  const ofFlood = await socketsOf('203.0.113.7', 10);
  await eventually(() => ofFlood() === 6);
  expect([ofProxy(), ofOther()]).toEqual([0, 0]);
});

describe('a body over 64 KiB is read for good keys alone, and refused before it comes', () => {
  test.each([
    ['of a stranger', [], 'Content-Length: 70000', 401, 'UNAUTHENTICATED'],
    ['with a key that is not good', ['X-API-Key: none'], 'Content-Length: 70000', 401, 'UNAUTHENTICATED'],
    ['in chunks', [], 'Transfer-Encoding: chunked', 401, 'UNAUTHENTICATED'],
    ['beyond all limits', [], 'Content-Length: 9000000', 413, 'BAD_USER_INPUT'],
  ])('%s', async (_says, headers, length, status, code) => {
    const tendril = await startTendril(await freshEnv({ ROLE: 'api' }));
    const socket = await open(tendril, `${post}${[...headers, length].join('\r\n')}\r\n\r\n`);
    const answer = String((await once(socket, 'data'))[0]);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^x-request-id: [0-9a-f-]{36}\r?$/im);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      errors: [{ extensions: { code } }],
    });
  });

  test('and by an address that has failed with too many keys, with when to come again', async () => {
    const tendril = await startTendril(await freshEnv({ ROLE: 'api', FAILED_KEYS_PER_MINUTE: '1' }));
    for (let nth = 0; nth < 2; nth++) await postGraphql(tendril, viewer, { key: 'none' });
    const socket = await open(tendril, `${post}X-API-Key: none\r\nContent-Length: 70000\r\n\r\n`);
    const answer = String((await once(socket, 'data'))[0]);
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
    expect(answer).toMatch(/^retry-after: \d+\r?$/im);
    expect(answer).toContain('"RATE_LIMITED"');
  });
});
