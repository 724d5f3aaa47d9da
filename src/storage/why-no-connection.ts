import { StartError } from '../start-error.js';

const start = 'start it, or set DATABASE_URL to one that runs.';
const name = 'set DATABASE_URL to the name or address of its host.';
const login = 'set DATABASE_URL to a user and password that it lets in.';
const tls = 'it wants TLS, so give sslmode=verify-full in DATABASE_URL.';
const trust =
  'give sslrootcert=FILE in DATABASE_URL, or NODE_EXTRA_CA_CERTS, with the certificate of who vouches for its own.';
const file =
  'give files that are there and can be read as sslrootcert, sslcert, sslkey and host in DATABASE_URL.';
const noTls = 'The server does not support SSL connections';
const noAnswer = 'Connection terminated due to connection timeout';
const hangsUp = 'Connection terminated unexpectedly';
const givenUp = 'Connection terminated';
const other = 'see whether what is there is PostgreSQL, and what stands in between.';
const noPassword = 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string';

// Node's codes, and PostgreSQL's: https://www.postgresql.org/docs/current/errcodes-appendix.html
const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: start,
  ECONNRESET: start,
  ETIMEDOUT: start,
  EHOSTUNREACH: start,
  ENETUNREACH: start,
  [noAnswer]: other,
  [hangsUp]: other,
  [givenUp]: other,
  ENOENT: file,
  EACCES: file,
  ENOTFOUND: name,
  EAI_AGAIN: name,
  '28000': login,
  '28P01': login,
  [noPassword]: login,
  '3D000': 'create the database, or set DATABASE_URL to one that is there.',
  '42501': 'make the user of DATABASE_URL the owner of its database.',
  '53300': 'allow more connections, by max_connections there and the CONNECTION LIMIT of user and database.',
  '57P03': 'start Tendril again once it takes connections.',
  // PgBouncer's, which knows none of the settings that connections begin with.
  '08P01': 'set DATABASE_URL to PostgreSQL itself, not to a pooler in front of it.',
  DEPTH_ZERO_SELF_SIGNED_CERT: trust,
  SELF_SIGNED_CERT_IN_CHAIN: trust,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: trust,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: trust,
  ERR_TLS_CERT_ALTNAME_INVALID: 'set DATABASE_URL to a host that its certificate is for.',
  CERT_HAS_EXPIRED: 'have its certificate renewed.',
  [noTls]: 'turn TLS on there, or leave sslmode out of DATABASE_URL.',
};

/** What an operator can do about a PostgreSQL that could not be connected to; undefined for an error of another kind. */
export function whyNoConnection(url: string, error: unknown): StartError | undefined {
  const { code = (error as Error).message } = error as NodeJS.ErrnoException;
  // pg_hba.conf: https://www.postgresql.org/docs/current/client-authentication-problems.html
  const remedy = /no encryption$/.test((error as Error).message) ? tls : remedies[code];
  if (remedy === undefined) return undefined;
  const { hostname, port } = new URL(url);
  const place = `${hostname}:${port || '5432'}`;
  return new StartError(`PostgreSQL at ${place} cannot be used (${code}): ${remedy}`, { cause: error });
}
