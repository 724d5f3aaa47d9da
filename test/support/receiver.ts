import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';
import type { ServerCertificate } from './self-signed-certificate.js';

/** A request that a receiver got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly atMs: number;
}

/** An endpoint of the tests' own. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers from now on with a status, or by a function of the request and of how many have come on that path before. */
  answer(answer: Answer): void;
  /** Waits until so many requests have come, and gives them. */
  waitFor(count: number, deadlineMs?: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

/** A status, or whatever a test does with the response. */
export type Answer = number | ((request: Received, earlier: number, response: ServerResponse) => void);

/**
 * Starts a receiver on a free port; it answers 204 unless told otherwise, and is closed at the end of the test, or by `close`.
 * With a certificate for localhost it speaks TLS.
 */
export async function startReceiver(
  first: Answer = 204,
  options: { stopAfterTest?: boolean; certificate?: ServerCertificate } = {},
): Promise<Receiver> {
  let answer = first;
  const received: Received[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers, rawHeaders } = request;
      const one = {
        method,
        path,
        headers,
        rawHeaders,
        body: Buffer.concat(chunks).toString('utf8'),
        atMs: Date.now(),
      };
      const earlier = received.filter((other) => other.path === path).length;
      received.push(one);
      if (typeof answer === 'number') response.writeHead(answer).end();
      else answer(one, earlier, response);
    });
  };
  const server = options.certificate
    ? createTlsServer(options.certificate, listener)
    : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  if (options.stopAfterTest ?? true) onTestFinished(close);
  return {
    url: `${options.certificate ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`,
    received,
    answer: (next) => {
      answer = next;
    },
    waitFor: async (count, deadlineMs) => {
      await eventually(
        () => received.length >= count,
        deadlineMs,
        () => `${received.length} of ${count} requests came`,
      );
      return received;
    },
    close,
  };
}
