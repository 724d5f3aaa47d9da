import pg from 'pg';
import type { Logger } from 'pino';
import { processIdOf } from './process-id.js';

/** Looks after connections whose server may be gone without a word: its machine, or the network on the way. */
export interface SilenceWatch {
  watch(pool: pg.Pool): void;
  close(): void;
}

/** A connection in use: since when, and since when it is there, by `performance.now()`. */
interface InUse {
  readonly client: pg.PoolClient;
  readonly sinceMs: number;
  readonly madeAtMs: number;
}

/** What the server says: what connections it has, or, by an error, only that it is there. */
type Said =
  | { readonly kind: 'connections'; readonly begunAtMs: ReadonlyMap<number, number> }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'nothing' };

const looksEveryMs = 2_000;
const isLongMs = 5_000;
const saysWithinMs = 10_000;
// By so much a clock may be set back meanwhile: ages are told by that of PostgreSQL.
const toleranceMs = 60_000;
// What the system knows of a machine that does not answer.
const unreachable = ['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];

/**
 * Ends connections that the server does not have any more, and all that wait for it where it says nothing: whoever waits for an
 * answer there would wait until TCP gives up, for a quarter of an hour. It is asked on a new connection, so that what
 * merely takes long goes on.
 */
export function createSilenceWatch(server: pg.ClientConfig, log: Logger): SilenceWatch {
  const madeAtMs = new WeakMap<pg.PoolClient, number>();
  const inUse = new Map<pg.PoolClient, InUse>();
  let isAsking = false;

  const inUseForLong = () => {
    const beforeMs = performance.now() - isLongMs;
    return [...inUse.values()].filter(({ sinceMs }) => sinceMs < beforeMs);
  };

  async function look(): Promise<void> {
    const asked = inUseForLong();
    if (isAsking || asked.length === 0) return;
    isAsking = true;
    const said = await ask(server);
    isAsking = false;
    if (said.kind === 'nothing') end(inUseForLong(), 'PostgreSQL says nothing any more');
    // One that was given back meanwhile has been answered.
    if (said.kind === 'connections')
      end(
        asked.filter((one) => inUse.get(one.client) === one && !isKnown(one, said.begunAtMs)),
        'PostgreSQL does not have these connections any more',
      );
  }

  function end(connections: readonly InUse[], why: string): void {
    if (connections.length === 0) return;
    log.warn({ connections: connections.length }, why);
    for (const { client } of connections) {
      // Called to its end first, it is no surprise to its pool that it breaks.
      void (client as unknown as pg.Client).end().catch(() => undefined);
      (client as unknown as pg.Client).connection.stream.destroy();
    }
  }

  const timer = setInterval(() => void look(), looksEveryMs).unref();
  return {
    watch(pool) {
      pool.on('connect', (client) => madeAtMs.set(client, performance.now()));
      pool.on('acquire', (client) => {
        const sinceMs = performance.now();
        inUse.set(client, { client, sinceMs, madeAtMs: madeAtMs.get(client) ?? sinceMs });
      });
      pool.on('release', (_error, client) => inUse.delete(client));
    },
    close: () => clearInterval(timer),
  };
}

/** Whether the server has it; one that is younger there has its number by chance, on a server that took over. */
function isKnown({ client, madeAtMs }: InUse, begunAtMs: ReadonlyMap<number, number>): boolean {
  const begun = begunAtMs.get(processIdOf(client));
  return begun !== undefined && begun <= madeAtMs + toleranceMs;
}

async function ask(server: pg.ClientConfig): Promise<Said> {
  const client = new pg.Client({ ...server, application_name: 'tendril watch', connectionTimeoutMillis: 0 });
  client.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Said>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'nothing' }), saysWithinMs);
  });
  try {
    return await Promise.race([readConnections(client), silence]);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { kind: unreachable.includes(code) ? 'nothing' : 'refusal' };
  } finally {
    clearTimeout(timer);
    void client.end().catch(() => undefined);
    client.connection.stream.destroy();
  }
}

async function readConnections(client: pg.Client): Promise<Said> {
  await client.connect();
  // Before it is asked: whatever takes long makes connections look older, never younger.
  const askedAtMs = performance.now();
  const { rows } = await client.query<{ pid: number; ageMs: number | null }>(connections);
  const begunAtMs = new Map(rows.map(({ pid, ageMs }) => [pid, ageMs === null ? 0 : askedAtMs - ageMs]));
  return { kind: 'connections', begunAtMs };
}

// Of a role that it does not act for, PostgreSQL tells nobody since when a connection is there.
const connections = `SELECT pid, 1000 * date_part('epoch', clock_timestamp() - backend_start) AS "ageMs"
  FROM pg_stat_activity WHERE datname = current_database()`;
