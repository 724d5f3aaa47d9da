import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { rawReceiver } from './raw-receiver.js';
import { type ServerCertificate, selfSignedCertificate } from './self-signed-certificate.js';

/** A receiver that does harm, and what has to be on record of each attempt at it. */
export interface HostileReceiver {
  readonly mode: string;
  readonly url: string;
  readonly outcome: 'SUCCEEDED' | 'TIMED_OUT' | 'CONNECTION_FAILED';
  /** What the attempt's error holds; undefined where there is none. */
  readonly error?: string;
}

/** The certificates of the TLS receivers; a Tendril has to trust them all to find their other faults. */
export const hostileCertificates = {
  expired: selfSignedCertificate('localhost', Date.now() - 60_000),
  otherName: selfSignedCertificate('other.test'),
};

const aKilobyte = 'x'.repeat(1024);
const bomb = gzipSync(Buffer.alloc(50_000_000));
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const tooLate = 'The endpoint had not answered in full';

type Mode = Omit<HostileReceiver, 'url'> & { readonly answer: (socket: Socket) => void };

const modes: readonly Mode[] = [
  {
    mode: 'headers at a byte a second',
    answer: (socket) => drip(socket, `HTTP/1.1 200 OK\r\nX-A: ${aKilobyte}\r\n\r\n`),
    outcome: 'TIMED_OUT',
    error: tooLate,
  },
  {
    mode: 'a body at a byte a second',
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n');
      drip(socket, aKilobyte);
    },
    outcome: 'TIMED_OUT',
    error: tooLate,
  },
  { mode: 'no answer at all', answer: () => undefined, outcome: 'TIMED_OUT', error: tooLate },
  {
    mode: 'a chunked body without end',
    answer: (socket) => pour(socket, chunkedHead, `400\r\n${aKilobyte}\r\n`.repeat(16)),
    outcome: 'SUCCEEDED',
  },
  {
    mode: 'a body of 200 MB',
    answer: (socket) =>
      pour(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n', aKilobyte.repeat(16)),
    outcome: 'SUCCEEDED',
  },
  {
    mode: 'a gzip bomb',
    answer: (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    },
    outcome: 'SUCCEEDED',
  },
  {
    mode: 'a thousand encodings, one in the other',
    answer: (socket) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Encoding: ${Array(1000).fill('gzip').join(', ')}\r\nContent-Length: 4\r\n\r\nbomb`,
      ),
    outcome: 'SUCCEEDED',
  },
  {
    mode: 'a header of 20 KB',
    answer: (socket) => socket.write(`HTTP/1.1 204 No Content\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`),
    outcome: 'CONNECTION_FAILED',
    error: 'RESPONSE_HEADERS_TOO_LARGE',
  },
  {
    mode: 'a thousand headers',
    answer: (socket) =>
      socket.write(
        `HTTP/1.1 204 No Content\r\n${Array.from({ length: 1000 }, (_, n) => `X-${n}: a\r\n`).join('')}\r\n`,
      ),
    outcome: 'SUCCEEDED',
  },
  {
    mode: 'a reset in the middle of the body',
    answer: (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () =>
        setImmediate(() => socket.resetAndDestroy()),
      ),
    outcome: 'CONNECTION_FAILED',
    error: 'RESPONSE_INCOMPLETE',
  },
  {
    mode: 'a garbage status line',
    answer: (socket) => socket.end('\u0000\u00ffSSH-2.0 \u001b[2J\r\n\r\n', 'latin1'),
    outcome: 'CONNECTION_FAILED',
    error: 'INVALID_RESPONSE',
  },
];

/** Starts one receiver for each mode of harm; they are closed at the end of the test. */
export async function startHostileReceivers(): Promise<readonly HostileReceiver[]> {
  const plain = modes.map(async ({ answer, ...rest }) => {
    const { url } = await rawReceiver((socket) => answer(socket));
    return { ...rest, url };
  });
  const tls = (
    [
      ['TLS_CERTIFICATE_SELF_SIGNED', selfSignedCertificate('localhost')],
      ['TLS_CERTIFICATE_EXPIRED', hostileCertificates.expired],
      ['TLS_CERTIFICATE_WRONG_HOST', hostileCertificates.otherName],
    ] as const
  ).map(async ([error, certificate]) => ({
    mode: error,
    url: await startTlsReceiver(certificate),
    outcome: 'CONNECTION_FAILED' as const,
    error,
  }));
  return Promise.all([...plain, ...tls]);
}

async function startTlsReceiver(certificate: ServerCertificate): Promise<string> {
  const sockets = new Set<TLSSocket>();
  const server = createTlsServer(certificate, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `https://localhost:${(server.address() as AddressInfo).port}/hook`;
}

/** Writes a byte a second. */
function drip(socket: Socket, text: string): void {
  let position = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || position >= text.length) clearInterval(timer);
    else socket.write(text.charAt(position++));
  }, 1000);
}

/** Writes a head, and then the same piece for as long as somebody reads. */
function pour(socket: Socket, head: string, piece: string): void {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed) if (!socket.write(piece)) return void socket.once('drain', more);
  };
  more();
}
