import pg from 'pg';
import type { Logger } from 'pino';
import { serverOf } from './server-of.js';
import { whyNoConnection } from './why-no-connection.js';

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
const readyWithinMs = 15_000;
const endsWithinMs = 1_000;
// A server whose machine is gone says nothing, and the system would notice after hours. A busy one may take its time.
const beatEveryMs = 5_000;
const beat = { text: 'SELECT 1', query_timeout: 10_000 };

/** Connects, fails where that fails, and from then on connects again whenever the connection breaks. */
export async function holdConnection(options: HoldOptions): Promise<HeldConnection> {
  const { databaseUrl, applicationName, prepare, log } = options;
  let client: pg.Client | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      ...serverOf(databaseUrl),
      application_name: applicationName,
      connectionTimeoutMillis: connectWithinMs,
    });
    client = next;
    next.on('error', () => undefined);
    try {
      await next.connect();
      await makeReady(next, prepare);
    } catch (error) {
      void endSoon(next);
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

  await connect().catch((error) => {
    throw whyNoConnection(databaseUrl, error) ?? error;
  });
  return {
    async close() {
      isClosed = true;
      if (client) await endSoon(client);
    },
  };
}

async function makeReady(client: pg.Client, prepare: HoldOptions['prepare']): Promise<void> {
  const limit = setTimeout(() => void endSoon(client), readyWithinMs);
  try {
    await prepare(client);
  } finally {
    clearTimeout(limit);
  }
}

/** Ends a connection, which is used for nothing else, once the server does not answer there any more. */
export function keepAsking(client: pg.Client): void {
  let heart: NodeJS.Timeout | undefined;
  const askLater = () => {
    heart = setTimeout(() => {
      client.query(beat).then(askLater, () => endSoon(client));
    }, beatEveryMs).unref();
  };
  client.once('end', () => clearTimeout(heart));
  askLater();
}

/** A server that is not there any more does not say good-bye. */
async function endSoon(client: pg.Client): Promise<void> {
  const limit = setTimeout(() => client.connection.stream.destroy(), endsWithinMs);
  await client.end().catch(() => undefined);
  clearTimeout(limit);
}
