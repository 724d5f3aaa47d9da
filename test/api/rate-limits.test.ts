import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import type { Standing } from '../../src/rules/rate-limit-fields.js';
import { openDatabase } from '../../src/storage/database.js';
import type { Caller } from '../../src/workspaces/authenticate.js';
import { createRateLimits } from '../../src/workspaces/rate-limits.js';
import { untilCounted, withClient } from '../support/counted-uses.js';
import { eventually } from '../support/eventually.js';
import { newKey } from '../support/new-key.js';
import { type GraphqlAnswer, postGraphql, respondGraphql } from '../support/post-graphql.js';
import { addWorkspace } from '../support/second-workspace.js';
import { countStatements } from '../support/statement-counter.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const list = '{ webhookSubscriptions { totalCount } }';
const create = `createWebhookSubscription(input: { endpointUrl: "http://127.0.0.1:9", eventTypes: ["payout.paid"] }) {
  subscription { id } userErrors { code }
}`;
const publishOne = 'publishEvent(input: { type: "payout.paid", payload: {} }) { event { id } }';
const publishMany =
  'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { event { id } } }';
const logs = '{ deliveries(first: 1) { nodes { id } } }';

const caller: Caller = {
  workspaceId: 'workspace',
  apiKeyId: 'key',
  scopes: [],
  userName: null,
  primaryUser: false,
  expiresAtMs: undefined,
};

describe('a use over a limit', () => {
  test('is answered RATE_LIMITED with HTTP 429, and tells when to come again', async () => {
    const tendril = await startTendril(await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '1' }));
    expect((await respondGraphql(tendril, list)).status).toBe(200);
    const response = await respondGraphql(tendril, list);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.stringMatching(
            /^The limit of webhookSubscriptions \(1 a minute\) is reached\. Try again in \d+ s\.$/,
          ),
          extensions: {
            code: 'RATE_LIMITED',
            retryAfterSeconds: Number(response.headers.get('retry-after')),
            requestId: response.headers.get('x-request-id'),
          },
        },
      ],
    });
  });

  test('executes nothing, and neither does what was asked for together with it', async () => {
    const tendril = await startTendril(await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '2' }));
    const { data, errors } = await postGraphql(
      tendril,
      `mutation { a: ${create} b: ${create} c: ${create} }`,
    );
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect((await postGraphql(tendril, list)).data).toEqual({ webhookSubscriptions: { totalCount: 0 } });
  });

  test.each([
    ['has a variable of another type', 'query ($x: Int) { webhookSubscriptions(first: $x) { totalCount } }'],
    [
      'asks for too much',
      '{ webhookSubscriptions(first: 250) { nodes { deliveries(first: 250) { nodes { id } } } } }',
    ],
  ])('may be by an operation that %s, which counts as any other', async (_says, query) => {
    const tendril = await startTendril(await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '2' }));
    const answered = async () => {
      const { status, headers } = await respondGraphql(tendril, query, { variables: { x: 'x' } });
      return [status, /"webhookSubscriptions";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]];
    };
    expect([await answered(), await answered(), await answered()]).toEqual([
      [400, '1'],
      [400, '0'],
      [429, '0'],
    ]);
  });

  test('is open again in the next minute', async () => {
    const env = await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '1' });
    const [one, other] = [await startTendril(env), await startTendril(env)];
    await postGraphql(one, list);
    await withClient(env, (client) => client.query('UPDATE rate_limit SET expire = $1', [Date.now()]));
    expect((await postGraphql(other, list)).errors).toBeUndefined();
    expect((await postGraphql(other, list)).errors).toBeDefined();
  });

  test('costs no statements once it is known', async () => {
    const env = await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '1', ROLE: 'api' });
    const statements = await countStatements(env.DATABASE_URL ?? '');
    const tendril = await startTendril({ ...env, DATABASE_URL: statements.url });
    await postGraphql(tendril, list);
    const before = statements.count();
    for (let n = 0; n < 200; n += 1) await postGraphql(tendril, list);
    // A look at the key and at the time of its last use now and then, and what goes on in any case.
    expect(statements.count() - before).toBeLessThan(50);
  });

  test('is answered as an error over WebSocket, and the socket stays open', async () => {
    const tendril = await startTendril(
      await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '1', REQUESTS_PER_MINUTE: '2' }),
    );
    const socket = tendril.ws();
    expect((await socket.iterate({ query: list }).next()).value).toMatchObject({ data: expect.anything() });
    const refused = [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) } }];
    await expect(socket.iterate({ query: list }).next()).rejects.toMatchObject(refused);
    expect((await socket.iterate({ query: logs }).next()).value).toMatchObject({ data: expect.anything() });
    expect((await postGraphql(tendril, list)).errors).toMatchObject(refused);
    void socket
      .iterate({ query: 'subscription { deliveryUpdated { id } }' })
      .next()
      .catch(() => undefined);
    const another = socket.iterate({ query: 'subscription { deliveryUpdated { id } }' });
    await expect(another.next()).rejects.toMatchObject(refused);
  });

  test('is told by the counts of this process alone while PostgreSQL is away', async () => {
    const log = pino({ level: 'silent' });
    const database = await openDatabase((await freshEnv()).DATABASE_URL ?? '', [], log);
    await database.close();
    const settings = { MANAGEMENT_REQUESTS_PER_MINUTE: '2', WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: '0' };
    const limits = createRateLimits(database, readConfig(settings), log);
    const uses = { fields: new Map([['eventTypes', 1]]), events: 0, bytes: 0 };
    const standings: Standing[] = [];
    for (let n = 0; n < 3; n += 1) standings.push(...(await limits.charge(caller, uses)));
    limits.close();
    expect(standings.map(({ isOver, remaining }) => [isOver, remaining])).toEqual([
      [false, 1],
      [false, 0],
      [true, 0],
    ]);
  });
});

test('answers tell each limit that they met, and what is left of it', async () => {
  const tendril = await startTendril(
    await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '50', PUBLISHED_BYTES_PER_MINUTE: '100000' }),
  );
  const managed = await respondGraphql(tendril, `{ eventTypes { nodes { name } } ${list.slice(1)}`);
  expect(managed.headers.get('ratelimit-policy')).toBe(
    '"eventTypes";q=50;w=60, "webhookSubscriptions";q=50;w=60, "workspace-eventTypes";q=500;w=60, "workspace-webhookSubscriptions";q=500;w=60',
  );
  expect(managed.headers.get('ratelimit')).toMatch(
    /^"eventTypes";r=49;t=\d+, "webhookSubscriptions";r=49;t=\d+, "workspace-eventTypes";r=499;t=\d+, "workspace-webhookSubscriptions";r=499;t=\d+$/,
  );
  const read = await respondGraphql(tendril, logs);
  expect(read.headers.get('ratelimit-policy')).toBe(
    '"requests";q=60000;w=60, "workspace-requests";q=600000;w=60',
  );
  const published = await respondGraphql(tendril, `mutation { ${publishOne} }`);
  expect(published.headers.get('ratelimit-policy')).toBe(
    '"published-events";q=2000000;w=60, "published-bytes";q=100000;qu="content-bytes";w=60',
  );
  const bytes = JSON.stringify({ query: `mutation { ${publishOne} }` }).length;
  expect(published.headers.get('ratelimit')).toContain(`"published-bytes";r=${100_000 - bytes};t=60`);
  expect((await respondGraphql(tendril, '{ __typename }')).headers.has('ratelimit')).toBe(false);
});

describe('two processes on one database', () => {
  test('share the management limits exactly', async () => {
    const env = await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '10', ROLE: 'api' });
    const processes = [await startTendril(env), await startTendrilProcess(env)] as const;
    for (let n = 0; n < 10; n += 1)
      expect((await postGraphql(processes[n % 2 ? 1 : 0], list)).errors).toBeUndefined();
    for (const tendril of processes) expect(await isRefused(tendril, list)).toBe(true);
  });

  test.each([
    ['reading the logs', 'REQUESTS_PER_MINUTE', 'requests', logs],
    ['publishing', 'PUBLISHED_EVENTS_PER_MINUTE', 'published-events', `mutation { ${publishOne} }`],
  ])('share the limit of %s as settled a second ago', async (_what, setting, name, query) => {
    const env = await freshEnv({ [setting]: '10', ROLE: 'api' });
    const one = await startTendril(env);
    const other = await startTendrilProcess(env);
    for (let n = 0; n < 10; n += 1) expect(await isRefused(one, query)).toBe(false);
    await untilCounted(env, name, 10);
    expect(await isRefused(other, query)).toBe(false);
    await untilCounted(env, name, 11);
    // By itself it has counted far fewer than ten when it refuses.
    let asked = 0;
    await eventually(async () => {
      asked += 1;
      return isRefused(other, query);
    });
    expect(asked).toBeLessThan(8);
  });
});

describe('publishing', () => {
  test('is limited by events, those of a list each, for the workspace', async () => {
    const env = await freshEnv({ PUBLISHED_EVENTS_PER_MINUTE: '10' });
    const tendril = await startTendril(env);
    const { key } = await newKey(tendril);
    expect((await publishSome(tendril, 8)).errors).toBeUndefined();
    expect((await publishSome(tendril, 3)).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect(
      (await postGraphql(tendril, `mutation { a: ${publishOne} b: ${publishOne} }`, { key })).errors,
    ).toBeUndefined();
    expect((await publishSome(tendril, 1, key)).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
    expect((await publishSome(tendril, 10, await addWorkspace(env, 'another'))).errors).toBeUndefined();
    expect((await postGraphql(tendril, logs)).errors).toBeUndefined();
  });

  describe.each([
    ['in the document', `mutation { ${publishOne.replace('{}', `"${'x'.repeat(4_000)}"`)} }`, {}],
    ['in the variables', publishMany, { events: [{ type: 'payout.paid', payload: 'x'.repeat(4_000) }] }],
    [
      'in a variable for many events',
      `mutation ($p: JSON!) { publishEvents(events: [${'{ type: "payout.paid", payload: $p } '.repeat(15)}]) { userErrors { code } } }`,
      { p: 'x'.repeat(200) },
    ],
    [
      'in the default of a variable for many events',
      `mutation ($p: JSON = "${'x'.repeat(200)}") { publishEvents(events: [${'{ type: "payout.paid", payload: $p } '.repeat(15)}]) { userErrors { code } } }`,
      {},
    ],
  ])('is limited by bytes that stand %s,', (_where, query, variables) => {
    test.each([
      ['with a length', (tendril: Tendril) => postGraphql(tendril, query, { variables })],
      ['in chunks', (tendril: Tendril) => postInChunks(tendril, { query, variables })],
      ['over WebSocket', (tendril: Tendril) => askBySocket(tendril, { query, variables })],
    ])('sent %s', async (_how, send) => {
      const tendril = await startTendril(await freshEnv({ PUBLISHED_BYTES_PER_MINUTE: '5000', ROLE: 'api' }));
      expect((await send(tendril)).errors).toBeUndefined();
      expect((await send(tendril)).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
      expect((await publishSome(tendril, 1)).errors).toBeUndefined();
    });
  });
});

test('reading the logs is limited for the key, and for the keys of a workspace together', async () => {
  const tendril = await startTendril(await freshEnv({ REQUESTS_PER_MINUTE: '10', ROLE: 'api' }));
  const keys = [];
  // Making a key is a request as well.
  for (let n = 0; n < 10; n += 1) keys.push((await newKey(tendril)).key);
  let answered = 0;
  for (const key of keys) {
    for (let n = 0; n < 11; n += 1) if (!(await postGraphql(tendril, logs, { key })).errors) answered += 1;
    expect((await postGraphql(tendril, logs, { key })).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
  }
  expect(answered).toBe(90);
});

describe('managing subscriptions is limited for the keys of a workspace together,', () => {
  test('for each operation, and to ten times as much as for a key', async () => {
    const env = await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '1', ROLE: 'api' });
    const tendril = await startTendril(env);
    for (let n = 0; n < 10; n += 1) {
      const { key } = await newKey(tendril);
      expect((await postGraphql(tendril, list, { key })).errors).toBeUndefined();
      // What the key is refused is not taken from the others.
      expect((await postGraphql(tendril, list, { key })).errors?.[0]?.message).toContain(
        'The limit of webhookSubscriptions (1 a minute)',
      );
    }
    const { key } = await newKey(tendril);
    const refused = await respondGraphql(tendril, list, { key });
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('The limit of workspace-webhookSubscriptions (10 a minute)');
    expect((await postGraphql(tendril, `mutation { ${create} }`, { key })).errors).toBeUndefined();
    const ofAnother = await addWorkspace(env, 'another');
    expect((await postGraphql(tendril, list, { key: ofAnother })).errors).toBeUndefined();
  });

  test('as WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE says, which holds where a key has no limit of its own', async () => {
    const settings = { MANAGEMENT_REQUESTS_PER_MINUTE: '0', WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: '2' };
    const tendril = await startTendril(await freshEnv({ ...settings, ROLE: 'api' }));
    for (let n = 0; n < 2; n += 1) expect(await isRefused(tendril, list)).toBe(false);
    expect(await isRefused(tendril, list)).toBe(true);
  });

  test('over all processes as settled a second ago', async () => {
    const settings = { MANAGEMENT_REQUESTS_PER_MINUTE: '0', WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: '2' };
    const env = await freshEnv({ ...settings, ROLE: 'api' });
    const [one, other] = [await startTendril(env), await startTendril(env)];
    expect(await isRefused(one, list)).toBe(false);
    await untilCounted(env, 'workspace-webhookSubscriptions', 1);
    expect(await isRefused(other, list)).toBe(false);
    await untilCounted(env, 'workspace-webhookSubscriptions', 2);
    expect(await isRefused(other, list)).toBe(true);
  });
});

test('counts of past minutes are deleted', async () => {
  const env = await freshEnv();
  await withClient(env, async (client) => {
    await client.query("INSERT INTO rate_limit VALUES ('requests:past', 1, 0)");
    await startTendril(env);
    await eventually(async () => (await client.query('SELECT FROM rate_limit')).rowCount === 0);
  });
});

async function isRefused(tendril: Tendril, query: string): Promise<boolean> {
  return (await postGraphql(tendril, query)).errors?.[0]?.extensions.code === 'RATE_LIMITED';
}

function publishSome(tendril: Tendril, count: number, key = tendril.key, payload = '') {
  const events = Array.from({ length: count }, () => ({ type: 'payout.paid', payload }));
  return postGraphql(tendril, publishMany, { key, variables: { events } });
}

async function postInChunks({ url, key }: Tendril, asked: object): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: new Blob([JSON.stringify(asked)]).stream(),
    duplex: 'half',
  });
  return (await response.json()) as GraphqlAnswer;
}

async function askBySocket(
  tendril: Tendril,
  asked: { query: string; variables: Record<string, unknown> },
): Promise<GraphqlAnswer> {
  try {
    return (await tendril.ws().iterate(asked).next()).value as GraphqlAnswer;
  } catch (errors) {
    return { errors: errors as NonNullable<GraphqlAnswer['errors']> };
  }
}
