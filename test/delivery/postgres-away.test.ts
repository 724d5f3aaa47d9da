import { isDeepStrictEqual } from 'node:util';
import { GraphQLClient } from 'graphql-request';
import { Client } from 'pg';
import { pino } from 'pino';
import { expect, inject, onTestFinished, test } from 'vitest';
import { PublishEventDocument } from '../../generated/operations.js';
import { openDatabase } from '../../src/storage/database.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { publish, publishMany, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { newOwnedDatabase } from '../support/stores.js';
import { openTcpProxy } from '../support/tcp-proxy.js';
import { type Env, freshEnv, startTendril } from '../support/tendril.js';

const type = 'payout.paid';

test('while PostgreSQL is away a Tendril says so and answers at once; when it is back everything goes on', async () => {
  const env = await freshEnv();
  const { proxy, proxied } = await behindProxy(env);
  const tendril = await startTendril(proxied);
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const socket = tendril.ws();
  await socket.iterate({ query: '{ viewer { workspace { id } } }' }).next();
  const eventIds = await publishMany(tendril, type, 300);
  await receiver.waitFor(50);

  await proxy.cut();
  await eventually(async () => (await health(tendril.url)) === 503);
  const client = new GraphQLClient(`${tendril.url}/graphql`, { headers: { 'X-API-Key': tendril.key } });
  await expect(client.request(PublishEventDocument, { input: { type, payload: {} } })).rejects.toMatchObject({
    response: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: expect.any(String) } }] },
  });
  const updates = socket.iterate({ query: 'subscription { deliveryUpdated { id } }' });
  await expect(updates.next()).rejects.toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  // Long enough for a connection to be tried again several times.
  await eventually(() => timesLogged(tendril.log, 'PostgreSQL cannot be connected to yet') >= 9);

  await proxy.mend();
  await eventually(async () => (await health(tendril.url)) === 200, 2_000);
  eventIds.push(await publish(tendril, type));
  await auditDeliveries(tendril, receiver, id, eventIds);
  // One that listens for updates, one that listens for work, one that holds the worker's lock: each came back once.
  expect(await heldConnections(env)).toEqual(['tendril listener', 'tendril listener', 'tendril worker']);
});

test('where PostgreSQL goes without a word, what waits for it is refused, and everything goes on with the one that takes over', async () => {
  const env = await freshEnv();
  const { proxy, proxied } = await behindProxy(env);
  const tendril = await startTendril(proxied);
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const updates = tendril.ws().iterate({ query: 'subscription { deliveryUpdated { status } }' });
  const firstUpdate = updates.next();
  const eventIds = await publishMany(tendril, type, 300);
  await Promise.all([receiver.waitFor(50), firstUpdate]);

  proxy.silence();
  const client = new GraphQLClient(`${tendril.url}/graphql`, { headers: { 'X-API-Key': tendril.key } });
  const refused = client.request(PublishEventDocument, { input: { type, payload: {} } });
  const answeredWithinMs = durationOf(refused.catch(() => undefined));
  await expect(refused).rejects.toMatchObject({
    response: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: expect.any(String) } }] },
  });
  expect(await answeredWithinMs).toBeLessThan(25_000);

  await proxy.mend();
  await eventually(async () => (await health(tendril.url)) === 200, 30_000);
  eventIds.push(await publish(tendril, type));
  await auditDeliveries(tendril, receiver, id, eventIds);
  const held = ['tendril listener', 'tendril listener', 'tendril worker'];
  await eventually(async () => isDeepStrictEqual(await heldConnections(env), held), 30_000);
}, 120_000);

const longStatement = { name: 'long', text: 'SELECT pg_sleep(9)' };

test.concurrent('a statement that takes long is waited for', async ({ expect }) => {
  const database = await openDatabase((await freshEnv()).DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  expect(await database.query(longStatement, [])).toHaveLength(1);
  await database.close();
});

test.concurrent('as is one of a user that acts as another, who is told little of its connections', async ({
  expect,
}) => {
  const url = await newOwnedDatabase();
  const user = new URL(url).username;
  const owners = `${user}_owners`;
  await asSuperuser(user, [
    `CREATE ROLE ${owners}`,
    `GRANT ${owners} TO ${user}`,
    `ALTER DATABASE ${user} OWNER TO ${owners}`,
    `ALTER ROLE ${user} SET role = '${owners}'`,
  ]);
  const database = await openDatabase(url, [], pino({ level: 'silent' }));
  expect(await database.query(longStatement, [])).toHaveLength(1);
  await database.close();
  await asSuperuser(user, [
    `ALTER DATABASE ${user} OWNER TO CURRENT_USER`,
    `REASSIGN OWNED BY ${owners} TO CURRENT_USER`,
    `DROP OWNED BY ${owners}`,
    `DROP ROLE ${owners}`,
  ]);
});

test('the server too gives up connections that were cut off', async () => {
  const database = await openDatabase((await freshEnv()).DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  expect(await database.query({ name: 'idle', text: 'SHOW tcp_keepalives_idle' }, [])).toEqual([
    { tcp_keepalives_idle: '10' },
  ]);
});

test('a process that only sends listens for work, and not for updates that it has nobody to tell of', async () => {
  const env = await freshEnv();
  await startTendril({ ...env, ROLE: 'worker' });
  expect(await heldConnections(env)).toEqual(['tendril listener', 'tendril worker']);
});

async function behindProxy(env: Env) {
  const url = new URL(env.DATABASE_URL ?? '');
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  return { proxy, proxied: { ...env, DATABASE_URL: url.href } };
}

async function durationOf(work: Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work;
  return performance.now() - startedAtMs;
}

async function health(url: string): Promise<number> {
  return (await fetch(`${url}/health/ready`)).status;
}

function timesLogged(log: readonly string[], message: string): number {
  return log.filter((line) => line.includes(message)).length;
}

async function heldConnections(env: Env): Promise<string[]> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('tendril listener', 'tendril worker') ORDER BY 1`,
  );
  await client.end();
  return rows.map(({ name }) => name);
}

async function asSuperuser(database: string, statements: readonly string[]): Promise<void> {
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: database });
  const client = new Client({ connectionString: url.href });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
