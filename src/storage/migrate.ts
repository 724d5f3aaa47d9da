import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { withLock } from './advisory-lock.js';
import type { MigrationClass } from './migrations/all.js';
import { findTenantRole } from './tenant-role.js';

// Any constant will do; it keeps two processes from migrating at once.
const migrationLock = 7_336_301;
const againAfterMs = 250;
// After a second: whoever only looks whether there is anything to do is done before.
const toldAtTry = 20;
// Everybody else waits behind a migration that waits for a lock, so it never does so for long. Shorter than PostgreSQL's
// deadlock_timeout of a second: where it and a server wait for each other, it is the migration that gives way.
const lockTimeoutMs = 500;
// lock_not_available and deadlock_detected: https://www.postgresql.org/docs/current/errcodes-appendix.html
const heldByOthers = ['55P03', '40P01'];

/**
 * Brings the tables up to date while servers of the version before go on, each migration in a transaction of its own and one process
 * at a time. Fails with a StartError where the database has a migration that is not among these. Gives the role that requests take
 * on, where there is to be one.
 */
export async function migrate(
  orm: MikroORM,
  pool: pg.Pool,
  migrations: readonly MigrationClass[],
  log: Logger,
): Promise<string | undefined> {
  const bringUp = async (client: pg.PoolClient) => {
    const known = migrations.map((migration) => new migration(undefined as never, undefined as never).name);
    const executed = await orm.migrator.getExecuted();
    const newer = executed.filter(({ name }) => !known.includes(name));
    if (newer.length > 0) {
      throw new StartError(
        `The database is newer than this Tendril: it has the migration ${newer.map(({ name }) => name).join(', ')}, which this version does not know. Start the version that made it, or a later one.`,
      );
    }
    for (const { name } of await orm.migrator.getPending()) {
      await apply(orm, name, log);
      // That an empty database gets its tables is no news.
      if (executed.length > 0) log.info({ migration: name }, 'brought the tables up to date');
    }
    return findTenantRole(client, log);
  };
  return withLock(pool, migrationLock, true, bringUp, (tries) => {
    if (tries === toldAtTry) log.info('waiting for another process, which brings the tables up to date');
  });
}

/** Applies a migration whole, or not at all and again a moment later where others use the tables for too long. */
async function apply(orm: MikroORM, name: string, log: Logger): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await orm.em.fork().transactional(async (em) => {
        await em.execute(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
        await orm.migrator.up({ migrations: [name], transaction: em.getTransactionContext() });
      });
      return;
    } catch (error) {
      if (!heldByOthers.includes((error as { code?: string }).code ?? '')) throw error;
      if (isFirst)
        log.warn({ migration: name }, 'others use the tables for long; the migration is tried again');
      await pause(againAfterMs);
    }
  }
}
