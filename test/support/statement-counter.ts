import { createServer, connect as dial, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to PostgreSQL that counts what goes over it. */
export interface StatementCounter {
  /** The database's address, through the counter. */
  readonly url: string;
  /** How many statements have been sent so far, those that begin and end transactions included. */
  count(): number;
}

// Message types of the frontend: https://www.postgresql.org/docs/current/protocol-message-formats.html
const execute = 'E'.charCodeAt(0);
const simpleQuery = 'Q'.charCodeAt(0);

/** Opens a counter before the database at this address, for as long as the test runs; it speaks no TLS. */
export async function countStatements(databaseUrl: string): Promise<StatementCounter> {
  const url = new URL(databaseUrl);
  const targetPort = Number(url.port);
  const sockets = new Set<Socket>();
  let counted = 0;
  const server = createServer((near) => {
    const far = dial(targetPort, url.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    const read = messageReader((type) => {
      if (type === execute || type === simpleQuery) counted += 1;
    });
    near.on('data', read);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the counter has no port');
  url.host = `127.0.0.1:${address.port}`;
  return { url: url.href, count: () => counted };
}

/** Tells the type of each message that one connection's client sends. */
function messageReader(onMessage: (type: number) => void): (chunk: Buffer) => void {
  let unread = Buffer.alloc(0);
  // The first message, the startup, has no type before its length.
  let typeBytes = 0;
  return (chunk) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= typeBytes + 4) {
      const length = typeBytes + unread.readInt32BE(typeBytes);
      if (unread.length < length) return;
      if (typeBytes === 1) onMessage(unread[0] ?? 0);
      unread = unread.subarray(length);
      typeBytes = 1;
    }
  };
}
