import pg from 'pg';
import type { Logger } from 'pino';

/** A connection that listens to PostgreSQL's notifications. */
export interface Listener {
  close(): Promise<void>;
}

const reconnectAfterMs = 250;

/** What is heard on a channel; `processId` is the server process that told it. */
export type OnNotification = (payload: string, processId: number) => void;

/**
 * Listens to channels on a connection of its own, and connects again whenever it breaks. `onConnected` is told each time: what
 * was said in between has been missed.
 */
export async function listen(
  databaseUrl: string,
  channels: Readonly<Record<string, OnNotification>>,
  onConnected: () => void,
  log: Logger,
): Promise<Listener> {
  let client: pg.Client | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'tendril listener',
      keepAlive: true,
    });
    next.on('error', () => undefined);
    next.once('end', () => {
      if (!isClosed) void reconnect();
    });
    next.on('notification', ({ channel, payload, processId }) =>
      channels[channel]?.(payload ?? '', processId),
    );
    await next.connect();
    for (const channel of Object.keys(channels)) await next.query(`LISTEN ${channel}`);
    client = next;
    if (isClosed) await next.end();
    else onConnected();
  }

  async function reconnect(): Promise<void> {
    while (!isClosed) {
      try {
        return await connect();
      } catch {
        log.debug('notifications cannot be listened to yet');
        await new Promise((resolve) => setTimeout(resolve, reconnectAfterMs));
      }
    }
  }

  await connect();
  return {
    async close() {
      isClosed = true;
      await client?.end().catch(() => undefined);
    },
  };
}
