import { createClient } from 'graphql-ws';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { eventually } from '../support/eventually.js';
import { type GraphqlAnswer, postGraphql, respondGraphql } from '../support/post-graphql.js';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

describe('when something goes wrong inside', () => {
  const inner = /ECONN|connect|127\.0\.0\.1|node_modules|terminated/i;

  test('the answer has an id, and the log has the cause under it', async () => {
    const env = await freshEnv();
    const broken = await startTendril(env);
    const client = new Client({ connectionString: env.DATABASE_URL });
    await client.connect();
    await client.query('ALTER TABLE event RENAME TO elsewhere');
    await client.end();

    const response = await respondGraphql(broken, '{ events { nodes { id } } }');
    const { errors } = (await response.json()) as GraphqlAnswer;
    expect(errors?.[0]?.extensions).toHaveProperty('requestId', response.headers.get('x-request-id'));
    const overSocket = broken.ws().iterate({ query: '{ events { nodes { id } } }' });
    const { value } = await overSocket.next();
    for (const [error] of [errors, value?.errors] as {
      message: string;
      extensions: Record<string, string>;
    }[][]) {
      expect(error).toEqual({
        message: expect.stringContaining(error?.extensions.errorId ?? 'no id'),
        path: ['events'],
        extensions: {
          code: 'INTERNAL_SERVER_ERROR',
          errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
      });
      expect(JSON.stringify(error)).not.toMatch(/SELECT|relation|elsewhere|node_modules/i);
      const logged = broken.log.find((line) => line.includes(error?.extensions.errorId ?? 'no id'));
      expect(logged).toContain('relation');
      expect(logged).toContain(`"requestId":"${error?.extensions.requestId}"`);
    }
  });

  test('so it is when PostgreSQL is away, over HTTP and over WebSocket', async () => {
    const { tendril: cutOff, proxy } = await behindProxy('DATABASE_URL');
    const open = createClient({
      url: `${cutOff.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { 'X-API-Key': cutOff.key },
      lazyCloseTimeout: 60_000,
      retryAttempts: 0,
    });
    onTestFinished(() => void open.dispose());
    await open.iterate({ query: '{ __typename }' }).next();
    await proxy.cut();

    const unknown = { 'content-type': 'application/json', 'x-api-key': 'tdl_not-looked-up-before' };
    const ask = (query: string) =>
      fetch(`${cutOff.url}/graphql`, { method: 'POST', headers: unknown, body: JSON.stringify({ query }) });
    const outsideGraphql = [ask('{ __typename }'.padEnd(70_000)), fetch(`${cutOff.url}/confirm?token=x`)];
    for (const asked of [ask('{ viewer { workspace { id } } }'), ...outsideGraphql]) {
      const response = await asked;
      const answer = await response.text();
      expect([response.status, answer]).toEqual([500, expect.stringContaining('INTERNAL_SERVER_ERROR')]);
      expect(answer).not.toMatch(inner);
    }

    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    const refused = cutOff.ws('tdl_not-looked-up-either');
    refused.on('closed', (event) => closed.resolve(event as { code: number; reason: string }));
    await expect(refused.iterate({ query: '{ __typename }' }).next()).rejects.toBeDefined();
    const { code, reason } = await closed.promise;
    expect(code).toBe(4500);
    expect(reason).toBe('Internal server error');

    // Its key is remembered for a moment. An operation fails then, and not the socket.
    const failed = await eventually(() =>
      open
        .iterate({ query: '{ __typename }' })
        .next()
        .then(
          () => undefined,
          (error: unknown) => error,
        ),
    );
    const told = { message: expect.stringMatching(/^Something went wrong/), extensions: expect.anything() };
    expect(failed).toEqual([told]);
    expect(failed).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: expect.any(String) } },
    ]);
    expect(JSON.stringify(failed)).not.toMatch(inner);
  });
});

describe('health', () => {
  test('is told without a key', async () => {
    const tendril = await startTendril();
    const live = await fetch(`${tendril.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${tendril.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', missing: [] }]);
  });

  test('is bad while PostgreSQL is away, and good again once it is back', async () => {
    const { tendril: cutOff, proxy } = await behindProxy('DATABASE_URL');
    await proxy.cut();
    expect(await readinessOf(cutOff)).toEqual([
      503,
      { status: 'unavailable', missing: expect.arrayContaining(['PostgreSQL']) },
    ]);
    expect((await fetch(`${cutOff.url}/health/live`)).status).toBe(200);
    await proxy.mend();
    await eventually(async () => (await readinessOf(cutOff))[0] === 200);
    expect((await postGraphql(cutOff, '{ viewer { workspace { id } } }')).errors).toBeUndefined();
  });

  test('is good while MongoDB is away, and names it', async ({ skip }) => {
    if ((await freshEnv()).MONGODB_URL === undefined) skip('there is no mongod');
    const { tendril: cutOff, proxy } = await behindProxy('MONGODB_URL');
    await proxy.cut();
    await eventually(async () => JSON.stringify(await readinessOf(cutOff)).includes('MongoDB'), 15_000);
    expect(await readinessOf(cutOff)).toEqual([200, { status: 'ok', missing: ['MongoDB'] }]);
    await proxy.mend();
    await eventually(async () => !JSON.stringify(await readinessOf(cutOff)).includes('MongoDB'), 15_000);
  });

  async function readinessOf({ url }: Tendril): Promise<[number, unknown]> {
    const response = await fetch(`${url}/health/ready`);
    return [response.status, await response.json()];
  }
});

/** A Tendril with one of its stores behind a proxy. */
async function behindProxy(
  store: 'DATABASE_URL' | 'MONGODB_URL',
): Promise<{ tendril: Tendril; proxy: TcpProxy }> {
  const env = await freshEnv();
  const url = new URL(env[store] ?? '');
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  const started = await startTendril({ ...env, [store]: url.href });
  // Runs before the proxy is closed for good, so that the Tendril can stop.
  onTestFinished(() => proxy.mend());
  return { tendril: started, proxy };
}
