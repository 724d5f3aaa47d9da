import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getIntrospectionQuery } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { registerGraphiql } from '../../src/graphql/graphiql-page.js';
import { createHttpServer } from '../../src/graphql/http-server.js';
import { type GraphqlAnswer, postGraphql, respondGraphql } from '../support/post-graphql.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const refusedWithinMs = 50;
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv({ ROLE: 'api' }), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

/** Sends these bytes on a connection of their own; gives head and body of the answer. */
async function exchange(request: string): Promise<{ head: string; body: string }> {
  const { port } = new URL(tendril.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(request, 'latin1');
  const answer = await text(socket).catch(() => '');
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  return { head, body };
}

function http(line: string, headers: string[] = [], body = ''): string {
  const all = ['Host: tendril.test', 'Connection: close', ...headers];
  if (body) all.push(`Content-Length: ${body.length}`);
  return [`${line} HTTP/1.1`, ...all, '', body].join('\r\n');
}

const json = ['Content-Type: application/json'];
const webSocket = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const requests: [says: string, request: string, status: RegExp][] = [
  ['an unknown route', http('GET /no/such/place?a=<b>'), /404/],
  ['a path out of the root', http('GET /graphiql/../../etc/passwd'), /40\d/],
  ['an encoded path out of the root', http('GET /graphiql/%2e%2e/%2e%2e/package.json'), /40\d/],
  ['a NUL in the path', http('GET /graphiql/%00'), /40\d/],
  ['an address that cannot be decoded', http('GET /%E0%A4%A'), /400/],
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE'].map((method): (typeof requests)[number] => [
    method,
    http(`${method} /graphql`),
    /4\d\d/,
  ]),
  ['an unknown method', http('FETCH /graphql'), /40\d/],
  ['malformed JSON', http('POST /graphql', json, '{"query":'), /400/],
  [
    'JSON that is no UTF-8',
    http('POST /graphql', json, '{"query":"{ __typename }\xff\xfe","a":"\xc3\x28"}'),
    /400/,
  ],
  ['a query that is no UTF-8', http('POST /graphql', json, '{"query":"{ \xff }"}'), /400/],
  ['a form', http('POST /graphql', ['Content-Type: application/x-www-form-urlencoded'], 'query={a}'), /415/],
  [
    'a multipart form',
    http('POST /graphql', ['Content-Type: multipart/form-data; boundary=a'], '--a--'),
    /415/,
  ],
  ['a content type that is none', http('POST /graphql', ['Content-Type: ;;'], '{}'), /415/],
  [
    'a mutation by GET',
    http('GET /graphql?query=mutation{__typename}', ['Apollo-Require-Preflight: 1']),
    /405/,
  ],
  ['a list of operations', http('POST /graphql', json, '[{"query":"{ __typename }"}]'), /400/],
  [
    'a persisted query',
    http('POST /graphql', json, '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}'),
    /200/,
  ],
  ['a body over the limit', http('POST /graphql', [...json, 'Content-Length: 9000000']), /413/],
  [
    'a body of both lengths',
    http('POST /graphql', [...json, 'Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    /400/,
  ],
  ['headers without end', http('GET /graphql', [`X-A: ${'a'.repeat(100_000)}`]), /431/],
  ['no host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', /400/],
  ['two hosts', http('GET /health/live', ['Host: elsewhere.test']), /400/],
  ['two hosts of one name', http('GET /health/live', ['Host: tendril.test']), /400/],
  [
    'a WebSocket of two hosts',
    http('GET /graphql', [...webSocket, 'Sec-WebSocket-Version: 13', 'Host: elsewhere.test']),
    /400/,
  ],
  [
    'a WebSocket of no host',
    ['GET /graphql HTTP/1.1', ...webSocket, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n'),
    /400/,
  ],
  ['an expectation', http('GET /health/live', ['Expect: a miracle']), /417/],
  ['a tunnel', http('CONNECT elsewhere.test:443'), /405/],
  ['a WebSocket at another address', http('GET /no', [...webSocket, 'Sec-WebSocket-Version: 13']), /404/],
  [
    'a WebSocket of a foreign page',
    http('GET /graphql', [...webSocket, 'Sec-WebSocket-Version: 13', 'Origin: https://evil.test']),
    /403/,
  ],
  [
    'a WebSocket of an unknown version',
    http('GET /graphql', [...webSocket, 'Sec-WebSocket-Version: 99']),
    /400/,
  ],
  ['a WebSocket by POST', http('POST /graphql', [...webSocket, ...json], '{}'), /400/],
  [
    'a subscription over HTTP',
    http('POST /graphql', json, '{"query":"subscription{deliveryUpdated{id}}"}'),
    /400/,
  ],
  ['no HTTP', 'EHLO tendril\r\n\r\n', /400/],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', /400/],
  ['a certificate that is not there', http('GET /certificates/..%2f..%2fetc%2fpasswd.pem'), /404/],
  [
    'a variable of the wrong kind',
    http(
      'POST /graphql',
      json,
      '{"query":"query($a:Int){deliveries(first:$a){totalCount}}","variables":{"a":{"b":1}}}',
    ),
    /400/,
  ],
];

describe('the answer is JSON with a code and a request id, holds nothing of the inside and has security headers, to', () => {
  test.each(requests)('%s', async (says, request, status) => {
    const { head, body } = await exchange(request);
    expect(head.split('\r\n')[0]).toMatch(status);
    const requestId = /^x-request-id: ([0-9a-f-]{36})\r?$/im.exec(head)?.[1];
    expect(requestId).toBeDefined();
    expectSecurityHeaders(head);
    if (says === 'HEAD') return;
    expect(head).toMatch(/^content-type: application\/(graphql-response\+)?json/im);
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ extensions: { code: expect.stringMatching(/^[A-Z_]+$/), requestId } }],
    });
    expect(body).not.toMatch(
      /stack|node_modules|node:|\.[jt]s:\d|\bat .*:\d+:\d+|select |insert |<html|\/work|\/home|\/src\//i,
    );
  });

  test('nothing but what was asked for is sent to who offers HTTP/2 by the way, as curl and Java do', async () => {
    const offer = [
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
      'Content-Type: application/json',
    ];
    const { head, body } = await exchange(
      http('POST /graphql', offer, '{"query":"{ __typename }"}').replace(
        'Connection: close',
        'Connection: Upgrade, HTTP2-Settings, close',
      ),
    );
    expect([head.split('\r\n')[0], JSON.parse(body)]).toEqual([
      'HTTP/1.1 200 OK',
      { data: { __typename: 'Query' } },
    ]);
  });

  test('those of health, pages and GraphiQL alike', async () => {
    for (const path of [
      '/health/live',
      '/health/ready',
      '/unsubscribe',
      '/confirm?token=x',
      '/graphiql',
      '/graphiql/',
    ])
      expectSecurityHeaders((await exchange(http(`GET ${path}`))).head);
  });

  test('GraphiQL, whose policy allows no eval, no inline script and no other server', async () => {
    const { limits } = readConfig({});
    const app = createHttpServer(
      async () => ({ isReady: true, missing: [] }),
      limits,
      pino({ level: 'silent' }),
    );
    onTestFinished(() => app.close());
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    registerGraphiql(app, { folder });
    const { status, headers } = await fetch(`${await app.listen({ host: '127.0.0.1', port: 0 })}/graphiql/`);
    const policy = String(headers.get('content-security-policy'))
      .split('; ')
      .map((directive) => directive.split(/ (.*)/).slice(0, 2));
    expect([status, Object.fromEntries(policy)]).toMatchObject([
      200,
      {
        ...{
          'default-src': "'none'",
          'base-uri': "'none'",
          'form-action': "'none'",
          'frame-ancestors': "'none'",
        },
        ...{ 'script-src': "'self'", 'worker-src': "'self'", 'connect-src': "'self'" },
      },
    ]);
  });
});

describe('a document that asks for too much is refused within 50 ms', () => {
  const fullType = getIntrospectionQuery().replace(/^.*?(?=fragment)/s, '');
  const introspection = (levels: number) =>
    `{ __schema { types { ${'fields { type { '.repeat(levels)} name ${'} }'.repeat(levels)} } } }`;
  test.each([
    ['of introspection within introspection', introspection(60)],
    ['of introspection by fields of fields', introspection(4)],
    [
      'of introspection in fragments',
      `{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } } fragment b on __Type { fields { type { ...c } } }
      fragment c on __Type { fields { type { fields { type { fields { type { name } } } } } } }`,
    ],
    [
      'with a fragment named __schema that spreads itself',
      '{ ...__schema } fragment __schema on Query { ...__schema }',
    ],
    ['with 1,000 aliases', `{ ${Array.from({ length: 600 }, (_, n) => `a${n}: __typename`).join(' ')} }`],
    [
      'with aliases of __typename',
      `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
    ],
    [
      'with aliases of __schema',
      `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __schema { types { name } }`).join(' ')} }`,
    ],
    [
      'with the schema under 15 names',
      `{ ${Array.from({ length: 15 }, (_, n) => `a${n}: __schema { types { ...FullType } }`).join(' ')} } ${fullType}`,
    ],
    [
      'with all types under 15 names',
      `{ __schema { ${Array.from({ length: 15 }, (_, n) => `a${n}: types { ...FullType }`).join(' ')} } } ${fullType}`,
    ],
    ['with 100 directives', `{ __typename ${'@a'.repeat(100)} }`],
    ['with a field 900 times', `{ ${'__typename '.repeat(2100)} }`],
    ['with one field 499 times, which makes 124,000 pairs', `{ ${'viewer { __typename } '.repeat(499)} }`],
    [
      'with one field 360 times, in fragments',
      `{ ${Array.from({ length: 40 }, (_, n) => `...f${n}`).join(' ')} } ${Array.from({ length: 40 }, (_, n) => `fragment f${n} on Query { ${'viewer { __typename } '.repeat(9)}}`).join(' ')}`,
    ],
    ['with 1,000 unknown fields', `{ ${Array.from({ length: 1000 }, (_, n) => `deliverie${n}`).join(' ')} }`],
    ['of a million brackets', '{a'.repeat(500_000)],
    [
      'of fragments in a circle',
      `{ ...f0 } ${Array.from({ length: 200 }, (_, n) => `fragment f${n} on Query { ...f${(n + 1) % 200} }`).join(' ')}`,
    ],
    [
      'of pages in pages',
      '{ webhookSubscriptions(first: 250) { nodes { deliveries(first: 250) { nodes { id } } } } }',
    ],
  ])('%s', async (_says, query) => {
    const took: number[] = [];
    for (let nth = 0; nth < 20 && (took.length === 0 || Math.min(...took) > refusedWithinMs); nth++) {
      const startedMs = performance.now();
      const response = await respondGraphql(tendril, query);
      took.push(performance.now() - startedMs);
      expect(response.status).toBe(400);
      const requestId = response.headers.get('x-request-id');
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      const answer = (await response.json()) as GraphqlAnswer;
      expect(answer).not.toHaveProperty('data.deliveries');
      expect(answer.errors?.map(({ extensions }) => extensions)).toEqual(
        answer.errors?.map(() => expect.objectContaining({ requestId })),
      );
    }
    expect(Math.min(...took)).toBeLessThanOrEqual(refusedWithinMs);
    if (query.length < 200_000)
      await expect(tendril.ws().iterate({ query }).next()).rejects.toBeInstanceOf(Array);
  });
});

test('every limit is a setting', async () => {
  const strict = await startTendril(
    await freshEnv({
      ROLE: 'api',
      ...{ MAX_BODY_BYTES: '2000', MAX_PUBLISH_BODY_BYTES: '3000', MAX_TOKENS: '30', MAX_DEPTH: '3' },
      ...{
        MAX_ALIASES: '2',
        MAX_REPEATS: '5',
        MAX_DIRECTIVES: '1',
        MAX_COST: '10',
        SUBSCRIPTIONS_PER_SOCKET: '1',
      },
    }),
  );
  const codeOf = async (query: string) => (await postGraphql(strict, query)).errors?.[0]?.extensions.code;
  const refused = [
    '{ a: __typename b: __typename c: __typename }',
    '{ a: __typename @skip(if: false) __typename @skip(if: false) }',
    '{ deliveries(first: 1) { nodes { event { id } } } }',
    '{ deliveries(first: 20) { nodes { id } } }',
    `{ ${'__typename '.repeat(6)} }`,
  ];
  for (const query of refused) {
    expect([query, await codeOf(query)]).toEqual([query, 'GRAPHQL_VALIDATION_FAILED']);
    await expect(strict.ws().iterate({ query }).next()).rejects.toBeInstanceOf(Array);
  }
  expect(await codeOf(`{ ${'__typename '.repeat(40)} }`)).toBe('GRAPHQL_VALIDATION_FAILED');
  const sizes = async (query: string) =>
    Promise.all(
      [2500, 3500].map(async (size) => (await respondGraphql(strict, query.padEnd(size, ' '))).status),
    );
  expect(await sizes('{ __typename }')).toEqual([413, 413]);
  expect(await sizes('mutation { publishEvents(events: []) { userErrors { code } } }')).toEqual([200, 413]);
  const client = strict.ws();
  const query = 'subscription { deliveryUpdated { id } }';
  void client
    .iterate({ query })
    .next()
    .catch(() => undefined);
  await expect(client.iterate({ query }).next()).rejects.toMatchObject([
    { extensions: { code: 'RATE_LIMITED' } },
  ]);
});

function expectSecurityHeaders(head: string): void {
  expect(head).toMatch(/^x-content-type-options: nosniff\r?$/im);
  expect(head).toMatch(/^referrer-policy: no-referrer\r?$/im);
  expect(head).toMatch(/^content-security-policy: default-src 'none';.*frame-ancestors 'none'\r?$/im);
}
