import type { Logger } from 'pino';
import type { Encryption } from './encryption.js';
import { holdConnection } from './hold-connection.js';
import type { Query } from './statement.js';

/** The first half of the advisory locks by which servers tell what they encrypt under; any constant will do. */
const keyLockClass = 7_336_307;

/** Lets other processes see under which key this one encrypts, until it is disposed of. */
export async function announceKey(
  databaseUrl: string,
  { keyId }: Encryption,
  log: Logger,
): Promise<AsyncDisposable> {
  const { close } = await holdConnection({
    databaseUrl,
    applicationName: 'tendril key',
    log,
    prepare: (client) =>
      client.query('SELECT pg_advisory_lock_shared($1, $2)', [keyLockClass, keyId.readInt32BE()]),
  });
  return { [Symbol.asyncDispose]: close };
}

/** Whether a running server encrypts under another key than this: it may not even know this one. */
export async function isAnotherKeyInUse(query: Query, { keyId }: Encryption): Promise<boolean> {
  const others = await query({ text: findOthers }, [keyLockClass, keyId.readUInt32BE()]);
  return others.length > 0;
}

const findOthers = `SELECT FROM pg_locks
  WHERE locktype = 'advisory' AND classid = $1::oid AND objid <> $2::oid
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  LIMIT 1`;
