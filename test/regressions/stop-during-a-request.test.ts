import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTendril, type Tendril } from '../support/tendril.js';

const body = JSON.stringify({ query: '{ viewer { workspace { name } } }' });

test('a request that is under way at a stop is answered, and its kept-alive connection does not hold the stop up', async () => {
  const tendril = await startTendril();
  const socket = await sendHalf(tendril);
  const stopped = tendril.stop();
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.write(body.slice(10));
  // The server ends the connection, though the client would keep it.
  await once(socket, 'end');
  await stopped;
  expect(answer).toMatch(/^HTTP\/1\.1 /);
  expect(answer).toMatch(/^connection: close\r$/im);
});

test('a request that is never sent to its end does not keep the server from stopping', async () => {
  const tendril = await startTendril();
  const socket = await sendHalf(tendril);
  const closed = once(socket, 'close');
  await tendril.stop();
  await closed;
}, 10_000);

/** Sends the headers and the beginning of the body, and waits until the server has seen them. */
async function sendHalf({ url, key }: Tendril): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  const headers = [
    'POST /graphql HTTP/1.1',
    `Host: ${hostname}`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.write(body.slice(0, 10));
  return socket;
}
