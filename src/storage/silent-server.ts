import pg from 'pg';
import type { Logger } from 'pino';

/** Looks after connections whose server may be gone without a word: its machine, or the network on the way. */
export interface SilenceWatch {
  watch(pool: pg.Pool): void;
  close(): void;
}

const looksEveryMs = 2_000;
const isLongMs = 5_000;
const answersWithinMs = 10_000;
const toleranceMs = 1_000;

/**
 * Ends connections whose other end the server does not have any more, and all of them where it does not answer: whoever waits for
 * an answer there would wait until TCP gives up, for a quarter of an hour. It is asked on a new connection, so that what
 * merely takes long goes on.
 */
export function createSilenceWatch(server: pg.ClientConfig, log: Logger): SilenceWatch {
  // All by `performance.now()`.
  const madeAtMs = new WeakMap<pg.PoolClient, number>();
  const inUseSinceMs = new Map<pg.PoolClient, number>();
  let isLooking = false;

  async function look(): Promise<void> {
    const before = performance.now() - isLongMs;
    const waiting = [...inUseSinceMs].filter(([, sinceMs]) => sinceMs < before);
    if (isLooking || waiting.length === 0) return;
    isLooking = true;
    const isThere = await whichAreThere(server);
    isLooking = false;
    // One that was given back meanwhile has been answered.
    const lost = waiting.filter(
      ([client, sinceMs]) =>
        inUseSinceMs.get(client) === sinceMs && !isThere(processIdOf(client), madeAtMs.get(client) ?? 0),
    );
    if (lost.length === 0) return;
    log.warn({ connections: lost.length }, 'PostgreSQL has gone silent; ending connections that wait for it');
    for (const [client] of lost) void client.end().catch(() => undefined);
  }

  const timer = setInterval(() => void look(), looksEveryMs).unref();
  return {
    watch(pool) {
      pool.on('connect', (client) => madeAtMs.set(client, performance.now()));
      pool.on('acquire', (client) => inUseSinceMs.set(client, performance.now()));
      pool.on('release', (_error, client) => inUseSinceMs.delete(client));
    },
    close: () => clearInterval(timer),
  };
}

/** Tells whether the server has a connection; `madeAtMs` tells it from one of the same number on a server that took over. */
type IsThere = (processId: number, madeAtMs: number) => boolean;

/** Asks the server what connections it has. One that refuses to be asked is there, and may have them all. */
async function whichAreThere(server: pg.ClientConfig): Promise<IsThere> {
  const client = new pg.Client({
    ...server,
    application_name: 'tendril watch',
    connectionTimeoutMillis: answersWithinMs,
    query_timeout: answersWithinMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; ageMs: number }>(connections);
    const answeredAtMs = performance.now();
    const begunAtMs = new Map(rows.map(({ pid, ageMs }) => [pid, answeredAtMs - ageMs]));
    return (processId, madeAtMs) => (begunAtMs.get(processId) ?? Infinity) <= madeAtMs + toleranceMs;
  } catch (error) {
    return () => error instanceof pg.DatabaseError;
  } finally {
    void client.end().catch(() => undefined);
  }
}

const connections = `SELECT pid, 1000 * date_part('epoch', clock_timestamp() - backend_start) AS "ageMs"
  FROM pg_stat_activity WHERE backend_start IS NOT NULL`;

/** The server process of a connection: the driver knows it, its types do not. */
export function processIdOf(client: pg.ClientBase): number {
  return (client as unknown as { processID: number }).processID;
}
