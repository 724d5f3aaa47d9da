import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type OutgoingRequest,
} from '../../src/dialer/http-client.js';
import type { AddressPolicy } from '../../src/rules/address-policy.js';
import { drip, rawReceiver } from '../support/raw-receiver.js';
import { type ServerCertificate, selfSignedCertificate } from '../support/self-signed-certificate.js';

const open: AddressPolicy = {
  allowedNetworks: [],
  allowedPorts: [],
  allowHttp: true,
  allowLoopback: true,
  ownOrigins: [],
};
const strict: AddressPolicy = { ...open, allowLoopback: false };
const noContent = 'HTTP/1.1 204 No Content\r\n\r\n';
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const kilobyte = 'x'.repeat(1024);

function clientWith(policy: AddressPolicy, options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient(policy, { connectionsPerOrigin: 10, sourceAddresses: [], ...options });
  onTestFinished(() => client.close());
  return client;
}

function post(client: HttpClient, url: string, more: Partial<OutgoingRequest> = {}) {
  return client.send({
    url,
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
    timeoutMs: 5000,
    ...more,
  });
}

function resolving(...answers: string[]): Pick<HttpClientOptions, 'lookUp'> {
  return { lookUp: async () => answers };
}

describe('a request and its response', () => {
  test('the body arrives byte for byte, under the headers given and host and content-length alone', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const body = Buffer.from('{"name":"Zoë \u{1f600}"}\n');
    const { outcome } = await post(clientWith(open), `${receiver.url}?a=b%20c`, {
      headers: { 'X-One': 'caf\u00e9' },
      body,
    });
    expect(outcome).toEqual({ kind: 'responded', statusCode: 204, retryAfter: undefined });
    expect(receiver.received()).toBe(
      [
        'POST /hook?a=b%20c HTTP/1.1',
        `host: 127.0.0.1:${receiver.port}`,
        'connection: keep-alive',
        'X-One: caf\u00e9',
        `content-length: ${body.length}`,
        '',
        body.toString('latin1'),
      ].join('\r\n'),
    );
  });

  test('status, headers in their order, body, times and Retry-After come back', async () => {
    const receiver = await rawReceiver((socket) =>
      socket.end(
        'HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\nContent-Length: 4\r\n\r\nbusy',
      ),
    );
    const before = Date.now();
    const result = await post(clientWith(open), receiver.url);
    expect(result.outcome).toEqual({ kind: 'responded', statusCode: 503, retryAfter: '7' });
    expect(result.response).toEqual({
      statusCode: 503,
      headers: JSON.stringify([
        { name: 'Retry-After', value: '7' },
        { name: 'X-B', value: '2' },
        { name: 'x-a', value: '1' },
        { name: 'X-B', value: '3' },
        { name: 'Content-Length', value: '4' },
      ]),
      body: Buffer.from('busy'),
      bodyTruncated: false,
    });
    expect(result.startedAtMs).toBeGreaterThanOrEqual(before);
    expect(result.durationMs).toBeLessThan(5000);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is an answer and is not followed', async (status) => {
    const trap = await rawReceiver((socket) => socket.write(noContent));
    const receiver = await rawReceiver((socket) =>
      socket.write(`HTTP/1.1 ${status} Moved\r\nLocation: ${trap.url}\r\nContent-Length: 0\r\n\r\n`),
    );
    const { outcome } = await post(clientWith(open), receiver.url);
    expect(outcome).toMatchObject({ kind: 'responded', statusCode: status });
    expect(trap.sockets).toHaveLength(0);
  });

  test.skipIf(!hasIpv6)('an IPv6 literal is dialled', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent), '::1');
    expect((await post(clientWith(open), receiver.url)).outcome).toMatchObject({ kind: 'responded' });
    expect(receiver.received()).toContain(`host: [::1]:${receiver.port}`);
  });

  test('early hints are passed over, and the answer after them counts', async () => {
    const receiver = await rawReceiver((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${noContent}`),
    );
    const { response } = await post(clientWith(open), receiver.url);
    expect(response).toMatchObject({ statusCode: 204, headers: '[]' });
  });

  test('a compressed body is kept as it came, so that a bomb stays small', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const receiver = await rawReceiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    const { response } = await post(clientWith(open), receiver.url);
    expect(response?.body.equals(bomb.subarray(0, 65536))).toBe(true);
  });

  test('what comes on many connections in pieces, the large with the small, is kept apart', async () => {
    const contentOf = (nth: number) => String.fromCharCode(64 + nth).repeat(nth % 2 === 0 ? 60_000 : 100);
    const receiver = await rawReceiver((socket, nth) => {
      const content = contentOf(nth);
      const pieces = [`HTTP/1.1 200 OK\r\nX-`, `Nth: ${nth}\r\nContent-Length: ${content.length}\r\n\r\n`];
      for (let at = 0; at < content.length; at += 20_000) pieces.push(content.slice(at, at + 20_000));
      const writeNext = () => {
        const piece = pieces.shift();
        if (piece) socket.write(piece, () => setImmediate(writeNext));
      };
      writeNext();
    });
    const client = clientWith(open, { connectionsPerOrigin: 20 });
    const results = await Promise.all(Array.from({ length: 20 }, () => post(client, receiver.url)));
    for (const { response } of results) {
      const headers: { name: string; value: string }[] = JSON.parse(response?.headers ?? '[]');
      const nth = Number(headers.find(({ name }) => name === 'X-Nth')?.value);
      expect(response?.body.toString()).toBe(contentOf(nth));
    }
  });

  test('HTTP_PROXY and its kind are ignored', async () => {
    const proxy = await rawReceiver((socket) => socket.write(noContent));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
      vi.stubEnv(name, proxy.url);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    expect((await post(clientWith(open), receiver.url)).outcome).toMatchObject({ kind: 'responded' });
    expect(proxy.sockets).toHaveLength(0);
  });

  test.each([
    { Host: 'inner.example' },
    { 'x-a': 'a\r\nb' },
    { 'x a': 'b' },
    { 'transfer-encoding': 'chunked' },
  ])('with the headers %j nothing is sent', async (headers) => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const { outcome } = await post(clientWith(open), receiver.url, { headers: { ...headers } });
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'INVALID_REQUEST' });
    expect(receiver.received()).toBe('');
  });
});

describe('what is read of a response has an end', () => {
  test.each([
    ['a body of 200 MB', `HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n`, kilobyte],
    [
      'an endless chunked body',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      `400\r\n${kilobyte}\r\n`,
    ],
    ['an endless body without a length', 'HTTP/1.1 200 OK\r\n\r\n', kilobyte],
  ])('%s is cut at 64 KiB, is still a success, and the connection is closed', async (_name, head, piece) => {
    let written = 0;
    const receiver = await rawReceiver((socket) => {
      socket.write(head);
      const pour = () => {
        while (!socket.destroyed && written < 200_000_000) {
          written += piece.length;
          if (!socket.write(piece)) return socket.once('drain', pour);
        }
        return undefined;
      };
      pour();
    });
    const { outcome, response } = await post(clientWith(open), receiver.url);
    expect(outcome).toMatchObject({ kind: 'responded', statusCode: 200 });
    expect(response).toMatchObject({ bodyTruncated: true });
    expect(response?.body.length).toBe(65536);
    await vi.waitFor(() => expect(receiver.sockets[0]?.destroyed).toBe(true));
    // Some megabytes lie in the buffers of two sockets when the reader goes away.
    expect(written).toBeLessThan(100_000_000);
  });

  test.each([65535, 65536, 65537])('of a body of %i bytes 64 KiB are kept', async (length) => {
    const receiver = await rawReceiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`);
    });
    const { response } = await post(clientWith(open), receiver.url);
    expect(response?.body.length).toBe(Math.min(length, 65536));
    expect(response?.bodyTruncated).toBe(length > 65536);
  });

  test('a body that hangs after its 64 KiB is a success all the same', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(65536)}`);
    });
    const { outcome, response } = await post(clientWith(open), receiver.url, { timeoutMs: 300 });
    expect(outcome).toMatchObject({ kind: 'responded', statusCode: 200 });
    expect(response?.bodyTruncated).toBe(true);
  });

  test.each([
    ['one header of 20 KB', `X-Big: ${'x'.repeat(20_000)}\r\n`],
    [
      'many headers of 20 KB together',
      Array.from({ length: 1000 }, (_, i) => `X-${i}: ${'x'.repeat(20)}\r\n`).join(''),
    ],
  ])('%s is too much', async (_name, headers) => {
    const receiver = await rawReceiver((socket) => socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n`));
    const { outcome } = await post(clientWith(open), receiver.url);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'RESPONSE_HEADERS_TOO_LARGE' });
  });

  test('a thousand small headers are kept, all of them', async () => {
    const headers = Array.from({ length: 1000 }, (_, index) => `X-${index}: ${index}\r\n`).join('');
    const receiver = await rawReceiver((socket) => socket.write(`HTTP/1.1 204 No Content\r\n${headers}\r\n`));
    const { response } = await post(clientWith(open), receiver.url);
    expect(JSON.parse(response?.headers ?? '')).toHaveLength(1000);
  });
});

describe('the total deadline ends', () => {
  test.each<[string, (socket: import('node:net').Socket) => void]>([
    ['a receiver that accepts and hangs', () => undefined],
    ['headers a byte at a time', (socket) => drip(socket, `HTTP/1.1 200 OK\r\nX-A: ${kilobyte}\r\n\r\n`)],
    [
      'a body a byte at a time',
      (socket) => drip(socket, `HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n${kilobyte}`),
    ],
    ['an endless stream of early hints', (socket) => drip(socket, 'HTTP/1.1 103 Hi\r\n\r\n'.repeat(100))],
  ])('%s', async (_name, answer) => {
    const receiver = await rawReceiver(answer);
    const { outcome, durationMs, response } = await post(clientWith(open), receiver.url, { timeoutMs: 300 });
    expect(outcome).toEqual({ kind: 'timedOut', afterMs: 300 });
    expect(response).toBeUndefined();
    expect(durationMs).toBeGreaterThanOrEqual(295);
    expect(durationMs).toBeLessThan(2000);
    await vi.waitFor(() => expect(receiver.sockets[0]?.destroyed).toBe(true));
  });

  test('a look-up that never ends, and the slot is free for the next request', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    let lookUps = 0;
    const lookUp = () =>
      ++lookUps === 1 ? new Promise<string[]>(() => undefined) : Promise.resolve(['127.0.0.1']);
    const client = clientWith(open, { lookUp, connectionsPerOrigin: 1 });
    const url = `http://hooks.test:${receiver.port}/`;
    expect((await post(client, url, { timeoutMs: 100 })).outcome).toEqual({ kind: 'timedOut', afterMs: 100 });
    expect((await post(client, url)).outcome).toMatchObject({ kind: 'responded' });
  });

  test('a TLS handshake that nobody answers', async () => {
    const receiver = await rawReceiver(() => undefined);
    const { outcome } = await post(clientWith(open), `https://127.0.0.1:${receiver.port}`, {
      timeoutMs: 300,
    });
    expect(outcome).toEqual({ kind: 'timedOut', afterMs: 300 });
    await vi.waitFor(() => expect(receiver.sockets[0]?.destroyed).toBe(true));
  });

  test('a wait for a connection, where all that an origin may have are taken', async () => {
    const receiver = await rawReceiver(() => undefined);
    const client = clientWith(open, { connectionsPerOrigin: 1 });
    const [first, second] = [
      post(client, receiver.url, { timeoutMs: 400 }),
      post(client, receiver.url, { timeoutMs: 200 }),
    ];
    expect((await second).outcome).toEqual({ kind: 'timedOut', afterMs: 200 });
    expect((await first).outcome).toEqual({ kind: 'timedOut', afterMs: 400 });
    expect(receiver.sockets).toHaveLength(1);
  });
});

describe('a connection that fails has a stable code', () => {
  test.each<[string, string, (socket: import('node:net').Socket) => void]>([
    ['a reset before the answer', 'ECONNRESET', (socket) => socket.resetAndDestroy()],
    ['a close before the answer', 'ECONNRESET', (socket) => socket.end()],
    ['a garbage status line', 'INVALID_RESPONSE', (socket) => socket.end('SMTP ready\r\n\r\n')],
    ['a garbage header', 'INVALID_RESPONSE', (socket) => socket.end('HTTP/1.1 200 OK\r\nno colon\r\n\r\n')],
    [
      'a bad chunk',
      'INVALID_RESPONSE',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    ],
    ['a close in mid-header', 'RESPONSE_INCOMPLETE', (socket) => socket.end('HTTP/1.1 200 OK\r\nX-A')],
    [
      'a close in mid-body',
      'RESPONSE_INCOMPLETE',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    [
      'a close in mid-chunk',
      'RESPONSE_INCOMPLETE',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'),
    ],
    [
      'a reset in mid-body',
      'RESPONSE_INCOMPLETE',
      (socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () =>
          setImmediate(() => socket.resetAndDestroy()),
        ),
    ],
  ])('%s', async (_name, code, answer) => {
    const receiver = await rawReceiver(answer);
    const result = await post(clientWith(open), receiver.url);
    expect(result.outcome).toEqual({ kind: 'connectionFailed', code });
    expect(result.response).toBeUndefined();
    // The first request on a connection is never sent twice.
    expect(receiver.sockets).toHaveLength(1);
  });

  test('a port that nothing listens on', async () => {
    const receiver = await rawReceiver(() => undefined);
    const spare = await new Promise<number>((resolve) => {
      const server = createTlsServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    expect(spare).not.toBe(receiver.port);
    const { outcome } = await post(clientWith(open), `http://127.0.0.1:${spare}`);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'ECONNREFUSED' });
  });

  test.each([
    ['ENOTFOUND', 'ENOTFOUND'],
    ['ENODATA', 'ENOTFOUND'],
    ['EAI_AGAIN', 'DNS_FAILED'],
    ['ESERVFAIL', 'DNS_FAILED'],
  ])('a look-up that fails with %s', async (code, expected) => {
    const lookUp = () => Promise.reject(Object.assign(new Error('resolver 10.0.0.53 says no'), { code }));
    const { outcome } = await post(clientWith(open, { lookUp }), 'http://hooks.test');
    expect(outcome).toEqual({ kind: 'connectionFailed', code: expected });
  });

  test('a name without any address', async () => {
    const { outcome } = await post(clientWith(open, resolving()), 'http://hooks.test');
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'ENOTFOUND' });
  });

  test.each(['host', 'Host'])('a %s header, which would name another server', async (name) => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const sent = clientWith(open).send({
      url: receiver.url,
      headers: { [name]: 'metadata.internal' },
      body: '{}',
      timeoutMs: 5_000,
    });
    expect((await sent).outcome).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(receiver.sockets).toHaveLength(0);
  });

  test('a URL that does not parse', async () => {
    expect((await post(clientWith(open), 'http://')).outcome).toEqual({
      kind: 'connectionFailed',
      code: 'INVALID_REQUEST',
    });
  });
});

describe('TLS', () => {
  async function tlsReceiver(certificate: ServerCertificate, answer = noContent): Promise<number> {
    const sockets: TLSSocket[] = [];
    const server = createTlsServer(certificate, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  function trusting({ cert }: ServerCertificate): void {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    onTestFinished(() => setDefaultCACertificates(before));
  }

  test('a certificate that is trusted and for the host is accepted', async () => {
    const certificate = selfSignedCertificate('receiver.test');
    trusting(certificate);
    const port = await tlsReceiver(certificate);
    const client = clientWith(open, resolving('127.0.0.1'));
    for (const host of ['receiver.test', 'receiver.test.']) {
      expect((await post(client, `https://${host}:${port}`)).outcome).toMatchObject({
        kind: 'responded',
        statusCode: 204,
      });
    }
  });

  test('a large answer comes whole', async () => {
    const certificate = selfSignedCertificate('receiver.test');
    trusting(certificate);
    const content = Array.from({ length: 10_000 }, (_, line) => `${line}`.padStart(6)).join('');
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`;
    const port = await tlsReceiver(certificate, answer);
    const client = clientWith(open, resolving('127.0.0.1'));
    const { response } = await post(client, `https://receiver.test:${port}`);
    expect(response?.body.toString()).toBe(content);
  });

  test('one for another host is not', async () => {
    const certificate = selfSignedCertificate('receiver.test');
    trusting(certificate);
    const port = await tlsReceiver(certificate);
    const { outcome } = await post(clientWith(open, resolving('127.0.0.1')), `https://other.test:${port}`);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'TLS_CERTIFICATE_WRONG_HOST' });
  });

  test('one that has expired is not', async () => {
    const certificate = selfSignedCertificate('receiver.test', Date.now() - 60_000);
    trusting(certificate);
    const port = await tlsReceiver(certificate);
    const { outcome } = await post(clientWith(open, resolving('127.0.0.1')), `https://receiver.test:${port}`);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'TLS_CERTIFICATE_EXPIRED' });
  });

  test('a self-signed one is not', async () => {
    const port = await tlsReceiver(selfSignedCertificate('receiver.test'));
    const { outcome } = await post(clientWith(open, resolving('127.0.0.1')), `https://receiver.test:${port}`);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'TLS_CERTIFICATE_SELF_SIGNED' });
  });

  test('a receiver that does not speak TLS has no agreement with us', async () => {
    const receiver = await rawReceiver(() => undefined);
    const { outcome } = await (async () => {
      const answer = post(clientWith(open), `https://127.0.0.1:${receiver.port}`);
      await vi.waitFor(() => expect(receiver.received()).not.toBe(''));
      receiver.sockets[0]?.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return answer;
    })();
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'TLS_FAILED' });
  });
});

describe('every address is checked when dialled', () => {
  test.each([
    ['a literal', '127.0.0.1', []],
    ['a mapped literal', '[::ffff:127.0.0.1]', []],
    ['a decimal literal', '2130706433', []],
    ['a name that leads inside', 'hooks.test', ['127.0.0.1']],
    ['a name that leads inside by a mapped address', 'hooks.test', ['::ffff:7f00:1']],
    ['a name one of whose answers leads inside', 'hooks.test', ['8.8.8.8', '2606:4700::1111', '127.0.0.1']],
    ['an answer that is no address', 'hooks.test', ['127.1']],
  ])('%s is refused before anything is sent', async (_name, host, answers) => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const { outcome } = await post(
      clientWith(strict, resolving(...answers)),
      `http://${host}:${receiver.port}`,
    );
    expect(outcome).toMatchObject({ kind: 'addressRefused' });
    expect(receiver.sockets).toHaveLength(0);
  });

  test('the refusal names the address and the rule', async () => {
    const { outcome } = await post(clientWith(strict, resolving('10.1.2.3')), 'http://hooks.test');
    expect(outcome).toEqual({
      kind: 'addressRefused',
      address: '10.1.2.3',
      rule: 'private-use 10.0.0.0/8 (RFC 1918)',
    });
  });

  test('a name that is rebound between two answers is looked up once, and what was checked is dialled', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    // 127.0.0.2 passes and nothing listens there; the receiver's own address would be refused.
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    let lookUps = 0;
    const lookUp = async () => answers[lookUps++] ?? [];
    const client = clientWith({ ...strict, allowedNetworks: ['127.0.0.2'] }, { lookUp });
    const { outcome } = await post(client, `http://hooks.test:${receiver.port}`);
    expect(lookUps).toBe(1);
    expect(outcome).toEqual({ kind: 'connectionFailed', code: 'ECONNREFUSED' });
    expect(receiver.sockets).toHaveLength(0);
  });

  test('the address that was connected to is checked too, before a byte is sent', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    let checks = 0;
    // Open for the look-up's answer and no longer for the connected socket: as if another address had been reached.
    const policy = {
      ...strict,
      get allowLoopback() {
        return ++checks === 1;
      },
    };
    const { outcome } = await post(
      clientWith(policy, resolving('127.0.0.1')),
      `http://hooks.test:${receiver.port}`,
    );
    expect(outcome).toMatchObject({ kind: 'addressRefused', address: '127.0.0.1' });
    await vi.waitFor(() => expect(receiver.sockets.every((socket) => socket.destroyed)).toBe(true));
    expect(receiver.received()).toBe('');
  });

  test('a new connection looks up anew, and an answer that has turned bad is refused', async () => {
    const receiver = await rawReceiver((socket) =>
      socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
    );
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const lookUp = async () => answers.shift() ?? [];
    const client = clientWith(open, { lookUp });
    const url = `http://hooks.test:${receiver.port}`;
    expect((await post(client, url)).outcome).toMatchObject({ kind: 'responded' });
    expect((await post(client, url)).outcome).toMatchObject({ kind: 'addressRefused', address: '10.0.0.1' });
  });

  test('a server of our own is refused under every name it has', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const own = { ...open, ownOrigins: [{ host: '127.0.0.1', port: receiver.port }] };
    const client = clientWith(own, resolving('127.0.0.1'));
    for (const host of ['127.0.0.1', 'localhost', '127.9.9.9', 'hooks.test', '[::1]']) {
      const { outcome } = await post(client, `http://${host}:${receiver.port}`);
      expect(outcome).toMatchObject({ kind: 'addressRefused', rule: "this server's own address" });
    }
    expect(receiver.sockets).toHaveLength(0);
  });

  test('so it is under its public name, which leads to a balancer and not to it', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const own = { ...open, ownOrigins: [{ host: 'hooks.test', port: receiver.port }] };
    const client = clientWith(own, resolving('127.0.0.1'));
    expect((await post(client, `http://hooks.test:${receiver.port}`)).outcome).toMatchObject({
      kind: 'addressRefused',
      rule: "this server's own address",
    });
    expect((await post(client, `http://other.test:${receiver.port}`)).outcome).toMatchObject({
      kind: 'responded',
    });
  });

  test.each(['http://8.8.8.8', 'ftp://8.8.8.8', 'file:///etc/passwd', 'javascript:alert(1)'])(
    'the scheme of %s is refused where https alone is allowed',
    async (url) => {
      const { outcome } = await post(clientWith({ ...strict, allowHttp: false }), url);
      expect(outcome).toMatchObject({ kind: 'addressRefused', rule: expect.stringContaining('scheme') });
    },
  );

  test('the next address is dialled where one does not answer', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    // Nothing listens on that port of 127.0.0.2.
    const client = clientWith(open, resolving('127.0.0.2', '127.0.0.1'));
    expect((await post(client, `http://hooks.test:${receiver.port}`)).outcome).toMatchObject({
      kind: 'responded',
    });
  });
});

describe('connections', () => {
  test('are kept and used again, one for requests that follow each other', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const client = clientWith(open);
    for (let request = 0; request < 5; request++) await post(client, receiver.url);
    expect(receiver.sockets).toHaveLength(1);
  });

  test('are never more to one origin than allowed, and all that wait get their turn', async () => {
    const receiver = await rawReceiver((socket) => setImmediate(() => socket.write(noContent)));
    const client = clientWith(open, { connectionsPerOrigin: 3 });
    const results = await Promise.all(Array.from({ length: 50 }, () => post(client, receiver.url)));
    expect(results.every(({ outcome }) => outcome.kind === 'responded')).toBe(true);
    expect(receiver.sockets).toHaveLength(3);
  });

  test('go on serving those that wait when one of them breaks', async () => {
    const receiver = await rawReceiver((socket, nth) =>
      nth % 2 === 0 ? socket.resetAndDestroy() : socket.write(noContent),
    );
    const client = clientWith(open, { connectionsPerOrigin: 1 });
    const results = await Promise.all(Array.from({ length: 9 }, () => post(client, receiver.url)));
    expect(results.map(({ outcome }) => outcome.kind)).toContain('responded');
    expect(results.every(({ outcome }) => outcome.kind !== 'timedOut')).toBe(true);
  });

  test('that the server closes after each answer are made anew', async () => {
    const receiver = await rawReceiver((socket) =>
      socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
    );
    const client = clientWith(open, { connectionsPerOrigin: 1 });
    const results = await Promise.all(Array.from({ length: 5 }, () => post(client, receiver.url)));
    expect(results.every(({ outcome }) => outcome.kind === 'responded')).toBe(true);
  });

  test('that had gone stale when they were used again are replaced at once, and the request is sent once more', async () => {
    const receiver = await rawReceiver((socket, nth) =>
      nth === 2 ? socket.resetAndDestroy() : socket.write(noContent),
    );
    const client = clientWith(open);
    expect((await post(client, receiver.url)).outcome).toMatchObject({ kind: 'responded' });
    expect((await post(client, receiver.url)).outcome).toMatchObject({ kind: 'responded' });
    expect(receiver.sockets).toHaveLength(2);
  });

  test('but only once: a second reset is the outcome', async () => {
    const receiver = await rawReceiver((socket, nth) =>
      nth > 1 ? socket.resetAndDestroy() : socket.write(noContent),
    );
    const client = clientWith(open);
    await post(client, receiver.url);
    expect((await post(client, receiver.url)).outcome).toEqual({
      kind: 'connectionFailed',
      code: 'ECONNRESET',
    });
    expect(receiver.sockets).toHaveLength(2);
  });

  test('on which an answer had begun are not tried again', async () => {
    const receiver = await rawReceiver((socket, nth) =>
      nth === 2 ? socket.end('HTTP/1.1 200') : socket.write(noContent),
    );
    const client = clientWith(open);
    await post(client, receiver.url);
    expect((await post(client, receiver.url)).outcome).toEqual({
      kind: 'connectionFailed',
      code: 'RESPONSE_INCOMPLETE',
    });
    expect(receiver.sockets).toHaveLength(1);
  });

  test('are left where bytes come that nobody asked for', async () => {
    const receiver = await rawReceiver((socket, nth) =>
      socket.write(nth === 1 ? `${noContent}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nforge` : noContent),
    );
    const client = clientWith(open);
    await post(client, receiver.url);
    expect((await post(client, receiver.url)).outcome).toMatchObject({ kind: 'responded', statusCode: 204 });
  });

  test('come from the source address of their family, where this machine has it', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    await post(clientWith(open, { sourceAddresses: ['2001:db8::5', '127.0.0.3'] }), receiver.url);
    expect(receiver.sockets[0]?.remoteAddress).toBe('127.0.0.3');
  });

  test('come from the next source address, where this machine does not have the first', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    await post(clientWith(open, { sourceAddresses: ['192.0.2.77', '127.0.0.4'] }), receiver.url);
    expect(receiver.sockets[0]?.remoteAddress).toBe('127.0.0.4');
  });

  test('go from a source address to the next address of the host, where the first does not take them', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const client = clientWith(open, {
      sourceAddresses: ['127.0.0.3'],
      ...resolving('127.0.0.2', '127.0.0.1'),
    });
    await post(client, `http://receiver.example:${receiver.port}`);
    expect(receiver.sockets[0]?.remoteAddress).toBe('127.0.0.3');
  });

  test('stay with the first address of the host that took them, however slow it is', async () => {
    const receiver = await rawReceiver((socket) => setTimeout(() => socket.write(noContent), 1_200));
    const client = clientWith(open, {
      sourceAddresses: ['127.0.0.3'],
      ...resolving('127.0.0.1', '127.0.0.2'),
    });
    const { outcome } = await post(client, `http://receiver.example:${receiver.port}`);
    expect(outcome).toMatchObject({ kind: 'responded' });
  });

  test('come from where the system chooses, where this machine does not have it', async () => {
    const receiver = await rawReceiver((socket) => socket.write(noContent));
    const client = clientWith(open, { sourceAddresses: ['192.0.2.77'] });
    expect((await post(client, receiver.url)).outcome).toMatchObject({ kind: 'responded' });
  });

  test('all end with the client, and requests under way, waiting or new are interrupted', async () => {
    const receiver = await rawReceiver((socket, nth) => nth === 1 && socket.write(noContent));
    const client = clientWith(open, { connectionsPerOrigin: 1 });
    await post(client, receiver.url);
    const results = [
      post(client, receiver.url),
      post(client, receiver.url),
      post(client, 'http://127.0.0.1:1024'),
    ];
    await client.close();
    for (const { outcome } of await Promise.all([...results, post(client, receiver.url)])) {
      expect(outcome).toEqual({ kind: 'interrupted' });
    }
    await vi.waitFor(() => expect(receiver.sockets.every((socket) => socket.destroyed)).toBe(true));
  });
});
