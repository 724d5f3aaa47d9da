import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A customer's server with several endpoints: what they answer, and what they have seen. */
export interface Receiver {
  /** The URL of an endpoint; its path is its name. */
  urlOf(endpoint: string): string;
  /** Opens an endpoint: it takes what is signed with the secret, after so many failures for each event. */
  open(endpoint: string, secret: string, failures: number): void;
  readonly received: number;
  /** How many of them had a good signature. */
  readonly verified: number;
  close(): Promise<void>;
}

interface OpenEndpoint {
  readonly secret: string;
  readonly failures: number;
  /** How often each event has come, by `webhook-id`. */
  readonly seen: Map<string, number>;
}

/** Starts a receiver on a free port of this machine. */
export async function startReceiver(): Promise<Receiver> {
  const endpoints = new Map<string, OpenEndpoint>();
  let received = 0;
  let verified = 0;
  const server = createServer(async (request, response) => {
    const endpoint = endpoints.get(request.url ?? '');
    const body = await bodyOf(request);
    received += 1;
    if (!endpoint) return response.writeHead(404).end();
    if (!isSigned(body, request, endpoint.secret)) return response.writeHead(401).end();
    verified += 1;
    return response.writeHead(statusFor(request, endpoint)).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (endpoint) => `http://127.0.0.1:${port}/${endpoint}`,
    open: (endpoint, secret, failures) =>
      void endpoints.set(`/${endpoint}`, { secret, failures, seen: new Map() }),
    get received() {
      return received;
    },
    get verified() {
      return verified;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

function isSigned(body: string, { headers }: IncomingMessage, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function statusFor({ headers }: IncomingMessage, { failures, seen }: OpenEndpoint): number {
  const id = String(headers['webhook-id']);
  const earlier = seen.get(id) ?? 0;
  seen.set(id, earlier + 1);
  return earlier < failures ? 503 : 200;
}
