import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** An error outside GraphQL, in GraphQL's shape. */
export function problem(code: string, message: string, requestId: string) {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** The headers of what is sent past all hooks: the most of what they would set. */
export function bareHeaders(requestId: string) {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}

/** Answers on a connection that has left HTTP, or never spoke it, and closes it. */
export function endBare(socket: Duplex, status: string, code: string, message: string): void {
  // Nobody else listens, and an error that nobody hears would end the process.
  socket.on('error', () => undefined);
  const id = randomUUID();
  const body = JSON.stringify(problem(code, message, id));
  const headers = { ...bareHeaders(id), 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // Nobody reads it either: a client that keeps its side open would hold the connection, and the stop of the server, for ever.
  socket.end([`HTTP/1.1 ${status}`, ...lines, '', body].join('\r\n'), () => socket.destroy());
}
