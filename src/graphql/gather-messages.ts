import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

// Beyond this a message waits until it has been written, so that whoever sends notices a reader who is slow.
const gatheredBytes = 64 * 1024;

/**
 * Has what is sent over a WebSocket within one turn of the event loop written at once: ws makes a system call for each
 * message and graphql-ws waits for it, which under a lively stream of small updates is the largest cost of all.
 */
export function gatherMessages(webSocket: WebSocket, socket: Duplex): void {
  const send = webSocket.send.bind(webSocket) as (data: string, done: (error?: Error) => void) => void;
  let isGathering = false;
  const gathered = (data: string, done: (error?: Error) => void) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      setImmediate(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    if (webSocket.bufferedAmount > gatheredBytes) {
      send(data, done);
      return;
    }
    // What fails now fails because the socket is closing, and that is told by its `close`.
    send(data, () => undefined);
    done();
  };
  webSocket.send = gathered as WebSocket['send'];
}
