import type { Logger } from 'pino';
import { type HeldConnection, holdConnection } from './hold-connection.js';

/** A connection that listens to PostgreSQL's notifications. */
export type Listener = HeldConnection;

/** What is heard on a channel; `processId` is the server process that told it. */
export type OnNotification = (payload: string, processId: number) => void;

/**
 * Listens to channels on a connection of its own, and connects again whenever it breaks. `onConnected` is told each time: what
 * was said in between has been missed.
 */
export function listen(
  databaseUrl: string,
  channels: Readonly<Record<string, OnNotification>>,
  onConnected: () => void,
  log: Logger,
): Promise<Listener> {
  return holdConnection({
    databaseUrl,
    applicationName: 'tendril listener',
    log,
    async prepare(client) {
      for (const channel of Object.keys(channels)) await client.query(`LISTEN ${channel}`);
      // What is said before this belongs to what has been missed: heard first, it would look as if nothing before it was.
      client.on('notification', ({ channel, payload, processId }) =>
        channels[channel]?.(payload ?? '', processId),
      );
      onConnected();
    },
  });
}
