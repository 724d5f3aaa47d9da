import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { eventually } from '../support/eventually.js';
import { newEventType, publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

// A stream was completed and its id used again within one packet: the end of the first was taken for the end of the second, whose
// client was told so, and which was left without anybody who could end it, even as its socket closed.
test.each([
  ['told live', undefined],
  ['catching up', 'all'],
])('a stream that is %s can be completed and its id be used again at once', async (_says, from) => {
  const tendril = await startTendril(await freshEnv());
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const { socket, messages, send } = await connect(tendril);
  send({ type: 'subscribe', id: 'first', payload: { query: live() } });
  const cursor = await eventually(async () => {
    await publish(tendril, type);
    return messages.find(({ payload }) => payload?.data)?.payload?.data?.deliveryUpdated.cursor;
  });
  send({ type: 'complete', id: 'first' });

  const query = from === undefined ? live() : live(cursor);
  const packets = (socket as unknown as { _socket: Socket })._socket;
  for (let round = 0; round < 30; round += 1) {
    const id = `round-${round}`;
    send({ type: 'subscribe', id, payload: { query } });
    await new Promise((resolve) => setTimeout(resolve, round));
    packets.cork();
    send({ type: 'complete', id });
    send({ type: 'subscribe', id, payload: { query: live() } });
    packets.uncork();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const mark = messages.length;
    await eventually(async () => {
      await publish(tendril, type);
      return messages.slice(mark).some((message) => message.id === id && message.type === 'next');
    });
    send({ type: 'complete', id });
  }
  expect(messages.filter((message) => message.type === 'complete')).toEqual([]);
  expect(messages.filter((message) => message.type === 'error')).toEqual([]);
});

function live(after?: string): string {
  return `subscription { deliveryUpdated${after === undefined ? '' : `(after: "${after}")`} { id cursor } }`;
}

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: { readonly data?: { readonly deliveryUpdated: { readonly cursor: string } } };
}

async function connect(tendril: Tendril) {
  const socket = new WebSocket(`${tendril.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  await once(socket, 'open');
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload: { 'X-API-Key': tendril.key } });
  await eventually(() => messages.some(({ type }) => type === 'connection_ack'));
  return { socket, messages, send };
}
