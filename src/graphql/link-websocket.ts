import type { IncomingMessage } from 'node:http';
import { CloseCode, type Server } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';

const pingEveryMs = 12_000;
const maxWaiting = 100;
const maxWaitingBytes = 1024 * 1024;
const maxBufferedBytes = 4 * 1024 * 1024;

/** What the protocol's server knows of a socket. */
export interface Link {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Settles once what was last asked for has been prepared, or has ended where it was to; it never fails. */
  preparing?: Promise<unknown>;
  /** The message that is being taken, while its operation is told of. */
  message?: string | undefined;
}

/**
 * Has a socket served by graphql-ws, as its own starter for ws does; but what goes wrong inside is for the log and never for
 * the client, and a client that answers no pings is cut off. A message is taken once what the one before it asks for has been
 * prepared, or has ended where that was asked for: graphql-ws would take an operation that was completed meanwhile for the next one of the same id.
 */
export function linkWebSocket<L extends Link>(server: Server<L>, link: L, log: Logger): void {
  const { socket } = link;
  let turn = Promise.resolve<unknown>(undefined);
  let waiting = 0;
  let waitingBytes = 0;
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise((resolve, reject) => {
          // A client that does not read is closed, not buffered for without end; it goes on from its cursor later.
          if (socket.bufferedAmount + data.length > maxBufferedBytes) socket.terminate();
          if (socket.readyState !== socket.OPEN) resolve();
          else socket.send(data, (error) => (error ? reject(error) : resolve()));
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (data) => {
          const text = String(data);
          waiting += 1;
          waitingBytes += text.length;
          if (waiting > maxWaiting || waitingBytes > maxWaitingBytes) socket.pause();
          turn = turn.then(() => {
            waiting -= 1;
            waitingBytes -= text.length;
            if (socket.isPaused && waiting <= maxWaiting / 2 && waitingBytes <= maxWaitingBytes / 2)
              socket.resume();
            link.message = text;
            take(text).catch((error: unknown) => {
              // What only a server may say: graphql-ws throws for it as for failures of ours.
              if (error instanceof Error && error.message.startsWith('Unexpected message of type'))
                return socket.close(CloseCode.BadRequest, 'Invalid message received');
              log.error({ err: error }, 'a WebSocket failed');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
            // graphql-ws tells of the operation at once; kept longer, each socket would hold its last message.
            link.message = undefined;
            return link.preparing;
          });
        }),
    },
    link,
  );
  const stopPinging = keepPinging(socket);
  // A message too large, or a frame that is none: ws closes the socket with the code for it.
  socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket client broke the protocol'));
  socket.once('close', (code, reason) => {
    stopPinging();
    closed(code, String(reason)).catch((error: unknown) =>
      log.error({ err: error }, 'a WebSocket did not close cleanly'),
    );
  });
}

/** Pings while the socket is open, and cuts it off where no answer came before the next ping. */
function keepPinging(socket: WebSocket): () => void {
  let hasAnswered = true;
  socket.on('pong', () => {
    hasAnswered = true;
  });
  const timer = setInterval(() => {
    if (!hasAnswered) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
    hasAnswered = false;
  }, pingEveryMs);
  return () => clearInterval(timer);
}
