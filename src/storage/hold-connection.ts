import pg from 'pg';
import type { Logger } from 'pino';

/** A connection to PostgreSQL that is there all the time, as far as the server is. */
export interface HeldConnection {
  close(): Promise<void>;
}

/** What is held, and what for. */
interface HoldOptions {
  readonly databaseUrl: string;
  /** As pg_stat_activity shows it. */
  readonly applicationName: string;
  /** Makes a new connection ready; it is taken for broken where this fails. */
  prepare(client: pg.Client): Promise<unknown>;
  readonly log: Logger;
}

const reconnectAfterMs = 250;
const connectWithinMs = 5_000;
// A server whose machine is gone says nothing, and the system would notice after hours.
const beatEveryMs = 10_000;
const beat = { text: 'SELECT 1', query_timeout: 10_000 };

/** Connects, fails where that fails, and from then on connects again whenever the connection breaks. */
export async function holdConnection(options: HoldOptions): Promise<HeldConnection> {
  const { databaseUrl, applicationName, prepare, log } = options;
  let client: pg.Client | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: applicationName,
      connectionTimeoutMillis: connectWithinMs,
    });
    client = next;
    next.on('error', () => undefined);
    try {
      await next.connect();
      await prepare(next);
    } catch (error) {
      void next.end().catch(() => undefined);
      throw error;
    }
    // Not before: the end of an attempt that failed is told as well, and each would begin another round of attempts.
    next.once('end', () => void reconnect());
    keepAsking(next);
    if (isClosed) await next.end();
  }

  async function reconnect(): Promise<void> {
    while (!isClosed) {
      try {
        return await connect();
      } catch (error) {
        log.debug({ err: error, applicationName }, 'PostgreSQL cannot be connected to yet');
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

/** Ends a connection, which is in use for nothing else, once the server does not answer there any more. */
function keepAsking(client: pg.Client): void {
  const heart = setInterval(() => {
    client.query(beat).catch(() => void client.end().catch(() => undefined));
  }, beatEveryMs);
  client.once('end', () => clearInterval(heart));
}
