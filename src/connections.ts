import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Config } from './config.js';
import { clientBehind, forwardedForOf } from './rules/client-address.js';
import { Places } from './rules/places.js';

/** The connections to this process: so many in all and of each client's address. For one more, an old one is closed. */
export interface Connections {
  /** Counts the connections that a server takes from now on. */
  watch(server: Server): void;
  /** Counts a connection that has become a WebSocket for the client that a trusted proxy speaks for. */
  noteUpgrade(request: IncomingMessage): void;
  /** Notes that a connection has just shown a good key: it is closed after those that have not. */
  noteGoodKey(connection: Duplex): void;
}

type Limits = Pick<Config, 'maxConnections' | 'connectionsPerAddress' | 'trustedProxies'>;

/** Makes the count of a process's connections; a limit of 0 is none. */
export function createConnections({
  maxConnections,
  connectionsPerAddress,
  trustedProxies,
}: Limits): Connections {
  const all = new Places<Duplex>(maxConnections || Number.POSITIVE_INFINITY);
  const places = new Map<string, Places<Duplex>>();
  const clients = new WeakMap<Duplex, string>();

  const placesOf = (connection: Duplex) => places.get(clients.get(connection) ?? '');

  function leaveClient(connection: Duplex): void {
    const held = placesOf(connection);
    held?.remove(connection);
    if (held?.size === 0) places.delete(clients.get(connection) ?? '');
  }

  function countFor(client: string | undefined, connection: Duplex): void {
    // A trusted proxy has connections for everybody.
    if (client === undefined || connectionsPerAddress === 0) return;
    clients.set(connection, client);
    const held = places.get(client) ?? new Places<Duplex>(connectionsPerAddress);
    places.set(client, held);
    held.add(connection)?.destroy();
  }

  return {
    watch(server) {
      server.on('connection', (connection) => {
        connection.once('close', () => {
          all.remove(connection);
          leaveClient(connection);
        });
        all.add(connection)?.destroy();
        countFor(clientBehind(connection.remoteAddress ?? '', undefined, trustedProxies), connection);
      });
    },
    noteUpgrade({ socket, headers }) {
      if (clients.has(socket)) return;
      const client = clientBehind(socket.remoteAddress ?? '', forwardedForOf(headers), trustedProxies);
      countFor(client, socket);
    },
    noteGoodKey(connection) {
      all.know(connection);
      placesOf(connection)?.know(connection);
    },
  };
}
