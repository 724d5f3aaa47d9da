import type { ServerResponse } from 'node:http';
import { GraphQLClient } from 'graphql-request';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { PublishEventDocument } from '../../generated/operations.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { publish, publishMany, subscribe } from '../support/main-operations.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';

test('a worker killed in mid-send loses nothing, and another one goes on within seconds', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const killed = await startTendrilProcess({ ...env, ROLE: 'worker' });
  const held: ServerResponse[] = [];
  const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
  const { id } = await subscribe(api, { endpointUrl: receiver.url, eventTypes: [type] });
  const eventIds = await publishMany(api, type, 200);
  await receiver.waitFor(20);
  await startTendrilProcess({ ...env, ROLE: 'worker' });

  await killed.end('SIGKILL');
  receiver.answer(204);
  for (const response of held) response.writeHead(204).end();
  const { repeated, interrupted } = await auditDeliveries(api, receiver, id, eventIds, 8_000);
  expect(interrupted).toBeGreaterThan(0);
  // Only what was interrupted is sent twice, and under the same id.
  expect(repeated).toBeLessThanOrEqual(interrupted);
});

test('what an API process has acknowledged is delivered, even if it is killed in the middle of publishing', async () => {
  const env = await freshEnv();
  const killed = await startTendrilProcess({ ...env, ROLE: 'api' });
  const survivor = await startTendril(env);
  const receiver = await startReceiver();
  const { id } = await subscribe(survivor, { endpointUrl: receiver.url, eventTypes: [type] });
  const acknowledged: string[] = [];
  const publishers = Array.from({ length: 8 }, async () => {
    for (;;) acknowledged.push(await publish(killed, type));
  });
  const broken = Promise.allSettled(publishers);
  await eventually(() => acknowledged.length >= 100);
  await killed.end('SIGKILL');
  await broken;

  await auditDeliveries(survivor, receiver, id, acknowledged);
});

test('two workers share a backlog, and nothing is sent twice', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  await Promise.all([
    startTendrilProcess({ ...env, ROLE: 'worker' }),
    startTendrilProcess({ ...env, ROLE: 'worker' }),
  ]);
  const held: ServerResponse[] = [];
  const endpoints: { receiver: Receiver; id: string }[] = [];
  for (let n = 0; n < 4; n++) {
    const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
    const { id } = await subscribe(api, { endpointUrl: receiver.url, eventTypes: [type] });
    endpoints.push({ receiver, id });
  }
  const eventIds = await publishMany(api, type, 500);
  const database = await connect(env);
  await eventually(async () => {
    const { rows } = await database.query("SELECT DISTINCT leased_by FROM delivery WHERE status = 'SENDING'");
    return rows.length === 2;
  });

  for (const { receiver } of endpoints) receiver.answer(204);
  for (const response of held) response.writeHead(204).end();
  for (const { receiver, id } of endpoints) {
    expect(await auditDeliveries(api, receiver, id, eventIds)).toEqual({ repeated: 0, interrupted: 0 });
  }
});

test('when PostgreSQL breaks every connection, again and again, all recovers and nothing is lost', async () => {
  const env = await freshEnv();
  const [tendril, worker] = await Promise.all([
    startTendrilProcess(env),
    startTendrilProcess({ ...env, ROLE: 'worker' }),
  ]);
  const receiver = await startReceiver((_request, earlier, response) =>
    response.writeHead(earlier % 10 === 0 ? 500 : 204).end(),
  );
  const { id } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    retryPolicy: { scheduleSeconds: Array.from({ length: 10 }, () => 1) },
  });
  const database = await connect(env);
  let isOver = false;
  const acknowledged = new Set<string>();
  const publishers = Array.from({ length: 4 }, async (_, publisher) => {
    for (let n = 0; !isOver; n++) acknowledged.add(await publishUntilTaken(tendril, `${publisher}-${n}`));
  });
  for (let times = 1; times <= 4; times++) {
    await eventually(() => acknowledged.size >= times * 50);
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tendril%'",
    );
  }
  const broken = acknowledged.size;
  await eventually(() => acknowledged.size >= broken + 50);
  isOver = true;
  await Promise.all(publishers);

  await auditDeliveries(tendril, receiver, id, [...acknowledged], 20_000);
  expect([tendril.process.exitCode, worker.process.exitCode]).toEqual([null, null]);
});

/** Publishes under an idempotency key, again and again until it is taken: what a caller does who cannot lose an event. */
async function publishUntilTaken(tendril: Tendril, idempotencyKey: string): Promise<string> {
  const client = new GraphQLClient(`${tendril.url}/graphql`, { headers: { 'X-API-Key': tendril.key } });
  return eventually(async () => {
    try {
      const { publishEvent } = await client.request(PublishEventDocument, {
        input: { type, payload: {}, idempotencyKey },
      });
      expect(publishEvent.userErrors).toEqual([]);
      return publishEvent.event?.id;
    } catch {
      return undefined;
    }
  });
}

async function connect(env: Env): Promise<Client> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
