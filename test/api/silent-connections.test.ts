import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril } from '../support/tendril.js';

test('of many connections that say nothing the oldest are closed; one that has spoken stays', async () => {
  const tendril = await startTendril(await freshEnv({ ROLE: 'api' }));
  const { hostname, port } = new URL(tendril.url);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const speaking = await open();
  const askOverIt = async () => {
    speaking.write(`GET /health/live HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    return String((await once(speaking, 'data'))[0]).split('\r\n')[0];
  };
  expect(await askOverIt()).toBe('HTTP/1.1 200 OK');

  let closed = 0;
  for (let n = 0; n < 1_400; n += 1)
    (await open()).resume().once('close', () => {
      closed += 1;
    });
  await eventually(() => closed >= 399);
  expect((await postGraphql(tendril, '{ viewer { apiKey { name } } }')).errors).toBeUndefined();
  expect(await askOverIt()).toBe('HTTP/1.1 200 OK');
  expect(closed).toBeLessThan(410);
});
