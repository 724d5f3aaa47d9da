import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A receiver below HTTP, which can break every rule of it. */
export interface RawReceiver {
  port: number;
  /** `http://127.0.0.1:port/hook` */
  url: string;
  /** Every connection that was ever made, oldest first. */
  sockets: Socket[];
  /** Everything that was sent to it, over all connections. */
  received(): string;
}

/**
 * Starts a receiver that lives as long as the test.
 * @param onRequest called for each request, once its head has come; `nth` counts from 1 over all connections
 */
export async function rawReceiver(
  onRequest: (socket: Socket, nth: number) => void,
  host = '127.0.0.1',
): Promise<RawReceiver> {
  const sockets: Socket[] = [];
  let received = '';
  let requests = 0;
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/^POST /.test(chunk.toString('latin1'))) onRequest(socket, ++requests);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/hook`,
    sockets,
    received: () => received,
  };
}

/** Writes one byte of a text every few milliseconds until it is all out or the peer is gone. */
export function drip(socket: Socket, text: string): void {
  let position = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || position >= text.length) clearInterval(timer);
    else socket.write(text.charAt(position++));
  }, 20);
}
