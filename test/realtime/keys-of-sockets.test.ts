import { once } from 'node:events';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { withClient } from '../support/counted-uses.js';
import { eventually } from '../support/eventually.js';
import { newKey } from '../support/new-key.js';
import { postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const viewer = '{ viewer { apiKey { name } } }';
const closedWithinMs = 5_000;

test('a key that is revoked has its sockets closed within 5 s, on every API process, and no others', async () => {
  const env = await freshEnv({ ROLE: 'api' });
  const processes = [await startTendril(env), await startTendrilProcess(env)] as const;
  const { id, key } = await newKey(processes[0]);
  const stays = await openSocket(processes[1], processes[1].key);
  const revoked = await Promise.all(processes.map((tendril) => openSocket(tendril, key)));
  const startedAtMs = performance.now();
  await postGraphql(processes[0], `mutation { revokeApiKey(id: "${id}") { userErrors { code } } }`);
  for (const { closed } of revoked) expect(await closed).toMatchObject({ code: 4403 });
  expect(performance.now() - startedAtMs).toBeLessThan(closedWithinMs);
  expect((await stays.ask()).value).toMatchObject({ data: expect.anything() });
});

test('a key that expires has its sockets closed within 5 s', async () => {
  const tendril = await startTendril(await freshEnv({ ROLE: 'api' }));
  const expiresAt = new Date(Date.now() + 3_000);
  const { data } = await postGraphql(
    tendril,
    'mutation ($expiresAt: DateTime) { createApiKey(input: { name: "Short", scopes: [READ], expiresAt: $expiresAt }) { key } }',
    { variables: { expiresAt } },
  );
  const created = data?.createApiKey as { key: string } | undefined;
  expect(await (await openSocket(tendril, created?.key ?? '')).closed).toMatchObject({ code: 4403 });
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect(Date.now()).toBeLessThan(expiresAt.getTime() + closedWithinMs);
});

test('a key has at most SOCKETS_PER_KEY sockets; one more is closed with 4403, until another one is gone', async () => {
  const tendril = await startTendril(await freshEnv({ SOCKETS_PER_KEY: '2', ROLE: 'api' }));
  const { key } = await newKey(tendril);
  const first = await openSocket(tendril, key);
  await openSocket(tendril, key);
  await expect(openSocket(tendril, key)).rejects.toMatchObject({
    code: 4403,
    reason: 'Too many sockets: a key has at most 2',
  });
  await openSocket(tendril, tendril.key);
  first.end();
  await first.closed;
  await openSocket(tendril, key);
});

test('a socket that is gone before its key has been looked up takes no place', async () => {
  const env = await freshEnv({ SOCKETS_PER_KEY: '1', ROLE: 'api' });
  const tendril = await startTendril(env);
  const { key } = await newKey(tendril);
  await withClient(env, async (client) => {
    await client.query('BEGIN');
    await client.query('LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE');
    const gone = new WebSocket(`${tendril.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(gone, 'open');
    gone.send(JSON.stringify({ type: 'connection_init', payload: { 'X-API-Key': key } }));
    await eventually(async () => (await client.query(lookUpsThatWait)).rowCount);
    gone.terminate();
    await once(gone, 'close');
    // What is asked for later is answered when the server has noticed it.
    await fetch(`${tendril.url}/health/live`);
    await client.query('ROLLBACK');
  });
  await eventually(() => openSocket(tendril, key).catch(() => undefined));
});

const lookUpsThatWait = `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
  WHERE relation = 'api_key'::regclass AND mode = 'AccessShareLock' AND NOT granted`;

interface OpenSocket {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  ask(): Promise<IteratorResult<unknown>>;
  end(): void;
}

/** A socket whose key has been accepted; rejects with the close event where it is not. */
async function openSocket(tendril: Tendril, key: string): Promise<OpenSocket> {
  const client = tendril.ws(key);
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    client.on('closed', (event) => resolve(event as { code: number; reason: string })),
  );
  // It keeps the socket open.
  const ask = () => client.iterate({ query: viewer }).next();
  const live = client.iterate({ query: 'subscription { deliveryUpdated { id } }' }).next();
  live.catch(() => undefined);
  await ask();
  return { closed, ask, end: () => client.terminate() };
}
