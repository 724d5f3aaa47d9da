import { randomUUID } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import helmet, { type HelmetOptions } from 'helmet';

/** The headers of every answer that does not say otherwise. None of helmet's depends on the request. */
export const securityHeaders = {
  'cache-control': 'no-store',
  ...headersOf({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // TLS is ended before this server: whether a whole domain is bound to it is for whoever does that.
    strictTransportSecurity: false,
  }),
};

function headersOf(options: HelmetOptions): Readonly<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, () => undefined);
  return { ...(response.getHeaders() as Record<string, string>) };
}

/** An error outside GraphQL, in GraphQL's shape. */
export function problem(code: string, message: string, requestId: string) {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** The headers of what is sent past all hooks. */
export function bareHeaders(requestId: string) {
  return {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
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
