import type { Server } from 'node:http';
import type { Socket } from 'node:net';

// Honest clients speak as soon as they are connected; this many may be in that moment, or be kept ready by a proxy.
const maxWaiting = 1_000;

/** Closes the oldest connections that have not said a word when too many new ones come, so that they cannot take all places. */
export function shedSilentConnections(server: Server): void {
  const newest = new Set<Socket>();
  server.on('connection', (socket) => {
    newest.add(socket);
    for (const oldest of newest) {
      if (newest.size <= maxWaiting) break;
      newest.delete(oldest);
      if (oldest.bytesRead === 0) oldest.destroy();
    }
  });
}
