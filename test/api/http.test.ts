import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { postGraphql, respondGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv(), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('GraphQL over HTTP', () => {
  // 572B, FDE2 and 7B9B ask for 200 where a document cannot be executed, which the specification leaves open.
  const allowedWarnings = ['572B', 'FDE2', '7B9B'];

  test('passes every audit of the specification, but for three recommendations', async () => {
    const results = await Promise.all(
      serverAudits({ url: `${tendril.url}/graphql` }).map((audit) => audit.fn()),
    );
    // A notice is about what a server may do.
    const problems = results.filter(({ status }) => status !== 'ok' && status !== 'notice');
    for (const { id, name, status } of problems) console.log(`audit ${id}: ${status}: ${name}`);
    expect(problems.filter(({ status, id }) => status === 'error' || !allowedWarnings.includes(id))).toEqual(
      [],
    );
    expect(results.length).toBeGreaterThan(50);
  });

  test('answers a query by GET where the request cannot come from a form or an image', async () => {
    const url = `${tendril.url}/graphql?query=%7B__typename%7D`;
    const refused = await fetch(url);
    expect(refused.status).toBe(400);
    expect(await codesOf(refused)).toEqual(['BAD_USER_INPUT']);
    const other = await fetch(url, { headers: { 'content-type': 'application/json+x' } });
    expect([other.status, await codesOf(other)]).toEqual([400, ['BAD_USER_INPUT']]);
    const answered = await fetch(url, { headers: { 'apollo-require-preflight': 'yes' } });
    expect(await answered.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test.each(['utf-8', 'UTF-8', '"utf-8"'])('takes a body that says it is in %s', async (charset) => {
    const type = { 'content-type': `application/json; charset=${charset}` };
    const { body } = await send('POST', '/graphql', type, '{"query":"{ __typename }"}');
    expect(JSON.parse(body)).toEqual({ data: { __typename: 'Query' } });
  });

  test.each([
    ['nothing', '', null],
    ['a query', '?query=%7B__typename%7D', null],
    ['what needs a key, without one', '?query=%7Bviewer%7Bworkspace%7Bid%7D%7D%7D', null],
    ['what needs a key, with one', '?query=%7Bviewer%7Bworkspace%7Bid%7D%7D%7D', 'good'],
    ['a mutation', '?query=mutation%7B__typename%7D', 'good'],
  ])('answers HEAD for %s as it does GET, without the body', async (_says, search, key) => {
    for (const preflight of [undefined, 'yes']) {
      const headers = {
        ...(key === null ? {} : { 'x-api-key': tendril.key }),
        ...(preflight === undefined ? {} : { 'apollo-require-preflight': preflight }),
      };
      const [get, head] = [
        await send('GET', `/graphql${search}`, headers, undefined),
        await send('HEAD', `/graphql${search}`, headers, undefined),
      ];
      const told = ({ response }: typeof get) => [
        response.statusCode,
        response.headers['content-type'],
        response.headers['content-length'],
      ];
      expect(told(head)).toEqual(told(get));
      expect([head.body, get.body === '']).toEqual(['', false]);
    }
  });

  test('refuses a mutation by GET', async () => {
    const query = encodeURIComponent(
      'mutation { createApiKey(input: { name: "by GET", scopes: [ADMIN] }) { key } }',
    );
    const response = await fetch(`${tendril.url}/graphql?query=${query}`, {
      headers: { 'x-api-key': tendril.key, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(405);
    expect(await codesOf(response)).toEqual(['BAD_USER_INPUT']);
    expect(JSON.stringify(await postGraphql(tendril, '{ apiKeys { name } }'))).not.toContain('by GET');
  });

  test('answers in the type that is asked for, and says so where it has none', async () => {
    const answered = async (accept: string) => {
      const { response, body } = await send(
        'POST',
        '/graphql',
        { accept, 'content-type': 'application/json' },
        '{"query":"{ __typename }"}',
      );
      return [response.statusCode, response.headers['content-type'], JSON.parse(body)];
    };
    const data = { data: { __typename: 'Query' } };
    const json = [200, 'application/json; charset=utf-8', data];
    const response = [200, 'application/graphql-response+json; charset=utf-8', data];
    expect(await answered('*/*')).toEqual(json);
    expect(await answered('text/html, application/*;q=0.1')).toEqual(json);
    expect(await answered('application/json, application/graphql-response+json')).toEqual(json);
    expect(await answered('application/json;q=0.5, application/graphql-response+json')).toEqual(response);
    expect(await answered('image/png')).toEqual([
      406,
      'application/json; charset=utf-8',
      {
        errors: [
          expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) }),
        ],
      },
    ]);
  });

  test('tells all that is wrong with a request at once', async () => {
    const response = await post('{"query":"","operationName":1,"variables":[],"extensions":1.0}');
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors.map(({ message }) => message)).toEqual([
      'query is a GraphQL document as a string, which is not empty. operationName is a string. variables is a JSON object. extensions is a JSON object.',
    ]);
  });

  test('tells a client that sends hashes of documents to send the documents', async () => {
    const hash = { persistedQuery: { version: 1, sha256Hash: 'ab'.repeat(32) } };
    for (const query of [undefined, null, '']) {
      const asked = await post(JSON.stringify({ query, extensions: hash }));
      expect([asked.status, await codesOf(asked)]).toEqual([200, ['PERSISTED_QUERY_NOT_SUPPORTED']]);
    }
    const answered = await post(JSON.stringify({ query: '{ __typename }', extensions: hash }));
    expect(await answered.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('has no answer kept on the way', async () => {
    const { headers } = await post('{"query":"{ __typename }"}');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['none', { query: 'query a { __typename } query b { __typename }' }],
    ['another', { query: 'query a { __typename }', operationName: 'c' }],
  ])('asks for the name of an operation where it has %s', async (_says, asked) => {
    const response = await post(JSON.stringify(asked));
    expect([response.status, await codesOf(response)]).toEqual([400, ['BAD_USER_INPUT']]);
  });

  test('takes one operation a request', async () => {
    const one = { query: '{ __typename }' };
    const response = await post(JSON.stringify([one, one]));
    expect(response.status).toBe(400);
    expect(await codesOf(response)).toEqual(['BAD_USER_INPUT']);
  });

  test('says UNAUTHENTICATED as 401 and FORBIDDEN as 403, with nothing but the code and the request id beside the message', async () => {
    const query = JSON.stringify({ query: '{ viewer { workspace { id } } }' });
    const response = await post(query);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.stringContaining('API key'),
          locations: expect.anything(),
          path: ['viewer'],
          extensions: { code: 'UNAUTHENTICATED', requestId: response.headers.get('x-request-id') },
        },
      ],
      data: null,
    });
  });
});

test('a publish that took effect is told as one, whatever else was asked that is forbidden', async () => {
  const made = await postGraphql(
    tendril,
    'mutation { createApiKey(input: { name: "Publisher", scopes: [PUBLISH] }) { key } }',
  );
  const { key } = (made.data as { createApiKey: { key: string } }).createApiKey;
  const response = await respondGraphql(
    tendril,
    `mutation { publishEvent(input: { type: "payout.paid", payload: {} }) { deliveryCount event { id deliveries { id } } } }`,
    { key },
  );
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    data: { publishEvent: { deliveryCount: 0, event: null } },
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  });
  const refused = await respondGraphql(tendril, '{ event(id: "evt_x") { id } }', { key });
  expect([refused.status, await refused.json()]).toMatchObject([403, { data: { event: null } }]);
});

test('a moment may be written with small letters', async () => {
  const query = '{ deliveries(filter: { createdAfter: "2026-11-23t00:00:00z" }) { totalCount } }';
  expect(await postGraphql(tendril, query)).toEqual({ data: { deliveries: { totalCount: 0 } } });
});

describe('whatever is asked is answered in JSON, under a request id,', () => {
  const json = { 'content-type': 'application/json' };
  const sent: [
    says: string,
    method: string,
    path: string,
    headers: object,
    body: string | undefined,
    status: number,
  ][] = [
    ['be it an address of nothing', 'GET', '/nothing/here?at=all', {}, undefined, 404],
    ['be it the root', 'GET', '/', {}, undefined, 404],
    ['be it an address that cannot be decoded', 'GET', '/%E0%A4%A', {}, undefined, 400],
    ['be it below GraphQL', 'POST', '/graphql/x', json, '{}', 404],
    ['be it PUT', 'PUT', '/graphql', json, '{"query":"{__typename}"}', 405],
    ['be it DELETE', 'DELETE', '/graphql', {}, undefined, 405],
    ['be it malformed JSON', 'POST', '/graphql', json, '{"query": "{ __typename }"', 400],
    ['be it no JSON', 'POST', '/graphql', json, '{ __typename }', 400],
    ['be it an empty body', 'POST', '/graphql', json, '', 400],
    ['be it a number', 'POST', '/graphql', json, '1', 400],
    ['be it null', 'POST', '/graphql', json, 'null', 400],
    ['be it an empty list', 'POST', '/graphql', json, '[]', 400],
    ['be it an empty object', 'POST', '/graphql', json, '{}', 400],
    ['be it a query that is none', 'POST', '/graphql', json, '{"query":7}', 400],
    ['be it half a query', 'POST', '/graphql', json, '{"query":"{"}', 400],
    ['be it an unknown field', 'POST', '/graphql', json, '{"query":"{ nothing }"}', 400],
    [
      'be it an unknown operation',
      'POST',
      '/graphql',
      json,
      '{"query":"{ __typename }","operationName":"x"}',
      400,
    ],
    [
      'be it variables that are none',
      'POST',
      '/graphql',
      json,
      '{"query":"{ __typename }","variables":"x"}',
      400,
    ],
    [
      'be it plain text',
      'POST',
      '/graphql',
      { 'content-type': 'text/plain' },
      '{"query":"{ __typename }"}',
      415,
    ],
    [
      'be it a form',
      'POST',
      '/graphql',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'query={a}',
      415,
    ],
    ...['utf-16', '"UTF-16LE"', 'utf-8-ish', 'iso-8859-1'].map((charset): (typeof sent)[number] => [
      `be it in ${charset}`,
      'POST',
      '/graphql',
      { 'content-type': `application/json; charset=${charset}` },
      '{"query":"{ __typename }"}',
      415,
    ]),
    ['be it no type at all', 'POST', '/graphql', {}, '{"query":"{ __typename }"}', 415],
    [
      'be it brackets without end',
      'POST',
      '/graphql',
      json,
      `{"query":"{a}","variables":${'['.repeat(9e5)}`,
      400,
    ],
    [
      'be it deep JSON',
      'POST',
      '/graphql',
      json,
      `{"query":"{a}","variables":{"a":${'['.repeat(4e5)}${']'.repeat(4e5)}}}`,
      400,
    ],
    ['be it a body of more than 1 MiB', 'POST', '/graphql', json, bodyOf('query', 1_100_000), 413],
    [
      'be it publishEvents of more than 8 MiB',
      'POST',
      '/graphql',
      json,
      bodyOf('publishEvents', 8_500_000),
      413,
    ],
  ];

  test.each(sent)('%s', async (_says, method, path, headers, body, status) => {
    const { response, body: answer } = await send(method, path, headers as Record<string, string>, body);
    expect(response.statusCode).toBe(status);
    expectPlainError(response, answer);
  });

  test('and to another method, by which ones GraphQL is asked', async () => {
    const { response, body } = await send('PATCH', '/graphql?query=x', {}, undefined);
    expect(response.headers.allow).toBe('GET, HEAD, POST');
    expect(body).toContain('GraphQL is asked by GET or by POST.');
  });

  test('be it chunked and of more than 1 MiB', async () => {
    const { response, body } = await send(
      'POST',
      '/graphql',
      { ...json, 'transfer-encoding': 'chunked' },
      bodyOf('query', 1_100_000),
    );
    expect(response.statusCode).toBe(413);
    expectPlainError(response, body);
    expect(body).toMatch(/1048576/);
  });

  test('be it no UTF-8, which nobody is to read otherwise than it was meant', async () => {
    for (const framing of [{ 'transfer-encoding': 'chunked' }, {}]) {
      const sent = Buffer.from('{"query":"query($a:String){__typename}","variables":{"a":"\xe4"}}', 'latin1');
      const headers = { ...json, ...framing, 'x-api-key': tendril.key };
      const { response, body } = await send('POST', '/graphql', headers, sent);
      expect([response.statusCode, body]).toEqual([400, expect.stringContaining('UTF-8')]);
      expectPlainError(response, body);
    }
  });

  test('and publishEvents may have 8 MiB', async () => {
    const { response, body } = await send(
      'POST',
      '/graphql',
      { ...json, 'x-api-key': tendril.key },
      bodyOf('publishEvents', 5_000_000),
    );
    expect([response.statusCode, body]).toEqual([200, expect.stringContaining('PAYLOAD_TOO_LARGE')]);
  });

  test.each([
    ['which says so', `Content-Length: 20000000\r\n\r\n${' '.repeat(20_000_000)}`],
    ['in chunks', `Transfer-Encoding: chunked\r\n\r\n1312d00\r\n${' '.repeat(20_000_000)}\r\n0\r\n\r\n`],
  ])('and who sends a longer one to its end before reading is answered: %s', async (_says, rest) => {
    const { hostname, port } = new URL(tendril.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nX-API-Key: ${tendril.key}\r\n`;
    await new Promise<void>((resolve, reject) => {
      socket.write(head + rest, (error) => (error ? reject(error) : resolve()));
    });
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 .*8388608/s);
  });

  test('and every request has an id of its own, whatever the caller sends', async () => {
    const ids = await Promise.all(
      ['a', 'a'].map(async (id) => {
        const response = await fetch(`${tendril.url}/health/live`, { headers: { 'x-request-id': id } });
        return response.headers.get('x-request-id');
      }),
    );
    expect(new Set([...ids, 'a']).size).toBe(3);
  });

  test('and a server that is spoken to in another tongue goes on', async () => {
    const { port } = new URL(tendril.url);
    for (const nonsense of [
      '\x16\x03\x01\x02\0\x01\0',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /graphql HTTP/1.1\r\nContent-Length: x\r\n\r\n',
    ]) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end(nonsense);
      const answer = await text(socket).catch(() => '');
      expect(answer).not.toMatch(/node:|at .*\(/);
    }
    expect((await fetch(`${tendril.url}/health/live`)).status).toBe(200);
  });
});

function post(body: string): Promise<Response> {
  return fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

async function codesOf(response: Response): Promise<string[]> {
  const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors.map(({ extensions }) => extensions.code);
}

/** Sends exactly this, which fetch would not. */
async function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer | undefined,
): Promise<{ response: IncomingMessage; body: string }> {
  const { hostname, port } = new URL(tendril.url);
  const length =
    body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) };
  // Without a good key they would be refused for their length alone.
  const key = (body?.length ?? 0) > 65_536 ? { 'x-api-key': tendril.key } : {};
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = httpRequest(
    { hostname, port, method, path, headers: { ...headers, ...length, ...key }, agent: false },
    resolve,
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  const response = await promise;
  return { response, body: await text(response) };
}

function expectPlainError(response: IncomingMessage, body: string): void {
  expect(response.headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/);
  expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const { errors } = JSON.parse(body) as { errors: { message: string; extensions: { code: string } }[] };
  expect(errors[0]).toMatchObject({
    message: expect.stringMatching(/./),
    extensions: {
      code: expect.stringMatching(/^[A-Z_]+$/),
      requestId: response.headers['x-request-id'],
    },
  });
  expect(body).not.toMatch(/stacktrace|node_modules|node:|\bat .*:\d+:\d+|select /i);
}

/** A request of so many bytes. */
function bodyOf(kind: 'query' | 'publishEvents', bytes: number): string {
  const query =
    kind === 'query'
      ? '{ __typename }'
      : 'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { userErrors { code } } }';
  const variables = { events: [{ type: 'payout.paid', payload: 'x'.repeat(bytes) }] };
  return JSON.stringify({ query, variables });
}
