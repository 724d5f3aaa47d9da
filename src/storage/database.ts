import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { Migration0001First } from './migrations/0001-first.js';
import { Migration0002Notifications } from './migrations/0002-notifications.js';
import { Migration0003RateLimits } from './migrations/0003-rate-limits.js';
import { Migration0004AttemptRate } from './migrations/0004-attempt-rate.js';
import { whyNoConnection } from './why-no-connection.js';

/** A statement; with a name it is prepared once on each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Runs a statement and gives its rows; timestamps come as Date, bigint as text. */
export type Query = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

/** PostgreSQL: the entity manager for the nouns, plain SQL for the pipeline, both over one pool. */
export interface Database {
  readonly orm: MikroORM;
  readonly query: Query;
  readonly pool: pg.Pool;
  /** The server processes that the pool's connections have, to tell this process's notifications from others'. */
  readonly processIds: ReadonlySet<number>;
  /** The parsers of `query`, for statements that need a connection of their own. */
  readonly types: typeof pg.types;
  readonly url: string;
  /** Whether it answers within two seconds. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

const migrations = [
  Migration0001First,
  Migration0002Notifications,
  Migration0003RateLimits,
  Migration0004AttemptRate,
];
const maxConnections = 12;
// A partition begins empty, and a plan made then, or for its first rows, would read it from end to end once it has grown; so
// plans always go by an index. A plan that fits every value is then as good as one for these values, and is made once.
const planning = '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan';
const answersWithinMs = 2_000;
// Any constant will do; it keeps two processes from migrating at once.
const migrationLock = 7_336_301;

/**
 * Connects, brings the tables up to date (one process at a time) and refuses a database newer than this code. Fails with
 * a StartError where the server cannot be reached or lets nobody in.
 */
export async function openDatabase(
  url: string,
  entities: (new () => object)[],
  log: Logger,
): Promise<Database> {
  try {
    return await connect(url, entities, log);
  } catch (error) {
    throw whyNoConnection(url, error) ?? error;
  }
}

async function connect(url: string, entities: (new () => object)[], log: Logger): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    forceUtcTimezone: true,
    allowGlobalContext: false,
    discovery: { warnWhenNoEntities: false },
    driverOptions: { max: maxConnections, application_name: 'tendril', options: planning },
    migrations: {
      migrationsList: migrations.map((migration) => ({
        name: new migration(undefined as never, undefined as never).name,
        class: migration,
      })),
      snapshot: false,
      tableName: 'migration',
    },
    logger: (message) => log.debug(message),
  });
  const pool = (await orm.em.getConnection().getNativeClient()) as pg.Pool;
  const processIds = new Set<number>();
  pool.on('connect', (client) => processIds.add(processIdOf(client)));
  pool.on('remove', (client) => processIds.delete(processIdOf(client)));
  await migrate(orm, pool);
  // The ORM wants timestamps as text; the pipeline wants Date, so it states its own parsers.
  const query: Query = async (statement, values) =>
    (await pool.query({ ...statement, values: values as unknown[], types: pg.types })).rows;
  const answers = () => {
    const deadline = new Promise<boolean>((resolve) => setTimeout(resolve, answersWithinMs, false).unref());
    const asked = pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([asked, deadline]);
  };
  return { orm, query, answers, pool, types: pg.types, processIds, url, close: () => orm.close(true) };
}

async function migrate(orm: MikroORM, pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const known = new Set(
      migrations.map((migration) => new migration(undefined as never, undefined as never).name),
    );
    const newer = (await orm.migrator.getExecuted()).filter((row) => !known.has(row.name));
    if (newer.length > 0) {
      throw new StartError(
        `The database is newer than this Tendril: it has the migration ${newer.map((row) => row.name).join(', ')}, which this version does not know. Start the version that made it, or a later one.`,
      );
    }
    await orm.migrator.up();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    client.release();
  }
}

// The driver knows it; its types do not.
function processIdOf(client: pg.PoolClient): number {
  return (client as unknown as { processID: number }).processID;
}
