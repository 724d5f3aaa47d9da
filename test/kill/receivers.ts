import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Journal, Mode } from './history.js';

/** An endpoint that writes down what comes, and behaves as it is told. */
export interface KillReceiver {
  readonly name: string;
  readonly url: string;
  behave(mode: Mode): Promise<void>;
  close(): Promise<void>;
}

const lateMs = 700;
const dripEveryMs = 100;
let requests = 0;

/** Starts an endpoint on a free port. */
export async function openReceiver(name: string, first: Mode, journal: Journal): Promise<KillReceiver> {
  let mode = first;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const webhookId = String(request.headers['webhook-id']);
      const body = Buffer.concat(chunks).toString('utf8');
      journal.write({
        kind: 'arrived',
        atMs: Date.now(),
        request: requests,
        endpoint: name,
        webhookId,
        body,
      });
      answer(mode, requests, request, response);
    });
  });

  function answer(mode: Mode, number: number, request: IncomingMessage, response: ServerResponse): void {
    const succeed = () => {
      response.on('finish', () => journal.write({ kind: 'answered', atMs: Date.now(), request: number }));
      response.writeHead(204).end();
    };
    switch (mode) {
      case 'ok':
        succeed();
        break;
      case 'late':
        setTimeout(succeed, lateMs);
        break;
      case 'error':
        response.writeHead(500).end('out of order');
        break;
      case 'gone':
        response.writeHead(410).end();
        break;
      case 'reset':
        request.socket.resetAndDestroy();
        break;
      case 'cut':
        response.writeHead(200, { 'content-length': 100 }).write('half of');
        setTimeout(() => request.socket.destroy(), dripEveryMs);
        break;
      case 'drip':
        drip(response);
        break;
      // The connection stays open and silent; 'refuse' breaks it with all the others.
      case 'hang':
      case 'refuse':
        break;
    }
  }

  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const stopListening = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    name,
    url: `http://127.0.0.1:${port}/${name}`,
    async behave(next) {
      journal.write({ kind: 'behaved', atMs: Date.now(), endpoint: name, mode: next });
      mode = next;
      if (next === 'refuse') await stopListening();
      else if (!server.listening) await listen(server, port);
    },
    close: stopListening,
  };
}

/** Writes one byte after the other, until whoever reads has had enough. */
function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), dripEveryMs);
  response.on('close', () => clearInterval(timer));
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
