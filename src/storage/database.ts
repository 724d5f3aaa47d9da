import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import type { Logger } from 'pino';
import { checkSession } from './check-session.js';
import { migrate } from './migrate.js';
import { allMigrations, type MigrationClass } from './migrations/all.js';
import { processIdOf } from './process-id.js';
import { type Server, serverOf } from './server-of.js';
import { createSilenceWatch } from './silent-server.js';
import type { Query } from './statement.js';
import { whyNoConnection } from './why-no-connection.js';
import { createWorkspaceDatabases, type WorkspaceDatabase } from './workspace-database.js';

/** PostgreSQL, as the server itself has it: every workspace's rows, by the entity manager and by SQL, both over one pool. */
export interface Database {
  /** The database as the requests of one workspace have it. */
  ofWorkspace(workspaceId: string): WorkspaceDatabase;
  readonly orm: MikroORM;
  readonly query: Query;
  readonly pool: pg.Pool;
  /** The server processes that the pool's connections have, to tell this process's notifications from others'. */
  readonly processIds: ReadonlySet<number>;
  readonly url: string;
  /** Whether it answers within two seconds. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

const maxConnections = 12;
// A partition begins empty, and a plan made then, or for its first rows, would read it from end to end once it has grown; so
// plans go by an index, if not always by the best. A plan that fits every value is then as good as one for these values, and is made once.
const planning = '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan';
// What the policies take for the server itself.
const ofAllWorkspaces = '-c tendril.workspace_id=*';
// Of a new connection, and of the wait for one that is free.
const connectsWithinMs = 20_000;
const answersWithinMs = 2_000;

/**
 * Connects, brings the tables up to date (one process at a time) and refuses a database newer than this code. Fails with
 * a StartError where the server cannot be reached or lets nobody in.
 */
export async function openDatabase(
  url: string,
  entities: (new () => object)[],
  log: Logger,
  migrations: readonly MigrationClass[] = allMigrations,
): Promise<Database> {
  try {
    return await connect(url, entities, log, migrations);
  } catch (error) {
    throw whyNoConnection(url, error) ?? error;
  }
}

async function connect(
  url: string,
  entities: (new () => object)[],
  log: Logger,
  migrations: readonly MigrationClass[],
): Promise<Database> {
  const server = { ...serverOf(url), connectionTimeoutMillis: connectsWithinMs };
  const orm = await openOrm(url, server, entities, migrations, log);
  const pool = (await orm.em.getConnection().getNativeClient()) as pg.Pool;
  const silence = createSilenceWatch(server, log);
  silence.watch(pool);
  const processIds = new Set<number>();
  pool.on('connect', (client) => processIds.add(processIdOf(client)));
  pool.on('remove', (client) => processIds.delete(processIdOf(client)));
  const schema = await checkSession(pool);
  // MikroORM would look for its own table in the schema `public` alone, and make it a second time.
  orm.config.get('migrations').tableName = `${schema}.migration`;
  const role = await migrate(orm, pool, migrations, log);
  const onError = (error: Error) => log.debug({ err: error }, 'a connection of requests to PostgreSQL broke');
  // The ORM wants timestamps as text; the pipeline wants Date, so it states its own parsers.
  const query: Query = async (statement, values) =>
    (await pool.query({ ...statement, values: values as unknown[], types: pg.types })).rows;
  const workspaces = createWorkspaceDatabases(orm, {
    server: { ...server, options: `${server.options} ${planning}` },
    role,
    serverQuery: query,
    onError,
    watch: silence.watch,
  });
  const close = async () => {
    silence.close();
    await Promise.all([workspaces.close(), orm.close(true)]);
  };
  return {
    ofWorkspace: workspaces.of,
    orm,
    query,
    answers: () => answersSoon(pool),
    pool,
    processIds,
    url,
    close,
  };
}

function openOrm(
  url: string,
  server: Server,
  entities: (new () => object)[],
  migrations: readonly MigrationClass[],
  log: Logger,
): Promise<MikroORM> {
  return MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    forceUtcTimezone: true,
    allowGlobalContext: false,
    discovery: { warnWhenNoEntities: false },
    // One that is not there has been misspelt, or is to be made with the rights that its operator wants.
    ensureDatabase: false,
    driverOptions: {
      ...server,
      max: maxConnections,
      application_name: 'tendril',
      options: `${server.options} ${planning} ${ofAllWorkspaces}`,
    },
    migrations: { migrationsList: [...migrations], snapshot: false },
    logger: (message) => log.debug(message),
  });
}

function answersSoon(pool: pg.Pool): Promise<boolean> {
  const deadline = new Promise<boolean>((resolve) => setTimeout(resolve, answersWithinMs, false).unref());
  const asked = pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  return Promise.race([asked, deadline]);
}
