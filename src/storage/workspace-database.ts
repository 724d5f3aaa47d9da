import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { createEventSearch, type EventSearch } from './event-search.js';
import type { Query } from './statement.js';

/** The database as the requests of one workspace have it: its own rows, even where a statement forgets to ask for them alone. */
export interface WorkspaceDatabase {
  readonly query: Query;
  /** A new entity manager, which sees no more than `query` does. */
  em(): EntityManager;
  readonly eventSearch: EventSearch;
  /** Has the statements of `work` committed together, or none of them where it fails. */
  transactional<T>(work: (query: Query) => Promise<T>): Promise<T>;
}

/** What requests reach the database by. */
export interface WorkspaceDatabases {
  of(workspaceId: string): WorkspaceDatabase;
  close(): Promise<void>;
}

/** How the connections of requests are made. */
interface ConnectionOptions {
  /** The server, and in `options` the settings that each begins with. */
  readonly server: pg.PoolConfig;
  /** The role to take on; undefined: the database's user meets the policies itself. */
  readonly role: string | undefined;
  /** Sees every workspace. */
  readonly serverQuery: Query;
  readonly onError: (error: Error) => void;
  readonly watch: (pool: pg.Pool) => void;
}

const maxConnections = 8;

/**
 * Opens the database's second door: what comes through it is held by row-level security to one workspace. Connections keep the
 * workspace that they were bound to last, so that in a row of requests of one workspace each costs nothing more.
 */
export function createWorkspaceDatabases(
  orm: MikroORM,
  { server, role, serverQuery, onError, watch }: ConnectionOptions,
): WorkspaceDatabases {
  const pool = new pg.Pool({
    ...server,
    max: maxConnections,
    application_name: 'tendril requests',
    options: `${server.options} ${role === undefined ? '' : `-c role=${role}`}`,
  });
  watch(pool);
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  const boundTo = new WeakMap<pg.ClientBase, string>();

  async function withConnection<T>(
    workspaceId: string,
    work: (query: Query, client: pg.ClientBase) => Promise<T>,
  ): Promise<T> {
    const client = await pool.connect();
    try {
      if (boundTo.get(client) !== workspaceId) {
        await client.query(bind, [workspaceId]);
        boundTo.set(client, workspaceId);
      }
      const done = await work(queryOn(client), client);
      client.release();
      return done;
    } catch (error) {
      // One that failed half way may be in a transaction, or bound to nobody knows whom: it is closed, not reused.
      client.release(error as Error);
      throw error;
    }
  }

  const sessionVariables = (workspaceId: string) => ({
    'tendril.workspace_id': workspaceId,
    ...(role === undefined ? {} : { role }),
  });
  return {
    of: (workspaceId) => ({
      query: (statement, values) => withConnection(workspaceId, (query) => query(statement, values)),
      eventSearch: createEventSearch(serverQuery, workspaceId),
      em: () => orm.em.fork({ session: { variables: sessionVariables(workspaceId) } }),
      transactional: (work) =>
        withConnection(workspaceId, async (query, client) => {
          await client.query('BEGIN');
          const done = await work(query);
          await client.query('COMMIT');
          return done;
        }),
    }),
    close: () => pool.end(),
  };
}

function queryOn(client: pg.ClientBase): Query {
  return async (statement, values) =>
    (await client.query({ ...statement, values: values as unknown[], types: pg.types })).rows;
}

const bind = "SELECT set_config('tendril.workspace_id', $1, false)";
