import type { ServerResponse } from 'node:http';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { ResendDeliveryDocument } from '../../generated/operations.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryOnce,
  expectCountersToFit,
  publishForOne,
  publishMany,
  subscribe,
} from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess } from '../support/tendril.js';

const type = 'payout.paid';

test('SIGTERM waits for the answers to come, and puts them on record', async () => {
  const env = await freshEnv();
  const tendril = await startTendrilProcess(env);
  const held: ServerResponse[] = [];
  const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const eventIds = await publishMany(tendril, type, 100);
  await receiver.waitFor(30);
  const ended = tendril.end('SIGTERM');
  await eventually(() => tendril.log.some((line) => line.includes('"stopping"')));
  for (const response of held) response.writeHead(200).end('late, but here');
  expect(await ended).toBe(0);
  // Nothing more was begun after the signal.
  expect(receiver.received.length).toBeLessThan(eventIds.length);

  receiver.answer(204);
  const next = await startTendril(env);
  expect(await auditDeliveries(next, receiver, id, eventIds)).toEqual({ repeated: 0, interrupted: 0 });
});

test('SIGTERM waits for the answer to what was sent while no drain ran', async () => {
  const { MONGODB_URL: _unset, ...env } = await freshEnv();
  const tendril = await startTendrilProcess(env);
  const held: ServerResponse[] = [];
  const receiver = await startReceiver((_request, earlier, response) => {
    if (earlier === 0) response.writeHead(204).end();
    else held.push(response);
  });
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publishForOne(tendril, type);
  await receiver.waitFor(1);
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  const isQuiet = async () => (await client.query('SELECT FROM agenda_jobs')).rowCount === 0;
  await eventually(isQuiet, 15_000);
  // No alarm can be set, so none begins.
  await client.query('DROP TABLE agenda_jobs');
  await publishForOne(tendril, type);
  await receiver.waitFor(2);
  const ended = tendril.end('SIGTERM');
  await eventually(() => tendril.log.some((line) => line.includes('"stopping"')));
  for (const response of held) response.writeHead(204).end();
  expect(await ended).toBe(0);
  const { rows } = await client.query('SELECT outcome FROM attempt');
  expect(rows).toEqual([{ outcome: 'SUCCEEDED' }, { outcome: 'SUCCEEDED' }]);
});

test('an answer that does not come holds SIGTERM up for less than 20 seconds, and its attempt is on record', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await startReceiver((_request, earlier, response) => {
    if (earlier > 0) response.writeHead(204).end();
  });
  const { id: subscription } = await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    timeoutSeconds: 30,
  });
  const id = await publishForOne(api, type);
  await api.http().request(ResendDeliveryDocument, { id });
  const worker = await startTendrilProcess({ ...env, ROLE: 'worker' });
  await receiver.waitFor(1);
  const startedAtMs = Date.now();
  expect(await worker.end('SIGTERM')).toBe(0);
  expect(Date.now() - startedAtMs).toBeLessThan(20_000);
  const interrupted = await deliveryOnce(api, id, 'RETRYING');
  expect(interrupted.attempts).toMatchObject([
    {
      number: 1,
      outcome: 'INTERRUPTED',
      response: null,
      error: expect.stringContaining('may have got the request'),
    },
  ]);

  // It says nothing about the endpoint, which is not to be disabled for it.
  expect(await failuresInARow(env)).toEqual([]);

  await startTendril({ ...env, ROLE: 'worker' });
  const { attempts } = await deliveryOnce(api, id, 'DELIVERED');
  // What was asked for is what is made again.
  expect(attempts.map(({ number, trigger, outcome }) => [number, trigger, outcome])).toEqual([
    [1, 'RESEND', 'INTERRUPTED'],
    [2, 'RESEND', 'SUCCEEDED'],
  ]);
  await expectCountersToFit(api, subscription);
});

test('a second signal ends it at once, and another worker takes over what was in flight', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const worker = await startTendrilProcess({ ...env, ROLE: 'worker' });
  const receiver = await startReceiver((_request, earlier, response) => {
    if (earlier > 0) response.writeHead(204).end();
  });
  await subscribe(api, { endpointUrl: receiver.url, eventTypes: [type], timeoutSeconds: 30 });
  const id = await publishForOne(api, type);
  await receiver.waitFor(1);
  worker.process.kill('SIGTERM');
  await eventually(() => worker.log.some((line) => line.includes('"stopping"')));
  const startedAtMs = Date.now();
  expect(await worker.end('SIGINT')).toBe(1);
  expect(Date.now() - startedAtMs).toBeLessThan(1_000);

  await startTendril({ ...env, ROLE: 'worker' });
  const { attempts } = await deliveryOnce(api, id, 'DELIVERED');
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['INTERRUPTED', 'SUCCEEDED']);
});

async function failuresInARow(env: Env): Promise<unknown[]> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query('SELECT failures_in_a_row FROM subscription_counter');
  await client.end();
  return rows;
}
