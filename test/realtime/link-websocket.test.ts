import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { type Link, linkWebSocket } from '../../src/graphql/link-websocket.js';
import { eventually } from '../support/eventually.js';

const pingEveryMs = 12_000;
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
const server = makeServer<Record<string, unknown>, Link>({ connectionInitWaitTimeout: 0 });
const ping = '{"type":"ping"}';

beforeAll(async () => {
  if (!sockets.address()) await once(sockets, 'listening');
});

afterAll(() => void sockets.close());

/** A client, and the server's side of it. */
async function openLink(options: WebSocket.ClientOptions = {}) {
  const { port } = sockets.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, GRAPHQL_TRANSPORT_WS_PROTOCOL, options);
  onTestFinished(() => client.terminate());
  const [[socket, request]] = await Promise.all([once(sockets, 'connection'), once(client, 'open')]);
  const link: Link = { socket, request };
  linkWebSocket(server, link, pino({ level: 'silent' }));
  return { client, link };
}

describe('while what was asked for is being prepared,', () => {
  test.each([
    [100, 10, false],
    [101, 10, true],
    [6, 170_000, false],
    [7, 170_000, true],
  ])(
    '%i messages of %i bytes wait, and then whether the socket is read no further is %s',
    async (waiting, bytes, isPaused) => {
      const { client, link } = await openLink();
      const { promise: preparing, resolve: prepared } = Promise.withResolvers<void>();
      link.preparing = preparing;
      let taken = 0;
      let answered = 0;
      link.socket.on('message', () => (taken += 1));
      client.on('message', () => (answered += 1));
      client.send(ping);
      await eventually(() => answered === 1);
      for (let n = 0; n < waiting; n += 1) client.send(ping.padEnd(bytes));
      await eventually(() => taken === waiting + 1);
      expect(link.socket.isPaused).toBe(isPaused);
      expect(answered).toBe(1);
      prepared();
      await eventually(() => answered === waiting + 1);
      expect(link.socket.isPaused).toBe(false);
    },
  );
});

test('a client that has not answered a ping is cut off when the next one is due, and no other is', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const silent = await openLink({ autoPong: false });
  const answering = await openLink();
  const pinged = [once(silent.client, 'ping'), once(answering.link.socket, 'pong')];
  vi.advanceTimersByTime(pingEveryMs);
  await Promise.all(pinged);
  const next = [once(silent.client, 'close'), once(answering.client, 'ping')] as const;
  vi.advanceTimersByTime(pingEveryMs);
  const [[code]] = await Promise.all(next);
  expect(code).toBe(1006);
});
