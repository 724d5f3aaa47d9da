import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A way to a server that a test can cut and mend; what is behind it keeps running and keeps its data. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection and refuses new ones, as a server that was killed does. */
  cut(): Promise<void>;
  /**
   * Says nothing any more on the connections that are there and on new ones, as a machine that has lost its power; after `mend` on the
   * old ones. Only the server is told where one is ended, as it finds out by itself once it asks.
   */
  silence(): void;
  /** Takes connections again on the same port; `port` where the server came back on another. */
  mend(port?: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a proxy on 127.0.0.1 before the server that listens on `targetPort` there. */
export async function openTcpProxy(targetPort: number): Promise<TcpProxy> {
  let target = targetPort;
  let server: Server | undefined;
  let isSilent = false;
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const listen = (port: number) =>
    new Promise<Server>((resolve, reject) => {
      const listening = createServer((near) => {
        if (isSilent) {
          hold(near);
          near.resume();
          return;
        }
        const far = dial(target, '127.0.0.1');
        hold(near);
        hold(far);
        near.pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
      });
      listening.once('error', reject);
      listening.listen(port, '127.0.0.1', () => resolve(listening));
    });
  const cut = async () => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };

  server = await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    cut,
    silence() {
      isSilent = true;
      // What comes is taken and goes nowhere.
      for (const socket of sockets) socket.unpipe().resume();
    },
    async mend(port = target) {
      target = port;
      isSilent = false;
      server ??= await listen(address.port);
    },
    close: cut,
  };
}
